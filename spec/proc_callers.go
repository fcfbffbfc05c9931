package spec

// Callers of memory hotplug outside sysfs.

// acpiAdd models acpi_device_hotplug() for an insertion: drivers/acpi/scan.c, acpi_memhotplug.c.
func acpiAdd(t Task, b Block) (errno Errno) {
	defer t.Call(AcpiDeviceHotplug)(&errno)
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	t.Lock(AcpiScanLock)
	defer t.Unlock(AcpiScanLock)
	defer t.Call(AcpiMemoryAdd)(&errno)
	if t.Kernel().Has(AddTakesDeviceHotplug) {
		return addMemoryLocked(t, b)
	}
	return addMemory(t, b)
}

// acpiEject models acpi_device_hotplug() for an eject request: acpi_scan_hot_remove() offlines the blocks, brings them
// back if that fails, and removes the memory.
func acpiEject(t Task, b Block) (errno Errno) {
	defer t.Call(AcpiDeviceHotplug)(&errno)
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	t.Lock(AcpiScanLock)
	defer t.Unlock(AcpiScanLock)
	defer t.Call(AcpiScanHotRemove)(&errno)
	if t.Read(Presence.Of(b)) != Present {
		return ENODEV
	}
	if deviceOffline(t, b) < OK {
		deviceOnline(t, b) // acpi_bus_online()
		return EBUSY
	}
	defer t.Call(AcpiMemoryRemove)(&errno)
	return removeMemoryLocked(t, b)
}

// driverRemove models a driver that offlines its memory, and removes it with remove_memory() in a critical section of
// device_hotplug_lock of its own, as the callers outside ACPI do. Before d15e59260f62 it takes that lock itself.
func driverRemove(t Task, b Block) Errno {
	lockDeviceHotplug(t)
	if t.Read(Presence.Of(b)) != Present || deviceOffline(t, b) < OK {
		unlockDeviceHotplug(t)
		return EBUSY
	}
	unlockDeviceHotplug(t)
	if t.Kernel().Has(RemoveTakesDeviceHotplug) {
		return removeMemory(t, b)
	}
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	if t.Read(Presence.Of(b)) != Present {
		return ENODEV
	}
	return removeMemory(t, b)
}

// memremapPages models devm_memremap_pages(), kernel/memremap.c; hmm_devmem_pages_create() of mm/hmm.c locks alike.
func memremapPages(t Task, _ Block) (errno Errno) {
	defer t.Call(MemremapPagesFn)(&errno)
	defer memremapLock(t)()
	return archAddMemory(t, NoBlock)
}

// memunmapPages models devm_memremap_pages_release(), kernel/memremap.c; hmm_devmem_release() of mm/hmm.c locks alike.
func memunmapPages(t Task, _ Block) (errno Errno) {
	defer t.Call(MemunmapPages)(&errno)
	defer memremapLock(t)()
	archRemoveMemory(t, NoBlock)
	return OK
}

// memremapLock takes what devm_memremap_pages() and its release hold: nothing before f931ab479dd2, and with b5d24fda9c3d, which some stable
// kernels kept, device_hotplug_lock too.
func memremapLock(t Task) (unlock func()) {
	gate, lock := t.Kernel().Has(MemremapGate), t.Kernel().Has(MemremapLock)
	if gate {
		lockDeviceHotplug(t)
	}
	if lock {
		memHotplugBegin(t)
	}
	return func() {
		if lock {
			memHotplugDone(t)
		}
		if gate {
			unlockDeviceHotplug(t)
		}
	}
}

// cpuUp models cpu_up() of kernel/cpu.c as its in-kernel callers use it, with nothing held.
func cpuUp(t Task, _ Block) (errno Errno) {
	defer t.Call(CPUUp)(&errno)
	if ret := tryOnlineNode(t); ret != OK {
		return ret
	}
	t.Lock(CPUAddRemoveLock)
	t.Lock(CPUHotplugLock)
	t.Unlock(CPUHotplugLock)
	t.Unlock(CPUAddRemoveLock)
	return OK
}
