package spec

// The classes of lock. Facts: see Doc of each.
var (
	DeviceHotplug = &LockClass{Name: "device_hotplug_lock", Kind: Mutex,
		Doc: "serialises hotplug of devices; lock_device_hotplug(), drivers/base/core.c. A sysfs store only tries it: " +
			"lock_device_hotplug_sysfs() restarts the system call when it is taken (5e33bc4165f3)"}
	AcpiScan = &LockClass{Name: "acpi_scan_lock", Kind: Mutex,
		Doc: "serialises ACPI namespace scans and hotplug; acpi_device_hotplug(), drivers/acpi/scan.c"}
	DeviceLock = &LockClass{Name: "device_lock", Kind: Mutex, Scope: PerBlock, Aliases: []string{"&dev->mutex"},
		Doc: "device_lock() of the memory block device: &dev->mutex, a no-validate class of lockdep; include/linux/device.h"}
	CPUHotplug = &LockClass{Name: "cpu_hotplug_lock", Kind: PercpuRwsem, Before: &OlderKind{Change: PercpuCPUHotplug, Kind: CounterLock},
		Aliases: []string{"cpu_hotplug_lock.rw_sem", "cpu_hotplug.lock"},
		Doc:     "get_online_cpus() or cpus_read_lock() reads, cpu_hotplug_begin() or cpus_write_lock() writes; kernel/cpu.c"}
	MemHotplug = &LockClass{Name: "mem_hotplug_lock", Kind: PercpuRwsem,
		Before:  &OlderKind{Change: PercpuMemHotplug, Kind: CounterLock, Before: &OlderKind{Change: OnlineMems, Kind: Mutex}},
		Aliases: []string{"mem_hotplug_lock.rw_sem", "mem_hotplug.lock", "mem_hotplug_mutex"},
		Doc:     "get_online_mems() reads, mem_hotplug_begin() writes; lock_memory_hotplug() before v3.16; mm/memory_hotplug.c"}
	MemoryAddRemove = &LockClass{Name: "memory_add_remove_lock", Kind: Mutex, From: MemoryAddRemoveLock, Until: PercpuMemHotplug,
		Doc: "taken first by mem_hotplug_begin() in v4.11 and v4.12: serialises writers; mm/memory_hotplug.c"}
	MemSysfs = &LockClass{Name: "mem_sysfs_mutex", Kind: Mutex, Until: NoMemSysfsMutex,
		Doc: "serialises creation and removal of memory block devices; drivers/base/memory.c"}
	StateAttr = &LockClass{Name: "kn->active#state", Kind: KernfsActive, Scope: PerBlock, Aliases: []string{"kn->active"},
		Doc: "kernfs active reference of memoryN/state; fs/kernfs/dir.c"}
	OnlineAttr = &LockClass{Name: "kn->active#online", Kind: KernfsActive, Scope: PerBlock,
		Doc: "kernfs active reference of memoryN/online; fs/kernfs/dir.c"}
	CPUAddRemove = &LockClass{Name: "cpu_add_remove_lock", Kind: Mutex,
		Doc: "cpu_maps_update_begin(), outermost lock of cpu_up() and cpu_down(); kernel/cpu.c"}
)

// The global lock objects.
var (
	DeviceHotplugLock = DeviceHotplug.Of(NoBlock)
	AcpiScanLock      = AcpiScan.Of(NoBlock)
	CPUHotplugLock    = CPUHotplug.Of(NoBlock)
	MemHotplugLock    = MemHotplug.Of(NoBlock)
	AddRemoveLock     = MemoryAddRemove.Of(NoBlock)
	MemSysfsMutex     = MemSysfs.Of(NoBlock)
	CPUAddRemoveLock  = CPUAddRemove.Of(NoBlock)
)

// LockClasses returns the classes of lock of memory hotplug itself, outermost first. Those of its callers are CallerLocks.
func LockClasses() []*LockClass {
	return []*LockClass{StateAttr, OnlineAttr, DeviceHotplug, AcpiScan, DeviceLock, CPUAddRemove,
		CPUHotplug, MemoryAddRemove, MemHotplug, MemSysfs}
}
