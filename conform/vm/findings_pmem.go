package vm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"memhp/conform/vm/agent"
)

// Three deadlocks round persistent memory that is used as ordinary memory: libnvdimm makes a dax device of it, and the driver dax/kmem adds and
// removes its blocks. Read in 6.1.192 and 6.12.0: drivers/nvdimm/{virtio_pmem,bus,region,dax_devs}.c, drivers/dax/{pmem,kmem,bus}.c.

const (
	nd           = "/sys/bus/nd/"
	virtioPmem   = "/sys/bus/virtio/drivers/virtio_pmem"
	pmemFunction = "/sys/bus/pci/devices/0000:00:06.1/"
	kmemDriver   = "/sys/bus/dax/drivers/kmem/"
	pmemMB       = 512
	toggledMB    = 512
	toggles      = 20
)

// pmemSlot has virtio-pmem in it. Its memory is a file, since the device writes to it (fsync) when the guest asks, and without one it says
// that it failed.
func pmemSlot() []string {
	return slotWith(fmt.Sprintf("memory-backend-memfd,id=pmem0,size=%dM", pmemMB), "virtio-pmem-pci,id=pm0,memdev=pmem0")
}

func pmemModules() []string { return []string{"virtio_pmem", "nd_pmem", "dax_pmem", "kmem"} }

