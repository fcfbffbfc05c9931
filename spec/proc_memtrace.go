package spec

// powernv's memory tracing: arch/powerpc/platforms/powernv/memtrace.c.

// memtraceEnable models memtrace_enable_set(), for a region of one block.
func memtraceEnable(t Task, b Block) (errno Errno) {
	defer t.Call(MemtraceEnable)(&errno)
	k := t.Kernel()
	owned := t.Read(MemtraceSize.Of(b)) == True
	if owned && !k.Has(MemtraceReadd) {
		return EINVAL
	}
	if owned {
		return memtraceOnline(t, b)
	}
	if !memtraceAllocNode(t, b) {
		return EINVAL
	}
	t.Write(MemtraceSize.Of(b), True)
	return OK
}

// memtraceAllocNode models memtrace_alloc_node() for its one candidate range.
func memtraceAllocNode(t Task, b Block) bool {
	defer t.Call(MemtraceAlloc)()
	if !t.Kernel().Has(MemtraceOfflineLock) {
		return memtraceOfflinePages(t, b)
	}
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return memtraceOfflinePages(t, b) && removeMemoryLocked(t, b) == OK
}

// memtraceOfflinePages models memtrace_offline_pages(): it writes mem->state itself, without device_lock(), and leaves
// dev->offline alone. Before 5666848774ef it removes the memory too, and takes device_hotplug_lock for that alone.
func memtraceOfflinePages(t Task, b Block) bool {
	defer t.Call(MemtraceOffline)()
	if t.Read(BlockState.Of(b)) != MemOnline { // check_memblock_online()
		return false
	}
	t.Write(BlockState.Of(b), MemGoingOffline)
	if offlinePages(t, b) != OK {
		t.Write(BlockState.Of(b), MemOnline)
		return false
	}
	t.Write(BlockState.Of(b), MemOffline)
	if t.Kernel().Has(MemtraceOfflineLock) {
		return true
	}
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return removeMemoryLocked(t, b) == OK
}

// memtraceOnline models memtrace_online(): it adds the memory again, and onlines it if the policy does not.
func memtraceOnline(t Task, b Block) (errno Errno) {
	defer t.Call(MemtraceOnline)(&errno)
	if addMemory(t, b) != OK {
		return EAGAIN
	}
	if t.Read(AutoOnline.Of(NoBlock)) == False {
		memtraceOnlineBlocks(t, b)
	}
	t.Write(MemtraceSize.Of(b), False)
	return OK
}

// memtraceOnlineBlocks is the walk_memory_range() of memtrace_online(): it finds the block device if there is one.
func memtraceOnlineBlocks(t Task, b Block) {
	if t.Kernel().Has(MemtraceOnlineLock) {
		lockDeviceHotplug(t)
		defer unlockDeviceHotplug(t)
	}
	if t.Read(Presence.Of(b)) == Present {
		deviceOnline(t, b)
	}
}
