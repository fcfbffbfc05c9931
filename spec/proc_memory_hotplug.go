package spec

// The core of memory hotplug: mm/memory_hotplug.c.

// memHotplugBegin models mem_hotplug_begin().
func memHotplugBegin(t Task) {
	defer t.Call(MemHotplugBegin)()
	switch k := t.Kernel(); {
	case k.Has(PercpuMemHotplug):
		t.RLock(CPUHotplugLock)
	case k.Has(MemoryAddRemoveLock):
		t.Lock(AddRemoveLock)
	}
	t.Lock(MemHotplugLock)
	if !t.Kernel().Has(HotplugWithoutSleep) {
		t.Lock(pmMutex)
	}
}

// memHotplugDone models mem_hotplug_done().
func memHotplugDone(t Task) {
	defer t.Call(MemHotplugDone)()
	if !t.Kernel().Has(HotplugWithoutSleep) {
		t.Unlock(pmMutex)
	}
	t.Unlock(MemHotplugLock)
	switch k := t.Kernel(); {
	case k.Has(PercpuMemHotplug):
		t.RUnlock(CPUHotplugLock)
	case k.Has(MemoryAddRemoveLock):
		t.Unlock(AddRemoveLock)
	}
}

// getOnlineMems models get_online_mems(), lock_memory_hotplug() before v3.16.
func getOnlineMems(t Task) {
	defer t.Call(GetOnlineMems)()
	if t.Kernel().Has(OnlineMems) {
		t.RLock(MemHotplugLock)
	} else {
		t.Lock(MemHotplugLock)
	}
}

// putOnlineMems models put_online_mems(), unlock_memory_hotplug() before v3.16.
func putOnlineMems(t Task) {
	defer t.Call(PutOnlineMems)()
	if t.Kernel().Has(OnlineMems) {
		t.RUnlock(MemHotplugLock)
	} else {
		t.Unlock(MemHotplugLock)
	}
}

// lockInOnlinePages tells whether online_pages() and offline_pages() take mem_hotplug_lock themselves: until
// 30467e0b3be8, and again from 381eab4a6ee8 until 001002e73712 moves it into their callers.
func lockInOnlinePages(k Kernel) bool {
	if k.Has(LockInOnlinePages) {
		return !k.Has(LockInBlockOnline)
	}
	return !k.Has(StateStoreLock)
}

// onlinePages models online_pages().
func onlinePages(t Task, b Block) (errno Errno) {
	defer t.Call(OnlinePages)(&errno)
	if lockInOnlinePages(t.Kernel()) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	t.Assert(Presence.Of(b), Present, NoOnlineOfRemoved)
	if zoneRefuses(t) {
		return EINVAL
	}
	if t.Kernel().Has(ZoneAtOnline) {
		t.Write(ZonePages.Of(b), 0) // move_pfn_range(): the span of the zone
	}
	if memoryNotify(t, GoingOnline, b) != OK || t.Choose(vetoOnline, 2) == 1 {
		memoryNotify(t, CancelOnline, b)
		return EPERM // NOTIFY_BAD
	}
	onlinePageCallback(t, b)
	t.Write(ZonePages.Of(b), 0) // online_pages_range(), present pages, node states
	memoryNotify(t, Online, b)
	return OK
}

// What a callback of the notifier chain may say.
const (
	vetoOnline  = "a notifier vetoes MEM_GOING_ONLINE"
	vetoOffline = "a notifier vetoes MEM_GOING_OFFLINE"
)

// offlinePages models offline_pages(), __offline_pages() before v5.10. Before 30467e0b3be8 it looked at the range before it took its lock.
func offlinePages(t Task, b Block) (errno Errno) {
	defer t.Call(OfflinePages)(&errno)
	k := t.Kernel()
	lookFirst := !k.Has(StateStoreLock)
	if lookFirst && oddRange(t) {
		return EINVAL
	}
	if lockInOnlinePages(k) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	if !lookFirst && oddRange(t) {
		return EINVAL
	}
	if t.Choose("start_isolate_page_range() fails", 2) == 1 {
		return EBUSY
	}
	if memoryNotify(t, GoingOffline, b) != OK || t.Choose(vetoOffline, 2) == 1 {
		memoryNotify(t, CancelOffline, b)
		return EPERM // NOTIFY_BAD; undo_isolate_page_range()
	}
	repeat := t.Mark()
	lruAddDrainAll(t)
	const done, retry, fails = 0, 1, 2
	switch t.Eventually("isolation: all pages isolated, some left, fails", 3, offlineEnds) {
	case retry:
		t.Again(repeat)
	case fails:
		memoryNotify(t, CancelOffline, b)
		return whyOfflineFails(t)
	}
	t.Write(ZonePages.Of(b), 0) // offline_isolated_pages(), present pages, node states
	memoryNotify(t, Offline, b)
	return OK
}

