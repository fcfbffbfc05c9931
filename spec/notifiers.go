package spec

// Callbacks on the memory notifier chain that take locks of their own, and who else takes those.

// Locks of the notifier chain and its users.
var (
	MemoryChain = &LockClass{Name: "memory_chain.rwsem", Kind: Rwsem, Aliases: []string{"(memory_chain).rwsem"},
		Doc: "the rwsem of the memory notifier chain: read while callbacks run, written to (un)register one; drivers/base/memory.c"}
	NodeChain = &LockClass{Name: "node_chain.rwsem", Kind: Rwsem, Aliases: []string{"(node_chain).rwsem"}, From: NodeNotifier,
		Doc: "the rwsem of the node notifier chain; drivers/base/node.c"}
	MemoryTier = &LockClass{Name: "memory_tier_lock", Kind: Mutex, Doc: "protects the memory tiers; mm/memory-tiers.c"}
	HmatTarget = &LockClass{Name: "target_lock", Kind: Mutex, Doc: "protects the memory targets of HMAT; drivers/acpi/numa/hmat.c"}
	KsmThread  = &LockClass{Name: "ksm_thread_mutex", Kind: Mutex, Doc: "held by ksmd for a scan; mm/ksm.c"}
)

// The rwsems of the two notifier chains.
var (
	MemoryChainLock = MemoryChain.Of(NoBlock)
	NodeChainLock   = NodeChain.Of(NoBlock)
)

var ksmThreadMutex = KsmThread.Of(NoBlock)

// ksmd models a round of ksm_scan_thread() that begins a full scan: it drains the per-CPU lists of pages.
func ksmd(t Task, _ Block) Errno {
	t.Lock(ksmThreadMutex)
	if !t.Kernel().Has(DrainWithoutCPULock) {
		t.RLock(CPUHotplugLock) // lru_add_drain_all()
		t.RUnlock(CPUHotplugLock)
	}
	t.Unlock(ksmThreadMutex)
	return OK
}

// ksmCallback models ksm_memory_callback(): a scan is kept off while memory goes offline.
func ksmCallback(t Task, a MemAction, _ Block) Errno {
	switch a {
	case GoingOffline, CancelOffline, Offline:
		t.Lock(ksmThreadMutex) // ksm_run changes
		t.Unlock(ksmThreadMutex)
	}
	return OK
}

func ksmOffline(t Task, b Block) Errno {
	return underGate(WithHooks(t, Hooks{Notify: []Callback{ksmCallback}}), b, deviceOffline)
}

// tierCallback models memtier_hotplug_callback(): it places the node when memory is online or offline.
func tierCallback(t Task, a MemAction, _ Block) Errno {
	if a == Online || a == Offline {
		t.Lock(MemoryTier.Of(NoBlock))
		t.Unlock(MemoryTier.Of(NoBlock))
	}
	return OK
}

// hmatCallback models hmat_callback(): it registers the node's caches and initiators.
func hmatCallback(t Task, a MemAction, _ Block) Errno {
	if a == Online {
		t.Lock(HmatTarget.Of(NoBlock))
		t.Unlock(HmatTarget.Of(NoBlock))
	}
	return OK
}

func onTiers(f func(Task, Block) Errno) func(Task, Block) Errno {
	return func(t Task, b Block) Errno {
		return underGate(WithHooks(t, Hooks{NodeNotify: []Callback{tierCallback, hmatCallback}}), b, f)
	}
}

// tierLateInit models memory_tier_late_init(): mem_hotplug_lock is read outside memory_tier_lock.
func tierLateInit(t Task, _ Block) Errno {
	getOnlineMems(t)
	t.Lock(MemoryTier.Of(NoBlock))
	putOnlineMems(t)
	t.Unlock(MemoryTier.Of(NoBlock)) // at the end of the scope
	return OK
}

// registerNotifier models register_memory_notifier() and unregister_memory_notifier().
func registerNotifier(t Task, _ Block) Errno {
	t.Lock(MemoryChainLock)
	t.Unlock(MemoryChainLock)
	return OK
}

// mmPercpuWork is the work item of lru_add_drain_per_cpu(): held while it runs, and taken by who waits for its end.
var mmPercpuWork = &LockClass{Name: "mm_percpu_wq", Kind: WorkItem, Doc: "mm_percpu_wq; mm/vmstat.c"}

// lruDrainWork models lru_add_drain_per_cpu(): it must take no lock that its flusher holds. What reads mem_hotplug_lock is no kernel.
func lruDrainWork(reads bool) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno {
		if reads {
			getOnlineMems(t)
			putOnlineMems(t)
		}
		return OK
	}
}

// drainOffline is a task that offlines a block: __lru_add_drain_all() queues work and waits for it, with mem_hotplug_lock held.
func drainOffline(t Task, b Block) Errno {
	flush := func(t Task, a MemAction, _ Block) Errno {
		if a == GoingOffline { // lru_add_drain_all() comes right after
			t.Lock(mmPercpuWork.Of(NoBlock)) // flush_work()
			t.Unlock(mmPercpuWork.Of(NoBlock))
		}
		return OK
	}
	return underGate(WithHooks(t, Hooks{Notify: []Callback{flush}}), b, deviceOffline)
}

// GroupNotifiers are the users of the notifier chains.
const GroupNotifiers = "notifiers"

func notifierActors() []Actor {
	return inGroup(GroupNotifiers,
		Actor{Name: "ksmd", Doc: "the KSM thread begins a scan", Run: ksmd},
		Actor{Name: "ksm_offline", Doc: "a task offlines a block, with KSM's memory notifier", PerBlock: true, Run: ksmOffline},
		Actor{Name: "tier_online", Doc: "a task onlines a block, with the notifiers of memory tiers and HMAT", PerBlock: true, From: MemoryTiers, Run: onTiers(deviceOnline)},
		Actor{Name: "tier_offline", Doc: "a task offlines a block, with the notifiers of memory tiers and HMAT", PerBlock: true, From: MemoryTiers, Run: onTiers(deviceOffline)},
		Actor{Name: "tier_late_init", Doc: "memory tiers are set up late at boot", From: MemoryTiers, Run: tierLateInit},
		Actor{Name: "lru_drain_work", Doc: "the work that lru_add_drain_all() waits for", Single: mmPercpuWork, Run: lruDrainWork(false)},
		Actor{Name: "drain_offline", Doc: "a task offlines a block, and waits for lru_drain_work", PerBlock: true, Run: drainOffline},
		Actor{Name: "register_notifier", Doc: "a driver registers or unregisters a memory notifier", Run: registerNotifier},
	)
}
