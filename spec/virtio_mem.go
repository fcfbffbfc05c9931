package spec

// virtio-mem: drivers/virtio/virtio_mem.c, v5.10 to v6.1, and /proc/kcore, which reads what it takes away.

// Locks and variables of virtio-mem.
var (
	VirtioMemHotplug = &LockClass{Name: "vm->hotplug_mutex", Kind: Mutex,
		Doc: "protects the state of the blocks of a virtio-mem device; taken at MEM_GOING_*, released at the closing notification"}
	PageOfflineSem = &LockClass{Name: "page_offline_rwsem", Kind: Rwsem, From: KcoreFreeze,
		Doc: "read by those that read pages of whoever owns them, written to set PageOffline(); mm/util.c"}
	RCURead = &LockClass{Name: "rcu_read_lock", Kind: CounterLock,
		Doc: "read-side critical sections of RCU as readers of a lock that synchronize_rcu() takes and releases; kernel/rcu"}
	PageOffline = &VarClass{Name: "PageOffline()", Values: []string{"no", "yes"},
		Doc: "the page is logically offline, the hypervisor may take it away; include/linux/page-flags.h", Protected: lockOf(PageOfflineSem)}
)

var (
	virtioMemMutex   = VirtioMemHotplug.Of(NoBlock)
	pageOfflineRwsem = PageOfflineSem.Of(NoBlock)
	rcu              = RCURead.Of(NoBlock)
)

// PageOfflineBegin is page_offline_begin(), which may sleep.
var PageOfflineBegin = &Function{Name: "page_offline_begin", File: "mm/util.c",
	Clauses: []Clause{{Demand: Forbids, Lock: RCURead, Mode: Read, Rule: NoBug, Why: "it may sleep: BUG: sleeping function called from invalid context"}},
	Doc:     "keeps readers of pages off while PageOffline() is set"}

// virtioMemWorker models virtio_mem_run_wq(): hotplug_mutex is never held across a call into memory hotplug.
func virtioMemWorker(t Task, b Block) Errno {
	t.Lock(virtioMemMutex)
	t.Unlock(virtioMemMutex)
	ret := addMemory(onVirtioMem(t), b) // add_memory_driver_managed() locks alike
	t.Lock(virtioMemMutex)
	t.Unlock(virtioMemMutex)
	return ret
}

// virtioMemUnplug models virtio_mem_fake_offline(): pages are taken from the page allocator and given to the hypervisor, and come back.
func virtioMemUnplug(t Task, _ Block) Errno {
	setPageOffline(t, True)
	setPageOffline(t, False)
	return OK
}

func setPageOffline(t Task, value int) {
	if t.Kernel().Has(VirtioMemFreeze) {
		end := t.Call(PageOfflineBegin)
		defer end()
		t.Lock(pageOfflineRwsem)
		defer t.Unlock(pageOfflineRwsem)
	}
	t.Write(PageOffline.Of(NoBlock), value)
}

// virtioMemOnlinePage models virtio_mem_online_page_cb(): it finds its device in a list that RCU protects. Before 425bec0032f5 it was
// still in the read-side critical section when it set pages offline that are not plugged.
func virtioMemOnlinePage(t Task, _ Block) {
	if t.Kernel().Has(VirtioMemLeaveRCU) {
		t.RLock(rcu)
		t.RUnlock(rcu)
		setPageOffline(t, True)
		return
	}
	t.RLock(rcu)
	setPageOffline(t, True)
	t.RUnlock(rcu)
}

// virtioMemCallback models virtio_mem_memory_notifier_cb().
func virtioMemCallback(t Task, a MemAction, _ Block) Errno {
	switch a {
	case GoingOnline, GoingOffline:
		t.Lock(virtioMemMutex)
	case Online, Offline, CancelOnline, CancelOffline: // a cancelled change that was never announced is not modelled: hotplug_active tells it apart
		t.Unlock(virtioMemMutex)
	}
	return OK
}

func onVirtioMem(t Task) Task {
	return WithHooks(t, Hooks{Notify: []Callback{virtioMemCallback}, OnlinePage: virtioMemOnlinePage})
}

func virtioMemOnline(t Task, b Block) Errno { return underGate(onVirtioMem(t), b, deviceOnline) }

func virtioMemOffline(t Task, b Block) Errno { return underGate(onVirtioMem(t), b, deviceOffline) }

// virtioMemOnlineBare is device_online() with no lock of memory hotplug held: no caller.
func virtioMemOnlineBare(t Task, b Block) Errno {
	if t.Read(Presence.Of(b)) != Present {
		return ENODEV
	}
	return deviceOnline(onVirtioMem(t), b)
}

// Kclist is the lock of the list of /proc/kcore.
var Kclist = &LockClass{Name: "kclist_lock", Kind: Rwsem, Doc: "protects the list of regions of /proc/kcore; fs/proc/kcore.c"}

// readKcore models read_kcore(): it skips pages that are offline, and relies on the others while it copies them.
func readKcore(t Task, _ Block) Errno {
	t.RLock(Kclist.Of(NoBlock))
	defer t.RUnlock(Kclist.Of(NoBlock))
	if t.Kernel().Has(KcoreFreeze) {
		t.RLock(pageOfflineRwsem) // page_offline_freeze()
		defer t.RUnlock(pageOfflineRwsem)
	}
	if v := PageOffline.Of(NoBlock); t.Read(v) == False {
		t.Pin(v)
		t.Unpin(v)
	}
	return OK
}

var virtioMemWork = &LockClass{Name: "virtio_mem_wq", Kind: WorkItem, Doc: "vm->wq; drivers/virtio/virtio_mem.c"}

func virtioMemActors() []Actor {
	where := []string{"x86", "arm64", "s390"}
	per := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, PerBlock: true, Platforms: where, From: VirtioMem, Run: run}
	}
	worker := per("virtio_mem_worker", "the work of a virtio-mem device adds a block", virtioMemWorker)
	worker.Single = virtioMemWork
	return append(inGroup(GroupPlatform, worker,
		per("virtio_mem_online", "user space onlines a block of a virtio-mem device", virtioMemOnline),
		per("virtio_mem_offline", "user space offlines a block of a virtio-mem device", virtioMemOffline),
		Actor{Name: "virtio_mem_unplug", Doc: "a virtio-mem device unplugs parts of a block", Platforms: where, From: VirtioMem, Run: virtioMemUnplug},
	), Actor{Name: "kcore_read", Group: GroupReaders, Doc: "user space reads /proc/kcore", Run: readKcore})
}
