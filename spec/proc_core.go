package spec

// The driver core: drivers/base/core.c, drivers/base/bus.c, fs/kernfs.

// sysfsWrite models write(2) on an attribute, kernfs_fop_write() of fs/kernfs/file.c: an active reference of its
// node is held for the whole of the store. A store that returns -ERESTARTNOINTR drops it and is run again.
func sysfsWrite(t Task, attr Lock, store func() Errno) (errno Errno) {
	defer t.Call(KernfsFopWrite)(&errno)
	restart := t.Mark()
	if !t.TryRLock(attr) {
		return ENODEV
	}
	ret := store()
	t.RUnlock(attr)
	if ret == ERESTARTNOINTR {
		t.Again(restart)
	}
	return ret
}

// sysfsRead models read(2) on an attribute, kernfs_seq_start() to kernfs_seq_stop() of fs/kernfs/file.c.
func sysfsRead(t Task, attr Lock, show func()) (errno Errno) {
	defer t.Call(KernfsSeqShow)(&errno)
	if !t.TryRLock(attr) {
		return ENODEV
	}
	show()
	t.RUnlock(attr)
	return OK
}

// lockDeviceHotplug models lock_device_hotplug().
func lockDeviceHotplug(t Task) {
	defer t.Call(LockDeviceHotplug)()
	t.Lock(DeviceHotplugLock)
}

func unlockDeviceHotplug(t Task) { t.Unlock(DeviceHotplugLock) }

// lockDeviceHotplugSysfs models lock_device_hotplug_sysfs(): never wait for the lock while an active reference is
// held, since the task that has the lock may be draining that reference (5e33bc4165f3).
func lockDeviceHotplugSysfs(t Task) (errno Errno) {
	defer t.Call(LockDeviceHotplugSysfs)(&errno)
	if !t.Kernel().Has(SysfsTrylock) {
		t.Lock(DeviceHotplugLock)
		return OK
	}
	if t.TryLock(DeviceHotplugLock) {
		return OK
	}
	return ERESTARTNOINTR
}

// onlineStore models online_store().
func onlineStore(t Task, b Block) Errno {
	return sysfsWrite(t, OnlineAttr.Of(b), func() (errno Errno) {
		defer t.Call(OnlineStore)(&errno)
		const offline, online = 0, 1
		val := t.Choose("value written: 0, 1, x", 3)
		if val > online {
			return EINVAL // strtobool(), before any lock
		}
		if ret := lockDeviceHotplugSysfs(t); ret != OK {
			return ret
		}
		var ret Errno
		if val == offline {
			ret = deviceOffline(t, b)
		} else {
			ret = deviceOnline(t, b)
		}
		unlockDeviceHotplug(t)
		return min(ret, OK) // "already there" is success here
	})
}

// onlineShow models online_show().
func onlineShow(t Task, b Block) Errno {
	return sysfsRead(t, OnlineAttr.Of(b), func() {
		defer t.Call(OnlineShow)()
		t.Lock(DeviceLock.Of(b))
		t.Read(DevOffline.Of(b))
		t.Unlock(DeviceLock.Of(b))
	})
}

// deviceOnline models device_online().
func deviceOnline(t Task, b Block) (errno Errno) {
	defer t.Call(DeviceOnline)(&errno)
	t.Lock(DeviceLock.Of(b))
	defer t.Unlock(DeviceLock.Of(b))
	if t.Read(DevOffline.Of(b)) == False {
		return AlreadyDone
	}
	ret := memorySubsysOnline(t, b)
	if ret == OK {
		t.Write(DevOffline.Of(b), False)
	}
	return ret
}

// deviceOffline models device_offline().
func deviceOffline(t Task, b Block) (errno Errno) {
	defer t.Call(DeviceOffline)(&errno)
	t.Lock(DeviceLock.Of(b))
	defer t.Unlock(DeviceLock.Of(b))
	if t.Read(DevOffline.Of(b)) == True {
		return AlreadyDone
	}
	ret := memorySubsysOffline(t, b)
	if ret == OK {
		t.Write(DevOffline.Of(b), True)
	}
	return ret
}

// deviceAdd models device_add(): user space sees the attributes before bus_probe_device() takes device_lock().
func deviceAdd(t Task, b Block) {
	defer t.Call(DeviceAdd)()
	t.Activate(StateAttr.Of(b), freshBlock(b)...) // device_add_attrs(): the groups,
	t.Activate(OnlineAttr.Of(b))                  // then `online`
	if t.Kernel().Has(DeviceReady) {
		t.Lock(DeviceLock.Of(b)) // dev_set_ready_to_probe()
		t.Unlock(DeviceLock.Of(b))
	}
	defer t.Call(BusProbe)()
	t.Lock(DeviceLock.Of(b)) // __device_attach()
	t.Unlock(DeviceLock.Of(b))
}

// deviceDel models device_del(): the attributes go first, without device_lock().
func deviceDel(t Task, b Block) {
	defer t.Call(DeviceDel)()
	if t.Kernel().Has(DeviceKill) {
		t.Lock(DeviceLock.Of(b)) // dev->p->dead, kill_device() since v5.3
		t.Unlock(DeviceLock.Of(b))
	}
	kernfsRemove(t, OnlineAttr.Of(b)) // device_remove_attrs(): `online`,
	kernfsRemove(t, StateAttr.Of(b))  // then the groups
	defer t.Call(BusRemove)()
	t.Lock(DeviceLock.Of(b)) // device_release_driver()
	// The next device of this name begins with dev->offline set. Setting it here, and not in register_memory(), makes no
	// difference to anyone: until then it is only cleared in device_online(), after online_pages() has found the memory present.
	t.Write(DevOffline.Of(b), True)
	t.Unlock(DeviceLock.Of(b))
}

// kernfsRemove models __kernfs_remove() of fs/kernfs/dir.c.
func kernfsRemove(t Task, attr Lock) {
	defer t.Call(KernfsRemove)()
	t.Deactivate(attr)
	if !hooksOf(t).NoDrain {
		t.Drain(attr)
	}
}
