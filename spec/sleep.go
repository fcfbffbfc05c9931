package spec

// Hibernation and memory hotplug: kernel/power/hibernate.c.

// PmMutex is the lock of system sleep.
var PmMutex = &LockClass{Name: "pm_mutex", Kind: Mutex, Doc: "lock_system_sleep(): held while the system goes to sleep; kernel/power/main.c. Until v3.12 lock_memory_hotplug() took it last"}

var pmMutex = PmMutex.Of(NoBlock)

// hibernatePM models hibernate() as it is since v3.12: pm_mutex, then device_hotplug_lock, around the making of the image. The locks of ACPI are those of
// hibernate in group suspicions-sleep.
func hibernatePM(t Task, _ Block) Errno {
	t.Lock(pmMutex)
	defer t.Unlock(pmMutex)
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return OK
}

func sleepActors() []Actor {
	return inGroup(GroupPlatform, Actor{Name: "hibernate_image", Doc: "the system hibernates: pm_mutex and device_hotplug_lock", Run: hibernatePM})
}