// offlineEnds is why the retry of offline_pages() ends. Nothing in it counts the retries: Documentation/admin-guide/mm/memory-hotplug.rst (v6.12) says
// that it keeps retrying until it succeeds, and that a signal ends it. So this is an assumption on those who pin pages; B56 of the
// catalogue shows some who broke it.
const offlineEnds = "who pins a page lets it go, or user space sends a signal"

// lruAddDrainAll models lru_add_drain_all() of mm/swap.c as offlining calls it: before v4.13 it takes cpu_hotplug_lock for reading. In v4.13 to
// v4.15 lru_add_drain_all_cpuslocked() expects the caller to hold it (a47fed5b5b01); 9852a7212324 drops it.
func lruAddDrainAll(t Task) {
	if k := t.Kernel(); !k.Has(DrainCpusLocked) && !k.Has(DrainWithoutCPULock) {
		t.RLock(CPUHotplugLock)
		t.RUnlock(CPUHotplugLock)
	}
}

// addMemory models add_memory() of the given blocks, which are one range.
func addMemory(t Task, r ...Block) (errno Errno) {
	defer t.Call(AddMemory)(&errno)
	if !t.Kernel().Has(AddTakesDeviceHotplug) {
		return registerAndAdd(t, r)
	}
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return addMemoryLocked(t, r...)
}

// addMemoryLocked models __add_memory() (8df1d0e4a265).
func addMemoryLocked(t Task, r ...Block) (errno Errno) {
	defer t.Call(AddMemoryLocked)(&errno)
	return registerAndAdd(t, r)
}

// registerAndAdd is register_memory_resource(), add_memory_resource(), and the release of the resource on error.
func registerAndAdd(t Task, r []Block) Errno {
	for i, b := range r {
		if !t.Swap(Presence.Of(b), Absent, Adding) {
			setPresence(t, r[:i], Absent) // the kernel takes all of the range at once, or nothing
			return EEXIST
		}
	}
	ret := addMemoryResource(t, r...)
	if ret != OK {
		setPresence(t, r, Absent) // release_memory_resource()
	}
	return ret
}

func setPresence(t Task, r []Block, x int) {
	for _, b := range r {
		t.Write(Presence.Of(b), x)
	}
}

// addMemoryResource models add_memory_resource().
func addMemoryResource(t Task, r ...Block) (errno Errno) {
	defer t.Call(AddMemoryResource)(&errno)
	memHotplugBegin(t)
	if ret := addBlocks(t, r); ret != OK {
		memHotplugDone(t)
		return ret
	}
	setPresence(t, r, Present) // node registered, links made, firmware map entered
	if !t.Kernel().Has(LockInOnlinePages) {
		autoOnline(t, r) // under mem_hotplug_lock (31bc3858ea3e)
		memHotplugDone(t)
		return OK
	}
	memHotplugDone(t)
	autoOnline(t, r)
	return OK
}

// addBlocks is arch_add_memory() and the creation of the block devices, which __add_section() did before v5.3.
func addBlocks(t Task, r []Block) Errno {
	// __add_section() finds a valid section with -EEXIST, before it registers a block; __add_pages() goes on.
	valid := make([]bool, len(r))
	for i, b := range r {
		valid[i] = t.Read(Sections.Of(b)) == True
	}
	if ret := archAddMemory(t, r[0]); ret != OK {
		return ret
	}
	for i, b := range r {
		if i > 0 && t.Choose(laterDevice, 2) == 1 {
			if t.Kernel().Has(CreateBlocksAfter) {
				undoBlocks(t, r[:i])
			}
			return ENOMEM
		}
		if !valid[i] {
			t.Write(Sections.Of(b), True)
			createBlockDevice(t, b)
		}
	}
	return OK
}

// undoBlocks is what create_memory_block_devices() and add_memory_resource() do when a later block fails: those that there are go again.
// Before db051a0dac13 they stayed, and the range was released.
func undoBlocks(t Task, made []Block) {
	for _, b := range made {
		removeBlockDevice(t, b)
	}
	archRemoveMemory(t, made[0])
	for _, b := range made {
		t.Write(Sections.Of(b), False)
	}
}

// autoOnline models the end of add_memory_resource() with memhp_auto_online, and online_memory_block() for each block: the first that returns
// anything but 0 ends the walk.
func autoOnline(t Task, r []Block) {
	k := t.Kernel()
	if !k.Has(AutoOnlineMem) || t.Read(AutoOnline.Of(NoBlock)) == False {
		return
	}
	for _, b := range r {
		ret := OK
		if k.Has(AutoOnlineDevice) {
			ret = deviceOnline(t, b)
		} else {
			ret = memoryBlockChangeState(t, b, MemOnline, MemOffline) // dev->offline stays true
		}
		if ret != OK {
			return
		}
	}
}

