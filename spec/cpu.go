package spec

// CPU hotplug as user space and ACPI start it: drivers/base/cpu.c, drivers/acpi/acpi_processor.c.

// GroupCPU are the paths of CPU hotplug.
const GroupCPU = "cpu"

// CPUDevice is the lock of a CPU's device.
var CPUDevice = &LockClass{Name: "device_lock(cpu)", Kind: Mutex, Doc: "device_lock() of a CPU, held while it comes up or goes down; drivers/base/core.c"}

// cpuOnlineStore models a write to cpuN/online: online_store(), device_online(), cpu_subsys_online(), cpu_up().
func cpuOnlineStore(t Task, _ Block) Errno {
	restart := t.Mark()
	if lockDeviceHotplugSysfs(t) != OK {
		t.Again(restart)
	}
	t.Lock(CPUDevice.Of(NoBlock))
	ret := cpuUp(t, NoBlock)
	t.Unlock(CPUDevice.Of(NoBlock))
	unlockDeviceHotplug(t)
	return ret
}

// acpiProcessorRemove models the eject of a CPU: acpi_processor_remove(), without try_offline_node() at its end.
func acpiProcessorRemove(t Task, _ Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	t.Lock(AcpiScanLock)
	defer t.Unlock(AcpiScanLock)
	t.Lock(CPUDevice.Of(NoBlock)) // device_release_driver()
	t.Unlock(CPUDevice.Of(NoBlock))
	t.Lock(CPUAddRemoveLock)
	t.Lock(CPUHotplugLock)
	t.Unlock(CPUHotplugLock)
	t.Unlock(CPUAddRemoveLock)
	return OK
}

func cpuActors() []Actor {
	return inGroup(GroupCPU,
		Actor{Name: "cpu_online_store", Doc: "user space writes cpuN/online", Run: cpuOnlineStore},
		Actor{Name: "acpi_processor_remove", Doc: "ACPI ejects a CPU", Single: kacpiHotplug, Platforms: acpiPlatforms, Run: acpiProcessorRemove},
	)
}
