package spec

import (
	"fmt"
	"slices"
)

const fileCore, fileMemory, fileHotplug = "drivers/base/core.c", "drivers/base/memory.c", "mm/memory_hotplug.c"

// gate is the demand of the whole series: the caller holds device_hotplug_lock.
func gate(why string) Clause {
	return Clause{Demand: Requires, Lock: DeviceHotplug, Mode: Write, Rule: DeviceHotplugHeld, Why: why}
}

func from(c *Change, cl Clause) Clause  { cl.From = c; return cl }
func until(c *Change, cl Clause) Clause { cl.Until = c; return cl }

func takes(rule *Invariant, l *LockClass, why string) Clause {
	return Clause{Demand: Takes, Lock: l, Mode: Write, Rule: rule, Why: why}
}

func needsMemHotplug(rule *Invariant, why string) Clause {
	return Clause{Demand: Requires, Lock: MemHotplug, Mode: Write, Rule: rule, Why: why}
}

func forbidsMemHotplug(why string) Clause {
	return Clause{Demand: Forbids, Lock: MemHotplug, Mode: Read, Rule: NoRecursion, Why: why}
}

const (
	docOnline = "device_online() and device_offline() should be called under it, it protects online_type; Locking Internals (dee6da22efac)"
	docAdd    = "adding and removing memory that has block devices needs it; Locking Internals (dee6da22efac)"
	docMem    = "must be held for writing when memory is onlined, offlined, added or removed; Locking Internals (dee6da22efac)"
	noNest    = "it takes the lock itself, and a percpu rwsem does not nest (3f906ba23689)"
)

// Errno values that not every kernel returns.
var (
	timeLimit    = ErrnoSpan{Errno: EAGAIN, Until: OfflineForever}
	pagesChecked = ErrnoSpan{Errno: EBUSY, Until: NoPagesCheck}
	zoneChecked  = ErrnoSpan{Errno: EINVAL, Until: AnyZone}
	hardware     = ErrnoSpan{Errno: EHWPOISON, From: HardwareErrors}
	removeBusy   = ErrnoSpan{Errno: EBUSY, From: RemoveReturnsBusy}
)

