package spec

// Callbacks on the memory notifier chain that take locks of their own, and who else takes those.

// Locks of the notifier chain and its users.
var (
	MemoryChain = &LockClass{Name: "memory_chain.rwsem", Kind: Rwsem, Aliases: []string{"(memory_chain).rwsem"},
		Doc: "the rwsem of the memory notifier chain: read while callbacks run, written to (un)register one; drivers/base/memory.c"}
	KsmThread = &LockClass{Name: "ksm_thread_mutex", Kind: Mutex, Doc: "held by ksmd for a scan; mm/ksm.c"}
)

// MemoryChainLock is the rwsem of the one memory notifier chain.
var MemoryChainLock = MemoryChain.Of(NoBlock)

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
	return underGate(WithHooks(t, Hooks{Notify: []func(Task, MemAction, Block) Errno{ksmCallback}}), b, deviceOffline)
}

// registerNotifier models register_memory_notifier() and unregister_memory_notifier().
func registerNotifier(t Task, _ Block) Errno {
	t.Lock(MemoryChainLock)
	t.Unlock(MemoryChainLock)
	return OK
}

// GroupNotifiers are the users of the notifier chains.
const GroupNotifiers = "notifiers"

func notifierActors() []Actor {
	return inGroup(GroupNotifiers,
		Actor{Name: "ksmd", Doc: "the KSM thread begins a scan", Run: ksmd},
		Actor{Name: "ksm_offline", Doc: "a task offlines a block, with KSM's memory notifier", PerBlock: true, Run: ksmOffline},
		Actor{Name: "register_notifier", Doc: "a driver registers or unregisters a memory notifier", Run: registerNotifier},
	)
}