func pmemFindings() []Finding {
	return []Finding{
		{Name: "pmem-eject-self", Trials: 2, devices: pmemSlot(), modules: pmemModules(),
			Title: "the eject of a PCI slot with persistent memory that dax/kmem uses calls remove_memory() under device_hotplug_lock, which takes it again",
			Chain: `acpi_device_hotplug() takes device_hotplug_lock (drivers/acpi/scan.c) and removes every function of the slot. virtio_pmem_remove() (drivers/nvdimm/virtio_pmem.c)
unregisters the bus with all that is on it; with the nd dax device goes its dax device: unregister_dev_dax() (drivers/dax/bus.c), dev_dax_kmem_remove()
(drivers/dax/kmem.c), and remove_memory() takes device_hotplug_lock. The blocks are offline; that they are there is enough.
`,
			Tasks: [][]string{{"acpi_device_hotplug", "virtio_pmem_remove", "dev_dax_kmem_remove", "remove_memory"}},
			trigger: func(ctx context.Context, g *Guest, _ int) error {
				if err := g.pmemToKmem(ctx); err != nil {
					return err
				}
				return g.eject(ctx)
			},
			// The same removal ends where nobody holds device_hotplug_lock.
			control: func(ctx context.Context, g *Guest) error {
				if err := g.pmemToKmem(ctx); err != nil {
					return err
				}
				return g.writeAll(ctx, "remover", write(pmemFunction+"remove", "1"))
			}},
		{Name: "pmem-eject-async", Trials: 8, devices: pmemSlot(), modules: pmemModules(),
			Title: "the eject of a PCI slot waits, under device_hotplug_lock, for the devices that libnvdimm is still adding; dax/kmem adds memory there, and waits for device_hotplug_lock",
			Chain: `acpi_device_hotplug() takes device_hotplug_lock (drivers/acpi/scan.c), and nd_bus_remove() waits in nd_synchronize() until all asynchronous additions are done
(drivers/nvdimm/bus.c). One of them adds the dax device, to which dax/kmem binds at once, since it was told its name before: add_memory_driver_managed()
waits for device_hotplug_lock.
`,
			Tasks: [][]string{{"acpi_device_hotplug", "virtio_pmem_remove", "nd_bus_remove"}, {"dev_dax_kmem_probe", "add_memory_driver_managed"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				bind, err := g.unbindPmem(ctx)
				if err == nil {
					err = g.keepGateBusy(ctx)
				}
				if err != nil {
					return err
				}
				time.Sleep(time.Duration(20+10*trial) * time.Millisecond) // the task that keeps it busy must be on its way
				if err := g.eject(ctx); err != nil {
					return err
				}
				_, err = g.Send("binder", bind)
				return err
			},
			control: func(ctx context.Context, g *Guest) error {
				bind, err := g.unbindPmem(ctx)
				if err == nil {
					err = g.keepGateBusy(ctx)
				}
				if err == nil {
					err = g.writeAll(ctx, "binder", bind)
				}
				return err
			}},
		{Name: "pmem-unbind-eject", Trials: 8, devices: pmemSlot(), modules: pmemModules(),
			Title: "unbinding dax/kmem holds device_lock() of the dax device, and waits for device_hotplug_lock; the eject of the slot does it the other way round",
			Chain: `unbind_store() holds device_lock() of the dax device (drivers/base/bus.c) when dev_dax_kmem_remove() calls remove_memory() (drivers/dax/kmem.c), which waits for
device_hotplug_lock. acpi_device_hotplug() holds that (drivers/acpi/scan.c), and device_del() in unregister_dev_dax() (drivers/dax/bus.c) waits for device_lock().
`,
			Tasks: [][]string{{"unbind_store", "dev_dax_kmem_remove", "remove_memory"}, {"acpi_device_hotplug", "virtio_pmem_remove", "unregister_dev_dax", "device_del"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				if err := errors.Join(g.pmemToKmem(ctx), g.keepGateBusy(ctx)); err != nil {
					return err
				}
				time.Sleep(time.Duration(20+10*trial) * time.Millisecond) // the task that keeps it busy must be on its way
				if err := g.eject(ctx); err != nil {
					return err
				}
				_, err := g.Send("unbinder", write(kmemDriver+"unbind", "dax0.0"))
				return err
			},
			// The eject alone is another finding, and unbinding alone must end.
			control: func(ctx context.Context, g *Guest) error {
				if err := errors.Join(g.pmemToKmem(ctx), g.keepGateBusy(ctx)); err != nil {
					return err
				}
				return g.writeAll(ctx, "unbinder", write(kmemDriver+"unbind", "dax0.0"))
			}},
	}
}

// pmemToKmem makes a dax device of the whole of virtio-pmem and has dax/kmem add it.
func (g *Guest) pmemToKmem(ctx context.Context) error {
	return g.writeAll(ctx, "setup",
		write(kmemDriver+"new_id", "dax0.0"),
		write(nd+"drivers/nd_pmem/unbind", "namespace0.0"),
		write(nd+"devices/dax0.0/mode", "ram"),
		write(nd+"devices/dax0.0/uuid", "6f7d3c8e-6f35-4c0e-9d5f-0b6f3a3a9a01"),
		write(nd+"devices/dax0.0/namespace", "namespace0.0"),
		write(nd+"drivers/dax_pmem/bind", "dax0.0"))
}

// unbindPmem unbinds virtio-pmem when dax/kmem has used it, and returns the write that binds it again: what libnvdimm wrote at its begin makes
// it a dax device at once.
func (g *Guest) unbindPmem(ctx context.Context) (bind agent.Op, err error) {
	if err := g.pmemToKmem(ctx); err != nil {
		return bind, err
	}
	device, err := g.boundDevice(ctx, virtioPmem)
	if err != nil {
		return bind, err
	}
	return write(virtioPmem+"/bind", device), g.writeAll(ctx, "setup", write(virtioPmem+"/unbind", device))
}

// keepGateBusy has a task online and offline the blocks of a new DIMM again and again: who wants device_hotplug_lock waits for a while then, and
// who else wants it meanwhile waits behind.
func (g *Guest) keepGateBusy(ctx context.Context) error {
	switch out, err := g.Plug(ctx, "d", toggledMB); {
	case err != nil:
		return err
	case out != Done:
		return fmt.Errorf("guest: plugging a DIMM: %s", out)
	}
	addr, err := g.address(ctx, "d")
	if err != nil {
		return err
	}
	var ops []agent.Op
	for _, state := range []string{"online_movable", "offline"} {
		for n := range uint64(toggledMB / BlockMB) {
			ops = append(ops, write(fmt.Sprintf("%s/memory%d/state", memoryDir, addr/(BlockMB<<20)+n), state))
		}
	}
	_, err = g.Send("toggler", slices.Repeat(ops, toggles)...)
	return err
}
