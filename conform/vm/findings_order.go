package vm

import (
	"context"
	"errors"
	"time"
)

// Three more deadlocks round virtio-mem's worker: somebody holds a lock across virtio_mem_remove(), which waits for the worker; the worker
// waits for device_hotplug_lock; and whoever has that waits for the lock of the first. The worker is busy for as long as it adds memory, so
// the window is wide: no more is needed than to begin in this order.

// orderChain is the part that they share. Read in 6.1.192: drivers/virtio/virtio_mem.c, drivers/acpi/scan.c.
const orderChain = `virtio_mem_remove() waits in cancel_work_sync() for virtio_mem_run_wq(), which waits for device_hotplug_lock in
add_memory_driver_managed() (drivers/virtio/virtio_mem.c). acpi_device_hotplug() holds device_hotplug_lock (drivers/acpi/scan.c) and waits for
`

const virtioMemDriver = "/sys/bus/virtio/drivers/virtio_mem"

func orderFindings() []Finding {
	worker := []string{"virtio_mem_run_wq"}
	return []Finding{
		{Name: "pci-remove-acpi-event", Trials: 8, devices: ejectableSlot(virtioMemMB),
			Title: "the removal of a PCI device by sysfs holds pci_rescan_remove_lock, and waits for device_hotplug_lock; an ACPI event on another slot does it the other way round",
			Chain: orderChain + "pci_rescan_remove_lock in hotplug_event() (drivers/pci/hotplug/acpiphp_glue.c), which remove_store() holds (drivers/pci/pci-sysfs.c).\n",
			Tasks: [][]string{worker, {"remove_store", "virtio_mem_remove"}, {"acpi_device_hotplug", "acpiphp_hotplug_notify"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				return g.besideWorker(ctx, virtioMemMB, trial, "/sys/bus/pci/devices/0000:00:06.1/remove", "1", (*Guest).announceDevice)
			},
			control: func(ctx context.Context, g *Guest) error { return g.workAnd(ctx, virtioMemMB, (*Guest).announceDevice) }},
		{Name: "slot-power-dimm", Trials: 8, devices: ejectableSlot(longWorkMB),
			Title: "powering a slot off holds acpi_scan_lock without device_hotplug_lock, and waits for it; the hot-add of a DIMM takes them in the other order",
			Chain: orderChain + "acpi_scan_lock, which acpiphp_disable_slot() holds (drivers/pci/hotplug/acpiphp_glue.c), called by a write of 0 to slots/N/power.\n",
			Tasks: [][]string{worker, {"power_write_file", "virtio_mem_remove"}, {"acpi_device_hotplug"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				return g.besideWorker(ctx, longWorkMB, trial, "/sys/bus/pci/slots/6/power", "0", (*Guest).announceDIMM)
			},
			control: func(ctx context.Context, g *Guest) error { return g.workAnd(ctx, longWorkMB, (*Guest).announceDIMM) }},
		{Name: "unbind-eject", Trials: 8, devices: ejectableSlot(virtioMemMB),
			Title: "unbinding virtio-mem holds device_lock() of the device, and waits for device_hotplug_lock; the eject of its slot does it the other way round",
			Chain: orderChain + "device_lock() of the virtio device in device_release_driver() (drivers/base/dd.c), which unbind_store() holds (drivers/base/bus.c).\n",
			Tasks: [][]string{worker, {"unbind_store", "virtio_mem_remove"}, {"acpi_device_hotplug", "device_del"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				device, err := g.boundDevice(ctx, virtioMemDriver)
				if err != nil {
					return err
				}
				return g.besideWorker(ctx, virtioMemMB, trial, virtioMemDriver+"/unbind", device, (*Guest).eject)
			},
			// The eject alone is another finding, and unbinding alone must end.
			control: func(ctx context.Context, g *Guest) error {
				device, err := g.boundDevice(ctx, virtioMemDriver)
				if err == nil {
					err = g.writeAll(ctx, "unbinder", write(virtioMemDriver+"/unbind", device))
				}
				return err
			}},
	}
}

// longWorkMB keeps the worker busy for long: the firmware's methods look at every slot for a DIMM before the kernel hears of one.
const longWorkMB = 4096

// begin makes the worker busy. It adds 1 GiB at most as long as nothing of it is online (offline_threshold, drivers/virtio/virtio_mem.c).
func (g *Guest) begin(ctx context.Context, mb int) error {
	if mb > virtioMemMB {
		if err := g.writeAll(ctx, "setup", write(memoryDir+"/auto_online_blocks", "online_movable")); err != nil {
			return err
		}
	}
	return g.Resize(ctx, mb)
}

// besideWorker makes the worker busy, writes to a file that removes virtio-mem, and then makes ACPI do something. It waits for neither.
func (g *Guest) besideWorker(ctx context.Context, mb, trial int, path, word string, event func(*Guest, context.Context) error) error {
	if err := g.begin(ctx, mb); err != nil {
		return err
	}
	time.Sleep(time.Duration(5+5*trial) * time.Millisecond) // the worker must be busy,
	if _, err := g.Send("remover", write(path, word)); err != nil {
		return err
	}
	time.Sleep(time.Duration(5+5*trial) * time.Millisecond) // and the remover wait for it
	return event(g, ctx)
}

// workAnd does the same without the removal, and waits until the worker is done.
func (g *Guest) workAnd(ctx context.Context, mb int, event func(*Guest, context.Context) error) error {
	if err := g.begin(ctx, mb); err != nil {
		return err
	}
	return errors.Join(event(g, ctx), g.resizeAndWait(ctx, mb))
}

// announceDevice plugs a PCI device into an empty slot.
func (g *Guest) announceDevice(ctx context.Context) error {
	_, err := g.qmp.run(ctx, "device_add", map[string]any{"driver": "virtio-rng-pci", "id": "f1", "rng": "rng0", "addr": "0x9"})
	return err
}

// announceDIMM plugs a DIMM, and does not wait for the guest.
func (g *Guest) announceDIMM(ctx context.Context) error {
	if _, err := g.qmp.run(ctx, "object-add", map[string]any{"qom-type": "memory-backend-ram", "id": "mem-d", "size": BlockMB << 20}); err != nil {
		return err
	}
	_, err := g.qmp.run(ctx, "device_add", map[string]any{"driver": "pc-dimm", "id": "d", "memdev": "mem-d"})
	return err
}
