package spec

// The Hyper-V balloon driver: drivers/hv/hv_balloon.c, v4.1 to v4.8, where it locks with ha_region_mutex. From
// v4.9 ha_lock is a spinlock that is never held across a call into memory hotplug, and there is nothing to model.

// Locks and variables of the Hyper-V balloon.
var (
	HyperVRegions = &LockClass{Name: "ha_region_mutex", Kind: Mutex, From: HyperVMutex, Until: HyperVSpinlock,
		Doc: "protects the list of hot-added regions of the Hyper-V balloon; drivers/hv/hv_balloon.c"}
	HyperVOnlined = &VarClass{Name: "ol_waitevent", Values: []string{"not done", "done"},
		Doc: "completion: the memory that was hot-added is online; drivers/hv/hv_balloon.c", Protected: lockOf(nil)}
)

var haRegionMutex = HyperVRegions.Of(NoBlock)

// hvHotAdd models hot_add_req() and hv_mem_hot_add(): the mutex is dropped around add_memory() and the wait, which ends after 5 s.
func hvHotAdd(t Task, b Block) Errno { return hvAdd(t, b, true, true) }

// hvHotAddKeepsMutex is hvHotAdd without the release of the mutex: no kernel.
func hvHotAddKeepsMutex(t Task, b Block) Errno { return hvAdd(t, b, false, true) }

// hvHotAddNoTimeout is hvHotAdd with a wait that does not end by itself: no kernel.
func hvHotAddNoTimeout(t Task, b Block) Errno { return hvAdd(t, b, true, false) }

func hvAdd(t Task, b Block, drop, timeout bool) Errno {
	mutex := HyperVRegions.ExistsIn(t.Kernel())
	if mutex {
		t.Lock(haRegionMutex)
		defer t.Unlock(haRegionMutex)
	}
	t.Write(HyperVOnlined.Of(NoBlock), False) // init_completion()
	dropped := mutex && drop
	if dropped {
		t.Unlock(haRegionMutex)
	}
	ret := addMemory(t, b)
	if dropped && (ret == OK || t.Kernel().Has(HyperVBalanced)) {
		defer t.Lock(haRegionMutex)
	}
	if ret != OK {
		return ret
	}
	if !timeout {
		t.Wait(HyperVOnlined.Of(NoBlock), True) // wait_for_completion_timeout(), without the timeout
	}
	return OK
}

// hvCallback models hv_memory_notifier(): the mutex taken at MEM_GOING_ONLINE is released at MEM_ONLINE or MEM_CANCEL_ONLINE.
func hvCallback(t Task, a MemAction, _ Block) Errno {
	mutex := HyperVRegions.ExistsIn(t.Kernel())
	switch a {
	case GoingOnline:
		if mutex {
			t.Lock(haRegionMutex)
		}
	case CancelOnline, Online:
		if mutex && (a == Online || hvMutexLocked(t)) {
			t.Unlock(haRegionMutex)
		}
		t.Write(HyperVOnlined.Of(NoBlock), True) // complete()
	case Offline:
		if mutex {
			t.Lock(haRegionMutex)
			t.Unlock(haRegionMutex)
		}
	}
	return OK
}

// hvMutexLocked models mutex_is_locked(), which does not tell who holds the mutex. Before the repair nobody asked.
func hvMutexLocked(t Task) bool {
	if t.Kernel().Has(HyperVCancel) && t.TryLock(haRegionMutex) {
		t.Unlock(haRegionMutex)
		return false
	}
	return true
}

// vetoCallback is a callback of higher priority that refuses: kasan_mem_notifier() of mm/kasan/kasan.c, which refused
// MEM_GOING_ONLINE. The chain stops, and everybody is told MEM_CANCEL_ONLINE.
func vetoCallback(t Task, a MemAction, _ Block) Errno {
	if a == GoingOnline && t.Choose("KASAN refuses MEM_GOING_ONLINE", 2) == 1 {
		return EPERM
	}
	return OK
}

func hvOnline(t Task, b Block) Errno {
	return underGate(WithHooks(t, Hooks{Notify: []Callback{vetoCallback, hvCallback}}), b, deviceOnline)
}

// hvBalloonWork is the work queue item on which the Hyper-V balloon adds memory: ha_wrk, one at a time.
var hvBalloonWork = &LockClass{Name: "hv_ha_wq", Kind: WorkItem, Doc: "drivers/hv/hv_balloon.c"}

func hyperVActors() []Actor {
	hyperV := []string{"x86", "arm64"}
	add := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, PerBlock: true, Single: hvBalloonWork, Platforms: hyperV, Run: run}
	}
	return inGroup(GroupPlatform,
		add("hv_hot_add", "the Hyper-V balloon adds memory and waits until user space onlines it", hvHotAdd),
		Actor{Name: "hv_online", Doc: "user space onlines a block on Hyper-V", PerBlock: true, Platforms: hyperV, Run: hvOnline},
	)
}
