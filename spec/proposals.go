package spec

// Proposals are changes that no release has: repairs of what docs/findings.md reports, to be judged by exploration. A kernel is given one
// like any other change: v6.12+slots_without_gate.
var (
	SlotsWithoutGate = &Change{ID: "slots_without_gate", Title: "proposal: ACPI: take device_hotplug_lock for scan handlers only",
		Summary: "acpi_device_hotplug() does not hold device_hotplug_lock when it calls hp->notify(), which is acpiphp's, or dock_notify()"}
	RootsWithoutGate = &Change{ID: "roots_without_gate", Title: "proposal: ACPI: take device_hotplug_lock for memory, processors and containers only",
		Summary: "nor when it removes or adds a PCI host bridge", Needs: []*Change{SlotsWithoutGate}}
	ScanLockFirst = &Change{ID: "scan_lock_first", Title: "proposal: ACPI: take device_hotplug_lock inside acpi_scan_lock",
		Summary: "acpi_device_hotplug() takes acpi_scan_lock first, so that all order the two alike", Needs: []*Change{RootsWithoutGate}}
	VirtioMemKnowsGate = &Change{ID: "virtio_mem_knows_gate", Title: "proposal: virtio-mem: __remove_memory() if the caller of remove() holds device_hotplug_lock",
		Summary: "virtio_mem_remove() does not take device_hotplug_lock when its task holds it"}
	VirtioMemKeepsBlocks = &Change{ID: "virtio_mem_keeps_blocks", Title: "proposal: virtio-mem: do not remove memory in remove()",
		Summary: "virtio_mem_remove() leaves partly plugged blocks where they are, and keeps its notifier so that nobody onlines them"}
	WorkerAsksRemoving = &Change{ID: "worker_asks_removing", Title: "proposal: virtio-mem: look at vm->removing in the worker",
		Summary: "virtio_mem_run_wq() returns if vm->removing is set, before it calls into memory hotplug"}
	WorkerTriesGate = &Change{ID: "worker_tries_gate", Title: "proposal: virtio-mem: try device_hotplug_lock in the worker",
		Summary: "virtio_mem_run_wq() tries device_hotplug_lock and is queued again if it is taken; under it, it calls the variants that expect it"}
)

// Proposals returns the changes that no release has.
func Proposals() []*Change {
	return []*Change{SlotsWithoutGate, RootsWithoutGate, ScanLockFirst, VirtioMemKnowsGate, VirtioMemKeepsBlocks, WorkerAsksRemoving, WorkerTriesGate}
}
