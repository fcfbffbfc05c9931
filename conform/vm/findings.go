package vm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"memhp/conform/vm/agent"
)

// Finding is a deadlock that the model says is reachable and that QEMU can drive.
type Finding struct {
	// Name is what memhp vm reproduce calls it.
	Name string
	// Title says what happens in one line, Chain function by function.
	Title string
	Chain string
	// Needs is the defect that the kernel must have, if it is one of the past: in a right kernel nothing can be shown.
	Needs string
	// Tasks are the tasks that must be stuck: for each, functions that must all be in the stack of one task in state D.
	Tasks [][]string
	// Trials is how often it is tried: more than once where it is a race.
	Trials int
	// devices are further devices of the guest, modules their drivers; parameters go onto the kernel's command line.
	devices    []string
	modules    []string
	parameters string
	// trigger does it; control does the same without what makes it a deadlock.
	trigger func(ctx context.Context, g *Guest, trial int) error
	control func(ctx context.Context, g *Guest) error
}

// ejectChain is the part that both forms share. Read in 6.1.192: drivers/acpi/osl.c, drivers/acpi/scan.c,
// drivers/pci/hotplug/acpiphp_glue.c, drivers/virtio/virtio_mem.c.
const ejectChain = `acpi_device_hotplug() takes device_hotplug_lock and acpi_scan_lock (drivers/acpi/scan.c), calls hp->notify():
acpiphp_hotplug_notify(), hotplug_event(), acpiphp_disable_and_eject_slot(), pci_stop_and_remove_bus_device() for every function of
the slot (drivers/pci/hotplug/acpiphp_glue.c), virtio_pci_remove(), virtio_mem_remove(), virtio_mem_deinit_hotplug()
(drivers/virtio/virtio_mem.c). Nothing drops device_hotplug_lock on the way, and remove() cannot refuse.
`

// Findings are those that can be reproduced.
func Findings() []Finding {
	return slices.Concat(ejectFindings(), orderFindings(), rescanFindings(), pciehpFindings(), pmemFindings(), daxFindings(), pastFindings())
}

func ejectFindings() []Finding {
	return []Finding{
		{Name: "virtio-mem-eject-worker", Trials: 8, devices: ejectableSlot(virtioMemMB),
			Title: "the eject of a PCI slot waits, under device_hotplug_lock, for virtio-mem's worker, which waits for device_hotplug_lock",
			Chain: ejectChain + "There cancel_work_sync() waits for virtio_mem_run_wq(), which calls add_memory_driver_managed(), and that takes device_hotplug_lock.\n",
			Tasks: [][]string{{"virtio_mem_run_wq"}, {"acpi_device_hotplug", "virtio_mem_remove"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				if err := g.Resize(ctx, virtioMemMB); err != nil {
					return err
				}
				time.Sleep(time.Duration(5+5*trial) * time.Millisecond) // the worker must be busy
				return g.eject(ctx)
			},
			control: func(ctx context.Context, g *Guest) error { return g.resizeAndWait(ctx, virtioMemMB) }},
		{Name: "virtio-mem-eject-self", Trials: 2, devices: ejectableSlot(virtioMemMB),
			Title: "the eject of a PCI slot calls remove_memory() under device_hotplug_lock, which takes it again",
			Chain: ejectChain + "There remove_memory() is called for a block that is offline and partly plugged, and takes device_hotplug_lock.\n",
			Tasks: [][]string{{"acpi_device_hotplug", "virtio_mem_remove", "remove_memory"}},
			trigger: func(ctx context.Context, g *Guest, _ int) error {
				if err := g.resizeAndWait(ctx, BlockMB/2); err != nil {
					return err
				}
				return g.eject(ctx)
			},
			control: func(ctx context.Context, g *Guest) error { return g.resizeAndWait(ctx, BlockMB/2) }},
	}
}

// FindFinding returns the finding with the given name.
func FindFinding(name string) (Finding, error) {
	var names []string
	for _, f := range Findings() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Finding{}, fmt.Errorf("unknown finding %q; those that can be reproduced are %s", name, strings.Join(names, ", "))
}

// ejectableSlot has virtio-mem in it.
func ejectableSlot(mb int) []string {
	return slotWith(fmt.Sprintf("memory-backend-ram,id=vmem0,size=%dM", mb), "virtio-mem-pci,id="+virtioMem+",memdev=vmem0,requested-size=0")
}

// slotWith puts a device and its memory into a slot together with a device that QEMU lets go: QEMU 7.2 refuses device_del of virtio-mem, but
// the guest ejects the whole slot.
func slotWith(memory, device string) []string {
	return []string{"-object", "rng-builtin,id=rng0", "-object", memory,
		"-device", "virtio-rng-pci,id=f0,rng=rng0,addr=0x6.0,multifunction=on", "-device", device + ",addr=0x6.1,multifunction=on"}
}

// eject asks the guest for the slot.
func (g *Guest) eject(ctx context.Context) error {
	_, err := g.qmp.run(ctx, "device_del", map[string]any{"id": "f0"})
	return err
}

// resizeAndWait resizes virtio-mem and waits until the guest has done it.
func (g *Guest) resizeAndWait(ctx context.Context, mb int) error {
	if err := g.Resize(ctx, mb); err != nil {
		return err
	}
	for end := time.Now().Add(hotplugTimeout); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		size, err := g.Size(ctx)
		if err != nil || size == mb {
			return err
		}
	}
	return fmt.Errorf("%w: virtio-mem did not reach %d MiB", ErrHang, mb)
}

// write is a store of an attribute.
func write(path, data string) agent.Op { return agent.Op{Do: agent.Write, Path: path, Data: data} }

// writeAll makes a task do stores, one after the other, all of which must succeed.
func (g *Guest) writeAll(ctx context.Context, task string, stores ...agent.Op) error {
	r, err := g.Do(ctx, helperTimeout, task, stores...)
	if err != nil {
		return err
	}
	for i := range r {
		if e := syscall.Errno(r[i].Errno); e != 0 {
			return fmt.Errorf("guest: write %q to %s: %w", stores[i].Data, stores[i].Path, e)
		}
	}
	return nil
}

// boundDevice returns the device that a driver drives, given the driver's directory.
func (g *Guest) boundDevice(ctx context.Context, driver string) (string, error) {
	r, err := g.Do(ctx, helperTimeout, "lister", agent.Op{Do: agent.List, Path: driver})
	if err != nil {
		return "", err
	}
	for _, name := range strings.Fields(r[0].Data) {
		if !slices.Contains([]string{"bind", "unbind", "uevent", "module"}, name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("guest: %s drives no device: %q", driver, r[0].Data)
}
