package spec

// What a driver, or a procedure of one's own, may call. Each checks the contract of the kernel function of that name.

// DoAddMemory runs add_memory().
func DoAddMemory(t Task, b Block) Errno { return addMemory(t, b) }

// DoAddMemoryLocked runs __add_memory(), for callers that hold device_hotplug_lock.
func DoAddMemoryLocked(t Task, b Block) Errno { return addMemoryLocked(t, b) }

// DoRemoveMemory runs remove_memory().
func DoRemoveMemory(t Task, b Block) Errno { return removeMemory(t, b) }

// DoRemoveMemoryLocked runs __remove_memory(), for callers that hold device_hotplug_lock.
func DoRemoveMemoryLocked(t Task, b Block) Errno { return removeMemoryLocked(t, b) }

// DoDeviceOnline runs device_online() of a memory block.
func DoDeviceOnline(t Task, b Block) Errno { return deviceOnline(t, b) }

// DoDeviceOffline runs device_offline() of a memory block.
func DoDeviceOffline(t Task, b Block) Errno { return deviceOffline(t, b) }

// DoLockDeviceHotplug runs lock_device_hotplug().
func DoLockDeviceHotplug(t Task) { lockDeviceHotplug(t) }

// DoUnlockDeviceHotplug runs unlock_device_hotplug().
func DoUnlockDeviceHotplug(t Task) { unlockDeviceHotplug(t) }

// DoMemHotplugBegin runs mem_hotplug_begin().
func DoMemHotplugBegin(t Task) { memHotplugBegin(t) }

// DoMemHotplugDone runs mem_hotplug_done().
func DoMemHotplugDone(t Task) { memHotplugDone(t) }

// DoSysfsWrite runs a store of an attribute, with its active reference held, and again if it asks for a restart.
func DoSysfsWrite(t Task, attr Lock, store func() Errno) Errno { return sysfsWrite(t, attr, store) }

// DoSysfsRead runs a show of an attribute, with its active reference held.
func DoSysfsRead(t Task, attr Lock, show func()) Errno { return sysfsRead(t, attr, show) }

// DoLockDeviceHotplugSysfs runs lock_device_hotplug_sysfs(): a trylock, which a store answers with a restart if it fails.
func DoLockDeviceHotplugSysfs(t Task) Errno { return lockDeviceHotplugSysfs(t) }

// DoOnlinePages runs online_pages().
func DoOnlinePages(t Task, b Block) Errno { return onlinePages(t, b) }

// DoOfflinePages runs offline_pages().
func DoOfflinePages(t Task, b Block) Errno { return offlinePages(t, b) }

// Locks and variables of one's own. They are made once, outside the procedures that use them: making one again makes another one.

// NewLock returns a lock of one's own.
func NewLock(name string, kind Kind) Lock { return (&LockClass{Name: name, Kind: kind}).Of(NoBlock) }

// NewVar returns a variable of one's own with the named values; it begins with the first.
func NewVar(name string, values ...string) Var {
	return (&VarClass{Name: name, Values: values}).Of(NoBlock)
}
