package spec

// Memory block devices: drivers/base/memory.c.

// onlineTypes are what the words online, online_kernel and online_movable ask for.
var onlineTypes = [...]int{TypeKeep, TypeKernel, TypeMovable}

// stateStore models store_mem_state(), state_store() since v5.0.
func stateStore(t Task, b Block) Errno {
	return sysfsWrite(t, StateAttr.Of(b), func() (errno Errno) {
		defer t.Call(StateStore)(&errno)
		k := t.Kernel()
		const offline, invalid = len(onlineTypes), len(onlineTypes) + 1
		word := invalid
		if k.Has(ParseFirst) {
			if word = parseState(t); word == invalid {
				return EINVAL
			}
		}
		if ret := lockDeviceHotplugSysfs(t); ret != OK {
			return ret
		}
		if !k.Has(ParseFirst) {
			if word = parseState(t); word == invalid {
				unlockDeviceHotplug(t)
				return EINVAL
			}
		}
		// 30467e0b3be8: take mem_hotplug_lock before device_lock(). 381eab4a6ee8 takes it out again.
		lockHere := k.Has(StateStoreLock) && !k.Has(LockInOnlinePages)
		if lockHere {
			memHotplugBegin(t)
		}
		var ret Errno
		if word == offline {
			ret = deviceOffline(t, b)
		} else {
			t.Write(OnlineType.Of(b), onlineTypes[word])
			ret = deviceOnline(t, b)
		}
		if lockHere {
			memHotplugDone(t)
		}
		unlockDeviceHotplug(t)
		if ret > OK && k.Has(StateStoreReturn) {
			return EINVAL
		}
		return ret
	})
}

func parseState(t Task) int {
	return t.Choose("word written: online, online_kernel, online_movable, offline, other", len(onlineTypes)+2)
}

// typedStore is a write of online_movable to `state`, which relies on mem->online_type until the block is online.
func typedStore(t Task, b Block) Errno {
	return sysfsWrite(t, StateAttr.Of(b), func() (errno Errno) {
		defer t.Call(StateStore)(&errno)
		if ret := lockDeviceHotplugSysfs(t); ret != OK {
			return ret
		}
		defer unlockDeviceHotplug(t)
		if k := t.Kernel(); k.Has(StateStoreLock) && !k.Has(LockInOnlinePages) {
			memHotplugBegin(t)
			defer memHotplugDone(t)
		}
		t.Write(OnlineType.Of(b), TypeMovable)
		t.Pin(OnlineType.Of(b))
		ret := deviceOnline(t, b)
		t.Unpin(OnlineType.Of(b))
		return min(ret, OK)
	})
}

// removableShow models a read of memoryN/removable, show_mem_removable() before v5.0: until 53cdc1cb29e8 it looks at the pages of the block
// with nothing held, is_mem_section_removable(). Its attribute is one with `state` here: both are of the same group.
func removableShow(t Task, b Block) Errno {
	return sysfsRead(t, StateAttr.Of(b), func() {
		if t.Kernel().Has(RemovableAlways) || t.Read(BlockState.Of(b)) != MemOnline {
			return
		}
		t.Pin(ZonePages.Of(NoBlock))
		t.Unpin(ZonePages.Of(NoBlock))
	})
}

// blockReaders are readers and writers of a block's attributes that the core needs not.
func blockReaders() []Actor {
	return inGroup(GroupReaders,
		Actor{Name: "typed_store", Doc: "user space writes online_movable to memoryN/state, and relies on the type", PerBlock: true, Run: typedStore},
		Actor{Name: "removable_show", Doc: "user space reads memoryN/removable", PerBlock: true, Run: removableShow})
}

// stateShow models show_mem_state(): it reads mem->state without a lock.
func stateShow(t Task, b Block) Errno {
	return sysfsRead(t, StateAttr.Of(b), func() { defer t.Call(StateShow)() })
}

// probeStore models a write to the probe attribute: a store that returns -ERESTARTNOINTR is run again.
func probeStore(t Task, b Block) Errno {
	restart := t.Mark()
	ret := memoryProbeStore(t, b)
	if ret == ERESTARTNOINTR {
		t.Again(restart)
	}
	return ret
}

// memoryProbeStore models memory_probe_store(), for one block.
func memoryProbeStore(t Task, b Block) (errno Errno) {
	defer t.Call(ProbeStore)(&errno)
	k := t.Kernel()
	if !k.Has(AddTakesDeviceHotplug) {
		return addMemory(t, b)
	}
	if ret := lockDeviceHotplugSysfs(t); ret != OK {
		if !k.Has(ProbeStoreUnlock) {
			unlockDeviceHotplug(t) // 8df1d0e4a265 jumps to the exit that unlocks what it did not lock
		}
		return ret
	}
	ret := addMemoryLocked(t, b)
	unlockDeviceHotplug(t)
	return ret
}