// The modelled kernel functions with their contracts.
var (
	KernfsFopWrite = &Function{Name: "kernfs_fop_write", File: "fs/kernfs/file.c", Errnos: []Errno{ENODEV},
		Doc: "write(2) on a sysfs attribute: takes an active reference for the time of the store"}
	KernfsSeqShow = &Function{Name: "kernfs_seq_show", File: "fs/kernfs/file.c", Errnos: []Errno{ENODEV},
		Doc: "read(2) on a sysfs attribute: takes an active reference for the time of the show"}
	KernfsRemove = &Function{Name: "kernfs_remove", File: "fs/kernfs/dir.c",
		Doc: "deactivates a node, then waits until its active references are gone"}

	LockDeviceHotplug      = &Function{Name: "lock_device_hotplug", File: fileCore, Doc: "takes device_hotplug_lock, and waits for it"}
	LockDeviceHotplugSysfs = &Function{Name: "lock_device_hotplug_sysfs", File: fileCore, Errnos: []Errno{ERESTARTNOINTR},
		Doc: "tries device_hotplug_lock; if it is taken, sleeps 5 ms and makes the system call restart"}
	OnlineStore   = &Function{Name: "online_store", File: fileCore, Errnos: []Errno{EINVAL, EBUSY, EPERM, EINTR, EAGAIN, EHWPOISON, ENODEV, ERESTARTNOINTR}, Some: []ErrnoSpan{timeLimit, hardware}, Doc: "write to memoryN/online"}
	OnlineShow    = &Function{Name: "online_show", File: fileCore, Doc: "read of memoryN/online"}
	DeviceOnline  = &Function{Name: "device_online", File: fileCore, Errnos: []Errno{AlreadyDone, EBUSY, EPERM, EINVAL, EHWPOISON}, Some: []ErrnoSpan{pagesChecked, hardware}, Clauses: []Clause{gate(docOnline)}, Doc: "brings a device online through its bus, under device_lock()"}
	DeviceOffline = &Function{Name: "device_offline", File: fileCore, Errnos: []Errno{AlreadyDone, EBUSY, EPERM, EINTR, EINVAL, EAGAIN}, Some: []ErrnoSpan{timeLimit}, Clauses: []Clause{gate(docOnline)}, Doc: "takes a device offline through its bus, under device_lock()"}
	DeviceAdd     = &Function{Name: "device_add", File: fileCore, Doc: "makes a device and its attributes visible, then calls bus_probe_device()"}
	DeviceDel     = &Function{Name: "device_del", File: fileCore, Doc: "removes the attributes of a device, waiting for their users, then the device"}
	BusProbe      = &Function{Name: "bus_probe_device", File: "drivers/base/bus.c", Doc: "looks for a driver, under device_lock(); the device is visible already"}
	BusRemove     = &Function{Name: "bus_remove_device", File: "drivers/base/bus.c", Doc: "releases the driver, under device_lock()"}

	StateStore      = &Function{Name: "state_store", File: fileMemory, Errnos: []Errno{AlreadyDone, EINVAL, EBUSY, EPERM, EINTR, EAGAIN, EHWPOISON, ENODEV, ERESTARTNOINTR}, Some: []ErrnoSpan{{Errno: AlreadyDone, Until: StateStoreReturn}, timeLimit, hardware}, Doc: "write to memoryN/state (store_mem_state() before v5.0)"}
	StateShow       = &Function{Name: "state_show", File: fileMemory, Doc: "read of memoryN/state (show_mem_state() before v5.0); takes no lock"}
	ProbeStore      = &Function{Name: "probe_store", File: fileMemory, Errnos: []Errno{EINVAL, EEXIST, ENOMEM, ERESTARTNOINTR}, Some: []ErrnoSpan{{Errno: ERESTARTNOINTR, From: AddTakesDeviceHotplug}}, Doc: "write to /sys/devices/system/memory/probe (memory_probe_store() before v5.0)"}
	AutoOnlineStore = &Function{Name: "auto_online_blocks_store", File: fileMemory, Errnos: []Errno{EINVAL}, Doc: "write to /sys/devices/system/memory/auto_online_blocks; takes no lock"}
	SubsysOnline    = &Function{Name: "memory_subsys_online", File: fileMemory, Errnos: []Errno{EBUSY, EPERM, EINVAL, EHWPOISON}, Some: []ErrnoSpan{pagesChecked, hardware}, Doc: "the online callback of the memory bus"}
	SubsysOffline   = &Function{Name: "memory_subsys_offline", File: fileMemory, Errnos: []Errno{EBUSY, EPERM, EINTR, EINVAL, EAGAIN}, Some: []ErrnoSpan{timeLimit}, Doc: "the offline callback of the memory bus"}
	ChangeState     = &Function{Name: "memory_block_change_state", File: fileMemory, Errnos: []Errno{EINVAL, EBUSY, EPERM, EINTR, EAGAIN, EHWPOISON}, Some: []ErrnoSpan{timeLimit, hardware}, Doc: "moves mem->state from one value to another through memory_block_action()"}
	BlockOnline     = &Function{Name: "memory_block_online", File: fileMemory, Errnos: []Errno{EPERM, EBUSY, EINVAL, EHWPOISON}, Some: []ErrnoSpan{pagesChecked, zoneChecked, hardware}, Clauses: []Clause{from(LockInBlockOnline, takes(PagesUnderMemHotplug, MemHotplug, "001002e73712"))}, Doc: "onlines the pages of a block and its vmemmap"}
	BlockOffline    = &Function{Name: "memory_block_offline", File: fileMemory, Errnos: []Errno{EBUSY, EPERM, EINTR, EINVAL, EAGAIN}, Some: []ErrnoSpan{timeLimit}, Clauses: []Clause{from(LockInBlockOnline, takes(PagesUnderMemHotplug, MemHotplug, "001002e73712"))}, Doc: "offlines the pages of a block and its vmemmap"}
	CreateBlocks    = &Function{Name: "create_memory_block_devices", File: fileMemory, Clauses: []Clause{gate(docAdd)}, Doc: "registers the block devices of a range (register_new_memory() before v5.3)"}
	RemoveBlocks    = &Function{Name: "remove_memory_block_devices", File: fileMemory, Clauses: []Clause{gate(docAdd)}, Doc: "unregisters the block devices of a range (unregister_memory_section() before v5.3)"}

	MemHotplugBegin = &Function{Name: "mem_hotplug_begin", File: fileHotplug, Clauses: []Clause{forbidsMemHotplug(noNest)}, Doc: "takes mem_hotplug_lock for writing; since v4.13 after cpu_hotplug_lock for reading"}
	MemHotplugDone  = &Function{Name: "mem_hotplug_done", File: fileHotplug, Doc: "releases what mem_hotplug_begin() took"}
	GetOnlineMems   = &Function{Name: "get_online_mems", File: fileHotplug, Doc: "takes mem_hotplug_lock for reading; very fast"}
	PutOnlineMems   = &Function{Name: "put_online_mems", File: fileHotplug, Doc: "releases what get_online_mems() took"}
	OnlinePages     = &Function{Name: "online_pages", File: fileHotplug, Errnos: []Errno{EPERM, EINVAL}, Some: []ErrnoSpan{zoneChecked},
		Clauses: []Clause{
			until(StateStoreLock, takes(PagesUnderMemHotplug, MemHotplug, "its first statement, v3.18")),
			until(LockInBlockOnline, from(LockInOnlinePages, takes(PagesUnderMemHotplug, MemHotplug, "381eab4a6ee8"))),
			until(LockInOnlinePages, from(StateStoreLock, needsMemHotplug(PagesUnderMemHotplug, "the comment of 30467e0b3be8: the caller holds it"))),
			from(LockInBlockOnline, needsMemHotplug(PagesUnderMemHotplug, "001002e73712: must be called with mem_hotplug_lock in write mode")),
		}, Doc: "makes the pages of a range available to the page allocator"}
	OfflinePages = &Function{Name: "offline_pages", File: fileHotplug, Errnos: []Errno{EBUSY, EPERM, EINTR, EINVAL, EAGAIN}, Some: []ErrnoSpan{timeLimit},
		Clauses: []Clause{
			until(StateStoreLock, takes(PagesUnderMemHotplug, MemHotplug, "__offline_pages(), v3.18")),
			until(LockInBlockOnline, from(LockInOnlinePages, takes(PagesUnderMemHotplug, MemHotplug, "381eab4a6ee8"))),
			until(LockInOnlinePages, from(StateStoreLock, needsMemHotplug(PagesUnderMemHotplug, "the comment of 30467e0b3be8: the caller holds it"))),
			from(LockInBlockOnline, needsMemHotplug(PagesUnderMemHotplug, "001002e73712: must be called with mem_hotplug_lock in write mode")),
		}, Doc: "isolates and migrates the pages of a range and takes them from the page allocator"}
	AddMemory = &Function{Name: "add_memory", File: fileHotplug, Errnos: []Errno{EEXIST, ENOMEM},
		Clauses: []Clause{until(AddTakesDeviceHotplug, gate(docAdd)), from(AddTakesDeviceHotplug, takes(DeviceHotplugHeld, DeviceHotplug, "8df1d0e4a265")),
			from(AddTakesDeviceHotplug, Clause{Demand: Forbids, Lock: DeviceHotplug, Mode: Write, Rule: NoRecursion, Why: "8df1d0e4a265: it takes the lock itself"}),
			forbidsMemHotplug(noNest)},
		Doc: "registers the resource of a range and adds its memory"}
	AddMemoryLocked = &Function{Name: "__add_memory", File: fileHotplug, Errnos: []Errno{EEXIST, ENOMEM},
		Clauses: []Clause{gate("8df1d0e4a265: requires device_hotplug_lock"), forbidsMemHotplug(noNest)}, Doc: "add_memory() for callers that hold device_hotplug_lock"}
	AddMemoryResource = &Function{Name: "add_memory_resource", File: fileHotplug, Errnos: []Errno{ENOMEM},
		Clauses: []Clause{gate("8df1d0e4a265: requires device_hotplug_lock"), takes(AddRemoveUnderMemHotplug, MemHotplug, docMem), forbidsMemHotplug(noNest)}, Doc: "adds memory whose resource is registered, and onlines it if the policy says so"}
	RemoveMemory = &Function{Name: "remove_memory", File: fileHotplug, Errnos: []Errno{EBUSY}, Some: []ErrnoSpan{removeBusy},
		Clauses: []Clause{until(RemoveTakesDeviceHotplug, gate("its comment: the caller must hold it")), from(RemoveTakesDeviceHotplug, takes(DeviceHotplugHeld, DeviceHotplug, "d15e59260f62")),
			from(RemoveTakesDeviceHotplug, Clause{Demand: Forbids, Lock: DeviceHotplug, Mode: Write, Rule: NoRecursion, Why: "d15e59260f62: it takes the lock itself"}),
			forbidsMemHotplug(noNest)},
		Doc: "removes memory whose blocks are offline"}
	RemoveMemoryLocked = &Function{Name: "__remove_memory", File: fileHotplug,
		Clauses: []Clause{gate("d15e59260f62: the caller must hold it"), forbidsMemHotplug(noNest)}, Doc: "remove_memory() for callers that hold device_hotplug_lock"}
	TryRemoveMemory = &Function{Name: "try_remove_memory", File: fileHotplug, Errnos: []Errno{EBUSY}, Some: []ErrnoSpan{removeBusy},
		Clauses: []Clause{gate(docAdd), takes(AddRemoveUnderMemHotplug, MemHotplug, docMem), forbidsMemHotplug(noNest)}, Doc: "the body of removal"}
	TryOnlineNode = &Function{Name: "try_online_node", File: fileHotplug, Errnos: []Errno{ENOMEM},
		Clauses: []Clause{takes(AddRemoveUnderMemHotplug, MemHotplug, "01b0f19707c5"), forbidsMemHotplug(noNest)}, Doc: "onlines a node before a CPU of it comes up"}
	ArchAddMemory = &Function{Name: "arch_add_memory", File: "arch/x86/mm/init_64.c", Errnos: []Errno{ENOMEM}, Clauses: []Clause{needsMemHotplug(AddRemoveUnderMemHotplug, "f931ab479dd2; "+docMem),
		{Demand: Requires, Lock: MemHotplug, Mode: Write, Rule: PagesUnderMemHotplug, Until: ZoneAtOnline, Why: "__add_zone() grows the span of a zone, until f1dd2cd13c4b"}}, Doc: "creates sections, memmap and page tables of a range"}
	ArchRemoveMemory = &Function{Name: "arch_remove_memory", File: "arch/x86/mm/init_64.c", Clauses: []Clause{needsMemHotplug(AddRemoveUnderMemHotplug, "f931ab479dd2; "+docMem)}, Doc: "destroys what arch_add_memory() made"}

	AcpiDeviceHotplug = &Function{Name: "acpi_device_hotplug", File: "drivers/acpi/scan.c", Errnos: []Errno{EBUSY, EEXIST, ENOMEM, ENODEV}, Doc: "handles an ACPI hotplug event, as work on the ordered queue kacpi_hotplug"}
	AcpiScanHotRemove = &Function{Name: "acpi_scan_hot_remove", File: "drivers/acpi/scan.c", Errnos: []Errno{EBUSY, ENODEV}, Doc: "offlines, detaches and ejects an ACPI device"}
	AcpiMemoryAdd     = &Function{Name: "acpi_memory_device_add", File: "drivers/acpi/acpi_memhotplug.c", Doc: "adds the memory of an ACPI memory device"}
	AcpiMemoryRemove  = &Function{Name: "acpi_memory_device_remove", File: "drivers/acpi/acpi_memhotplug.c", Doc: "removes the memory of an ACPI memory device"}

	MemtraceEnable  = &Function{Name: "memtrace_enable_set", File: fileMemtrace, Errnos: []Errno{EINVAL, EAGAIN}, Some: []ErrnoSpan{{Errno: EAGAIN, From: MemtraceReadd}}, Doc: "write to debugfs powerpc/memtrace/enable"}
	MemtraceOffline = &Function{Name: "memtrace_offline_pages", File: fileMemtrace, Answers: true, Doc: "offlines a range by writing mem->state and calling offline_pages()"}
	MemtraceAlloc   = &Function{Name: "memtrace_alloc_node", File: fileMemtrace, Answers: true, Doc: "offlines and removes a range of a node for tracing"}
	MemtraceOnline  = &Function{Name: "memtrace_online", File: fileMemtrace, Doc: "adds the memory of memtrace again and onlines it"}

	MemremapPagesFn = &Function{Name: "devm_memremap_pages", File: "kernel/memremap.c", Errnos: []Errno{ENOMEM}, Doc: "adds memory without block devices (ZONE_DEVICE); hmm_devmem_pages_create() locks alike"}
	MemunmapPages   = &Function{Name: "devm_memremap_pages_release", File: "kernel/memremap.c", Doc: "removes memory without block devices"}
	CPUUp           = &Function{Name: "cpu_up", File: "kernel/cpu.c", Errnos: []Errno{ENOMEM}, Doc: "brings a CPU up: onlines its node first, then takes cpu_hotplug_lock for writing"}
)

