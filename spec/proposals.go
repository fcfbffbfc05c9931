package spec

// Proposals are changes that no release has: repairs of what docs/findings.md reports, to be judged by exploration. A kernel is given one
// like any other change: v6.12+slots_without_gate.
var (
	SlotsWithoutGate = &Change{ID: "slots_without_gate", Title: "ACPI: take device_hotplug_lock for scan handlers only",
		Summary: "acpi_device_hotplug() does not hold device_hotplug_lock when it calls hp->notify(), which is acpiphp's, or dock_notify()"}
	SlotsDropGate = &Change{ID: "slots_drop_gate", Title: "ACPI: drop device_hotplug_lock across the handling of events on slots",
		Summary: "acpi_device_hotplug() takes device_hotplug_lock and acpi_scan_lock as ever, and drops the former while it calls hp->notify() or dock_notify()"}
	QuiesceFirst = &Change{ID: "quiesce_first", Title: "virtio-mem: cancel the work before an event takes device_hotplug_lock",
		Summary: "acpi_device_hotplug() tells the drivers of a slot of the event first, and virtio-mem sets vm->removing and cancels its work then"}
	RootsWithoutGate = &Change{ID: "roots_without_gate", Title: "ACPI: take device_hotplug_lock for memory, processors and containers only",
		Summary: "nor when it removes or adds a PCI host bridge", Needs: []*Change{SlotsWithoutGate}}
	ScanLockFirst = &Change{ID: "scan_lock_first", Title: "ACPI: take device_hotplug_lock inside acpi_scan_lock",
		Summary: "acpi_device_hotplug() takes acpi_scan_lock first, so that all order the two alike", Needs: []*Change{RootsWithoutGate}}
	ContainersSplit = &Change{ID: "containers_split", Title: "ACPI: detach the host bridges of a container before device_hotplug_lock is taken",
		Summary: "acpi_device_hotplug() takes device_hotplug_lock for the memory and the processors of a container, when the host bridges in it are gone", Needs: []*Change{ScanLockFirst}}
	SleepLocksEarly = &Change{ID: "sleep_locks_early", Title: "ACPI: take acpi_scan_lock before hibernate() takes device_hotplug_lock",
		Summary: "the ACPI code for sleep takes acpi_scan_lock after processes are frozen and before device_hotplug_lock is taken, not when the transition begins", Needs: []*Change{ScanLockFirst}}
	VirtioMemKnowsGate = &Change{ID: "virtio_mem_knows_gate", Title: "virtio-mem: __remove_memory() if the caller of remove() holds device_hotplug_lock",
		Summary: "virtio_mem_remove() does not take device_hotplug_lock when its task holds it"}
	VirtioMemKeepsBlocks = &Change{ID: "virtio_mem_keeps_blocks", Title: "virtio-mem: do not remove memory in remove()",
		Summary: "virtio_mem_remove() leaves partly plugged blocks where they are, and keeps its notifier so that nobody onlines them"}
	WorkerAsksRemoving = &Change{ID: "worker_asks_removing", Title: "virtio-mem: look at vm->removing in the worker",
		Summary: "virtio_mem_run_wq() returns if vm->removing is set, before it calls into memory hotplug"}
	WorkerTriesGate = &Change{ID: "worker_tries_gate", Title: "virtio-mem: try device_hotplug_lock in the worker",
		Summary: "virtio_mem_run_wq() tries device_hotplug_lock and is queued again if it is taken; under it, it calls the variants that expect it"}
	KmemWorksLater = &Change{ID: "kmem_works_later", Title: "dax/kmem: add and remove memory in work that nobody waits for",
		Summary: "the probe and the remove of dax/kmem queue work that adds and removes the memory, with nothing held but what it takes itself"}
	DlparPmemWithoutGate = &Change{ID: "dlpar_pmem_without_gate", Title: "powerpc/pseries: no device_hotplug_lock around the DLPAR of pmem",
		Summary: "dlpar_hp_pmem() leaves it to the drivers of what it adds and removes to lock memory hotplug"}
	PciStoresTry = &Change{ID: "pci_stores_try", Title: "PCI: try the locks of hotplug in stores of attributes that hotplug removes",
		Summary: "DEVICE/rescan and slots/N/power of acpiphp try pci_rescan_remove_lock and acpi_scan_lock, and restart the system call"}
	PciehpPowerAsks = &Change{ID: "pciehp_power_asks", Title: "PCI: pciehp: do not wait for the interrupt thread in slots/N/power",
		Summary: "pciehp_sysfs_disable_slot() asks the interrupt thread and returns; user space sees in the attribute when it is done"}
	PciehpThreadTries = &Change{ID: "pciehp_thread_tries", Title: "PCI: pciehp: try pci_rescan_remove_lock in the interrupt thread",
		Summary: "pciehp_unconfigure_device() tries pci_rescan_remove_lock; where it is taken the request stays pending, and the thread ends and is woken again unless the port goes"}
	DaxAttrsTry = &Change{ID: "dax_attrs_try", Title: "dax: try the lock of the region in attributes that go under it",
		Summary: "the attributes of dax devices and mappings try the lock of the region, and restart the system call"}
	DaxCreateUnwinds = &Change{ID: "dax_create_unwinds", Title: "dax: undo devm_create_dev_dax() with the lock held",
		Summary: "__devm_create_dev_dax() undoes what it did by a variant of unregister_dev_dax() for callers that hold dax_region_rwsem"}
	OfflineNodeLocked = &Change{ID: "offline_node_locked", Title: "ACPI: hold mem_hotplug_lock for try_offline_node() when a CPU goes",
		Summary: "acpi_processor_post_eject() calls try_offline_node() between mem_hotplug_begin() and mem_hotplug_done(), as try_remove_memory() does"}
	SpanSeqlockAgain = &Change{ID: "span_seqlock_again", Title: "mm: write zone spans under their seqlock again",
		Summary: "resize_zone_range() and shrink_zone_span() run between zone_span_writelock() and zone_span_writeunlock(), for the reader that is left"}
)

// Proposals returns the changes that no release has.
func Proposals() []*Change {
	return []*Change{SlotsWithoutGate, SlotsDropGate, RootsWithoutGate, ScanLockFirst, ContainersSplit, SleepLocksEarly, VirtioMemKnowsGate, VirtioMemKeepsBlocks, WorkerAsksRemoving, WorkerTriesGate, QuiesceFirst, KmemWorksLater,
		DlparPmemWithoutGate, PciStoresTry, PciehpPowerAsks, PciehpThreadTries, DaxAttrsTry, DaxCreateUnwinds, OfflineNodeLocked, SpanSeqlockAgain}
}
