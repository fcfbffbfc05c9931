package spec

import "slices"

// Suspicions: what holds device_hotplug_lock, or waits for it, where drivers come and go. docs/findings.md says what they do to one another.
//
// Read in 7.1.5, 6.12.0 and 6.1.158; they agree on every lock below unless a procedure asks its kernel. The machine has one PCI slot behind one
// bridge, with a virtio-mem device in it, one virtio-pmem device, and one CXL memory device. How memory is added and removed is the matter of
// group core: here it is the locks that it takes.

// The groups of the suspicions: ACPI, PCI and virtio-mem; pmem; CXL, dax and pciehp; nodes and zones. They have locks in common, but no device, so
// that each is explored on its own.
const (
	GroupSuspicions     = "suspicions"
	GroupSuspicionsPmem = "suspicions-pmem"
	GroupSuspicionsCXL  = "suspicions-cxl"
	GroupSuspicionsNode = "suspicions-node"
	// GroupSuspicionsSleep is apart, since no user space runs beside it.
	GroupSuspicionsSleep = "suspicions-sleep"
)

// gateState says whether whoever calls into a driver holds device_hotplug_lock. No driver can know: only proposals ask.
type gateState uint8

const (
	gateFree gateState = iota
	gateHeld
)

func suspicionActors() []Actor {
	return slices.Concat(
		inGroup(GroupSuspicions, slices.Concat(acpiphpActors(), pciSysfsActors(), virtioMemDriverActors())...),
		inGroup(GroupSuspicionsPmem, pmemActors()...),
		inGroup(GroupSuspicionsCXL, slices.Concat(cxlActors(), daxRegionActors(), pciehpActors())...),
		inGroup(GroupSuspicionsNode, nodeActors()...),
		inGroup(GroupSuspicionsSleep, Actor{Name: "hibernate", Doc: "the system hibernates, with user space frozen", Platforms: acpiPlatforms, Run: hibernate}))
}

// suspicionLocks returns the classes of lock that only the suspicions take.
func suspicionLocks() []*LockClass {
	return slices.Concat(virtioMemPCI.locks(), pmemPCI.locks(), cxlPCI.locks(), staticDax.locks(), dynamicDax.locks(),
		[]*LockClass{PciRescanRemove, SlotPowerAttr, VirtioDevice, VirtioUnbind, NvdimmBus, PaprDevice, PciehpPowerAttr, SpanSeq})
}

// addRange models add_memory_driver_managed() by its locks.
func addRange(t Task) {
	defer t.Call(AddMemoryManaged)()
	lockDeviceHotplug(t)
	changeRange(t)
	unlockDeviceHotplug(t)
}

// removeRange models remove_memory() by its locks.
func removeRange(t Task) {
	defer t.Call(RemoveMemory)()
	lockDeviceHotplug(t)
	changeRange(t)
	unlockDeviceHotplug(t)
}

// changeRange is what add_memory_resource() and try_remove_memory() lock.
func changeRange(t Task) {
	memHotplugBegin(t)
	memHotplugDone(t)
}

const fileAcpiphp, filePciSysfs, filePciRemove, fileVirtioMem = "drivers/pci/hotplug/acpiphp_glue.c", "drivers/pci/pci-sysfs.c",
	"drivers/pci/remove.c", "drivers/virtio/virtio_mem.c"

// The functions of the suspicions, for the interleavings. Their contracts are those of what they call.
var (
	AddMemoryManaged = &Function{Name: "add_memory_driver_managed", File: fileHotplug, Errnos: []Errno{EEXIST, ENOMEM},
		Clauses: AddMemory.Clauses, Doc: "add_memory() for drivers that manage the memory themselves"}
	OfflineAndRemove = &Function{Name: "offline_and_remove_memory", File: fileHotplug, Errnos: []Errno{EBUSY},
		Clauses: RemoveMemory.Clauses, Doc: "offlines blocks and removes them"}

	HotplugEvent     = &Function{Name: "hotplug_event", File: fileAcpiphp, Doc: "handles an ACPI event for a PCI slot"}
	AcpiphpDisable   = &Function{Name: "acpiphp_disable_slot", File: fileAcpiphp, Doc: "powers a slot off for sysfs"}
	AcpiphpEnable    = &Function{Name: "acpiphp_enable_slot", File: fileAcpiphp, Doc: "powers a slot on for sysfs"}
	AcpiphpCleanup   = &Function{Name: "cleanup_bridge", File: fileAcpiphp, Doc: "unregisters the slots of a bridge"}
	PowerWrite       = &Function{Name: "power_write_file", File: "drivers/pci/hotplug/pci_hotplug_core.c", Doc: "write to slots/N/power"}
	AcpiRootRemove   = &Function{Name: "acpi_pci_root_remove", File: "drivers/acpi/pci_root.c", Doc: "removes everything below a PCI host bridge"}
	UndockStore      = &Function{Name: "undock_store", File: "drivers/acpi/dock.c", Doc: "write to dock.N/undock"}
	PciStopAndRemove = &Function{Name: "pci_stop_and_remove_bus_device", File: filePciRemove, Doc: "unbinds and removes a PCI device"}
	PciAddDevice     = &Function{Name: "pci_bus_add_device", File: "drivers/pci/bus.c", Doc: "lets drivers bind to a new PCI device"}
	PciRemoveStore   = &Function{Name: "remove_store", File: filePciSysfs, Doc: "write to DEVICE/remove"}
	PciRescanStore   = &Function{Name: "rescan_store", File: filePciSysfs, Doc: "write to /sys/bus/pci/rescan"}
	PciDevRescan     = &Function{Name: "dev_rescan_store", File: filePciSysfs, Doc: "write to DEVICE/rescan"}

	VirtioMemWorkFn   = &Function{Name: "virtio_mem_run_wq", File: fileVirtioMem, Doc: "the work of a virtio-mem device"}
	VirtioMemRemoveFn = &Function{Name: "virtio_mem_remove", File: fileVirtioMem, Doc: "unbinds virtio-mem; it cannot refuse"}
	UnbindStore       = &Function{Name: "unbind_store", File: "drivers/base/bus.c", Doc: "write to DRIVER/unbind"}
	BindStore         = &Function{Name: "bind_store", File: "drivers/base/bus.c", Doc: "write to DRIVER/bind"}
	BusRemoveDriver   = &Function{Name: "bus_remove_driver", File: "drivers/base/bus.c", Doc: "unregisters a driver, when its module goes"}
)