func archAddMemory(t Task, b Block) (errno Errno) {
	defer t.Call(ArchAddMemory)(&errno)
	if t.Choose("arch_add_memory() fails", 2) == 1 {
		return ENOMEM
	}
	t.Write(MemoryMap.Of(b), 0)
	if !t.Kernel().Has(ZoneAtOnline) {
		t.Write(ZonePages.Of(b), 0) // __add_zone(): the span of the zone
	}
	if f := hooksOf(t).ArchAdd; f != nil {
		f(t, b)
	}
	return OK
}

func archRemoveMemory(t Task, b Block) {
	defer t.Call(ArchRemoveMemory)()
	t.Write(MemoryMap.Of(b), 0)
}

// removeMemory models remove_memory(), for callers that hold device_hotplug_lock before d15e59260f62.
func removeMemory(t Task, r ...Block) (errno Errno) {
	defer t.Call(RemoveMemory)(&errno)
	if !t.Kernel().Has(RemoveTakesDeviceHotplug) {
		return tryRemoveMemory(t, r...)
	}
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return tryRemoveMemory(t, r...)
}

// removeMemoryLocked models __remove_memory() (d15e59260f62): remove_memory() before, whose callers hold the lock.
func removeMemoryLocked(t Task, r ...Block) (errno Errno) {
	if !t.Kernel().Has(RemoveTakesDeviceHotplug) {
		return removeMemory(t, r...)
	}
	defer t.Call(RemoveMemoryLocked)(&errno)
	ret := tryRemoveMemory(t, r...)
	if ret != OK {
		t.Bug("__remove_memory(): try_remove_memory() failed") // eca499ab3749
	}
	return ret
}

// tryRemoveMemory models try_remove_memory(), the body of remove_memory() before eca499ab3749.
func tryRemoveMemory(t Task, r ...Block) (errno Errno) {
	defer t.Call(TryRemoveMemory)(&errno)
	k := t.Kernel()
	checkFirst := k.Has(RemoveBlocksFirst)
	if !checkFirst {
		memHotplugBegin(t)
	}
	if ret := checkOffline(t, r); ret != OK {
		if !checkFirst || !k.Has(RemoveUnpairedDone) {
			memHotplugDone(t) // f1037ec0cc8a forgot that it has not begun; b4223a510e2a
		}
		return ret
	}
	early := !k.Has(ReleaseResourceLate)
	if early {
		setPresence(t, r, Absent) // release_mem_region_adjustable() at the start of __remove_pages()
	} else {
		setPresence(t, r, Removing)
	}
	removeBlocks(t, r)
	if !early {
		setPresence(t, r, Absent) // release_memory_resource()
	}
	memHotplugDone(t)
	return OK
}

// removeBlocks is the removal of the block devices and arch_remove_memory(), in their order. It takes mem_hotplug_lock if its caller
// looked at the blocks first.
func removeBlocks(t Task, r []Block) {
	k := t.Kernel()
	checkFirst := k.Has(RemoveBlocksFirst)
	blocksFirst := checkFirst && !k.Has(RemoveBlocksInside)
	if blocksFirst {
		for _, b := range r {
			removeBlockDevice(t, b)
		}
	}
	if checkFirst {
		memHotplugBegin(t)
	}
	for _, b := range r {
		if !blocksFirst && t.Read(Sections.Of(b)) == True { // __remove_section() of a section that is gone: -EINVAL
			removeBlockDevice(t, b)
		}
	}
	archRemoveMemory(t, r[0])
	for _, b := range r {
		t.Write(Sections.Of(b), False)
	}
}

// checkOffline models the walk with check_memblock_offlined_cb().
func checkOffline(t Task, r []Block) Errno {
	for _, b := range r {
		if t.Read(BlockState.Of(b)) == MemOffline {
			continue
		}
		if !t.Kernel().Has(RemoveReturnsBusy) {
			t.Bug("remove_memory(): a block is not offline")
		}
		return EBUSY
	}
	return OK
}

// tryOnlineNode models try_online_node(); what it changes belongs to the node alone.
func tryOnlineNode(t Task) (errno Errno) {
	defer t.Call(TryOnlineNode)(&errno)
	if !t.Kernel().Has(NodeOnDemand) && t.Choose("node_online(): no, yes", 2) == 1 {
		return OK // looked at without a lock
	}
	if t.Kernel().Has(NodeUnderMemHotplug) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	t.Write(ZonePages.Of(NoBlock), 0)
	if t.Choose("hotadd_new_pgdat() fails", 2) == 1 {
		return ENOMEM
	}
	return OK
}

// readOnlineMems models a user of get_online_mems(), such as kmemleak's scan.
func readOnlineMems(t Task, _ Block) Errno {
	getOnlineMems(t)
	t.Pin(ZonePages.Of(NoBlock))
	t.Pin(MemoryMap.Of(NoBlock))
	t.Unpin(MemoryMap.Of(NoBlock))
	t.Unpin(ZonePages.Of(NoBlock))
	putOnlineMems(t)
	return OK
}