// autoOnlineStore models store_auto_online_blocks(): a plain assignment.
func autoOnlineStore(t Task, _ Block) (errno Errno) {
	defer t.Call(AutoOnlineStore)(&errno)
	val := t.Choose("word written: offline, online, other", 3)
	if val > True {
		return EINVAL
	}
	t.Write(AutoOnline.Of(NoBlock), val)
	return OK
}

// memorySubsysOnline models memory_subsys_online().
func memorySubsysOnline(t Task, b Block) (errno Errno) {
	defer t.Call(SubsysOnline)(&errno)
	if t.Read(BlockState.Of(b)) == MemOnline {
		return OK
	}
	if t.Read(OnlineType.Of(b)) == TypeUnset {
		t.Write(OnlineType.Of(b), TypeKeep)
	}
	ret := memoryBlockChangeState(t, b, MemOnline, MemOffline)
	t.Write(OnlineType.Of(b), TypeUnset)
	return ret
}

// memorySubsysOffline models memory_subsys_offline().
func memorySubsysOffline(t Task, b Block) (errno Errno) {
	defer t.Call(SubsysOffline)(&errno)
	if t.Read(BlockState.Of(b)) == MemOffline {
		return OK
	}
	if sectionsMissing(t) {
		return EINVAL
	}
	return memoryBlockChangeState(t, b, MemOffline, MemOnline)
}

// memoryBlockChangeState models memory_block_change_state() and memory_block_action().
func memoryBlockChangeState(t Task, b Block, to, from int) (errno Errno) {
	defer t.Call(ChangeState)(&errno)
	if t.Read(BlockState.Of(b)) != from {
		return EINVAL
	}
	if to == MemOffline {
		t.Write(BlockState.Of(b), MemGoingOffline)
	}
	var ret Errno
	if to == MemOnline {
		ret = memoryBlockOnline(t, b)
	} else {
		ret = memoryBlockOffline(t, b)
	}
	if ret == OK {
		t.Write(BlockState.Of(b), to)
	} else {
		t.Write(BlockState.Of(b), from)
	}
	return ret
}

// memoryBlockOnline models memory_block_online(), part of memory_block_action() before v5.15.
func memoryBlockOnline(t Task, b Block) (errno Errno) {
	defer t.Call(BlockOnline)(&errno)
	if ret := blockRefuses(t); ret != OK {
		return ret
	}
	if t.Kernel().Has(LockInBlockOnline) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	if ret := prepareOnline(t, b); ret != OK {
		return ret
	}
	vmemmapInit(t, b)
	ret := onlinePages(t, b)
	vmemmapInit(t, b) // accounts for it, or takes it back
	if ret != OK {
		finishOffline(t, b)
	}
	return ret
}

// memoryBlockOffline models memory_block_offline(), part of memory_block_action() before v5.15.
func memoryBlockOffline(t Task, b Block) (errno Errno) {
	defer t.Call(BlockOffline)(&errno)
	if t.Kernel().Has(LockInBlockOnline) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	ret := offlinePages(t, b)
	vmemmapInit(t, b) // mhp_deinit_memmap_on_memory()
	if ret == OK {
		finishOffline(t, b)
	}
	return ret
}

// prepareOnline tells the memory notifier chain that a block is about to be onlined: s390 makes it accessible then.
func prepareOnline(t Task, b Block) Errno {
	if !t.Kernel().Has(PrepareNotifier) {
		return OK
	}
	return memoryNotify(t, PrepareOnline, b)
}

// finishOffline tells the memory notifier chain that a block is offline, or was not onlined.
func finishOffline(t Task, b Block) {
	if t.Kernel().Has(PrepareNotifier) {
		memoryNotify(t, FinishOffline, b)
	}
}

// createBlockDevice models register_new_memory(), create_memory_block_devices() since v5.3, for one block.
func createBlockDevice(t Task, b Block) {
	defer t.Call(CreateBlocks)()
	memSysfsLock(t)
	deviceAdd(t, b)
	memSysfsUnlock(t)
}

// removeBlockDevice models unregister_memory_section(), remove_memory_block_devices() since v5.3, for one block.
func removeBlockDevice(t Task, b Block) {
	defer t.Call(RemoveBlocks)()
	memSysfsLock(t)
	deviceDel(t, b)
	memSysfsUnlock(t)
}

// freshBlock are the fields of a fresh struct memory_block: init_memory_block() and register_memory() set them before
// the block can be reached. dev->offline has its value already: deviceDel sets it where the device before this one goes.
func freshBlock(b Block) []Assign {
	return []Assign{{OnlineType.Of(b), TypeKeep}, {BlockState.Of(b), MemOffline}}
}

func memSysfsLock(t Task) {
	if MemSysfs.ExistsIn(t.Kernel()) {
		t.Lock(MemSysfsMutex)
	}
}

func memSysfsUnlock(t Task) {
	if MemSysfs.ExistsIn(t.Kernel()) {
		t.Unlock(MemSysfsMutex)
	}
}