const fileMemtrace = "arch/powerpc/platforms/powernv/memtrace.c"

// Functions returns every modelled function.
func Functions() []*Function {
	return []*Function{KernfsFopWrite, KernfsSeqShow, KernfsRemove,
		LockDeviceHotplug, LockDeviceHotplugSysfs, OnlineStore, OnlineShow, DeviceOnline, DeviceOffline, DeviceAdd, DeviceDel, BusProbe, BusRemove,
		StateStore, StateShow, ProbeStore, AutoOnlineStore, SubsysOnline, SubsysOffline, ChangeState, BlockOnline, BlockOffline, CreateBlocks, RemoveBlocks,
		MemHotplugBegin, MemHotplugDone, GetOnlineMems, PutOnlineMems, OnlinePages, OfflinePages,
		AddMemory, AddMemoryLocked, AddMemoryResource, RemoveMemory, RemoveMemoryLocked, TryRemoveMemory, TryOnlineNode, ArchAddMemory, ArchRemoveMemory,
		AcpiDeviceHotplug, AcpiScanHotRemove, AcpiMemoryAdd, AcpiMemoryRemove,
		MemtraceEnable, MemtraceOffline, MemtraceAlloc, MemtraceOnline, MemremapPagesFn, MemunmapPages, CPUUp}
}

// FindFunction returns the modelled function with the given C name.
func FindFunction(name string) (*Function, error) {
	i := slices.IndexFunc(Functions(), func(f *Function) bool { return f.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown function %q; see memhp list functions", name)
	}
	return Functions()[i], nil
}
