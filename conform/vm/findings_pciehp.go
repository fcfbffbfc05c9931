package vm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"memhp/conform/vm/agent"
)

// Three deadlocks of pciehp, the driver of PCI Express slots: its interrupt thread takes pci_rescan_remove_lock, and removes devices with it held.
// Read in 6.1.192 and 6.12.0: drivers/pci/hotplug/pciehp_{core,ctrl,hpc,pci}.c, drivers/pci/hotplug/pci_hotplug_core.c.

const (
	pciePort = "/sys/bus/pci/devices/0000:02:00.0/"
	pcieSlot = pciSlots + "1/"
	// pciRescan is not removed with a device.
	pciRescan = "/sys/bus/pci/rescan"
	// nativeSlots makes the kernel drive the slots of ports itself, though this machine's firmware does not offer it (pcie_port_setup(), drivers/pci/pcie/portdrv*.c).
	nativeSlots = "pcie_ports=native"
)

// slotOfSwitch is a slot behind a PCI Express switch; QEMU leaves its hotplug to the port, and ACPI has that of the slots of the root bus. In the slot of a root
// port it would be the same, except that pciehp shares the interrupt there with other services, and the removal may wait for its thread in one of those.
func slotOfSwitch(besides ...string) []string {
	return append([]string{"-global", "PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off", "-object", "rng-builtin,id=rng0",
		"-device", "pcie-root-port,id=root,chassis=1,slot=2,addr=0x8", "-device", "x3130-upstream,id=up,bus=root",
		"-device", "xio3130-downstream,id=down,bus=up,chassis=2,slot=1"}, besides...)
}

func pciehpFindings() []Finding {
	return []Finding{
		{Name: "pciehp-acpi-event", Trials: 12, parameters: nativeSlots,
			devices: slotOfSwitch("-object", fmt.Sprintf("memory-backend-ram,id=vmem0,size=%dM", longWorkMB),
				"-device", "virtio-mem-pci,id="+virtioMem+",memdev=vmem0,requested-size=0,bus=down"),
			Title: "the thread of a PCI Express slot holds pci_rescan_remove_lock, and waits for device_hotplug_lock; an ACPI event on another slot does it the other way round",
			Chain: orderChain + "pci_rescan_remove_lock in hotplug_event() (drivers/pci/hotplug/acpiphp_glue.c), which pciehp_unconfigure_device() holds (drivers/pci/hotplug/pciehp_pci.c).\n",
			Tasks: [][]string{{"virtio_mem_run_wq"}, {"pciehp_ist", "virtio_mem_remove"}, {"acpi_device_hotplug", "acpiphp_hotplug_notify"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				return g.besideWorker(ctx, longWorkMB, trial, pcieSlot+"power", "0", func(g *Guest, ctx context.Context) error {
					time.Sleep(time.Duration(trial%4*100) * time.Millisecond) // the thread may take long to come to the lock
					return g.announceDevice(ctx)
				})
			},
			control: func(ctx context.Context, g *Guest) error { return g.workAnd(ctx, longWorkMB, (*Guest).announceDevice) }},
		{Name: "pciehp-power-remove", Trials: 8, parameters: nativeSlots, devices: slotOfSwitch("-device", "virtio-rng-pci,id=f0,rng=rng0,bus=down"),
			Title: "a write to the power of a PCI Express slot waits for the slot's thread, which waits for pci_rescan_remove_lock; the removal of the port holds it, and waits until nobody is in the attribute",
			Chain: `power_write_file() calls pciehp_sysfs_disable_slot(), which waits for the interrupt thread (drivers/pci/hotplug/pciehp_ctrl.c); pciehp_ist() waits for
pci_rescan_remove_lock in pciehp_unconfigure_device() (drivers/pci/hotplug/pciehp_pci.c). remove_store() of the port takes the lock (drivers/pci/pci-sysfs.c);
pciehp_remove() calls pci_hp_del() (drivers/pci/hotplug/pciehp_core.c), and kernfs_drain() waits for the writer (fs/kernfs/dir.c).
`,
			Tasks: [][]string{{"power_write_file", "pciehp_sysfs_disable_slot"}, {"pciehp_ist"}, {"remove_store", "pciehp_remove", "kernfs_drain"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				if err := g.rescan((trial+1)*rescanners, pciRescan); err != nil { // so that the remover waits for the lock for a while, and the thread behind it
					return err
				}
				time.Sleep(50 * time.Millisecond) // they must be busy
				if _, err := g.Send("remover", write(pciePort+"remove", "1")); err != nil {
					return err
				}
				_, err := g.Send("operator", write(pcieSlot+"power", "0"))
				return err
			},
			control: func(ctx context.Context, g *Guest) error {
				return g.writeAll(ctx, "remover", write(pciRescan, "1"), write(pcieSlot+"power", "0"), write(pciePort+"remove", "1"))
			}},
		{Name: "pciehp-event-remove", Trials: 8, parameters: nativeSlots, devices: slotOfSwitch(),
			Title: "the thread of a PCI Express slot waits for pci_rescan_remove_lock; the removal of the port holds it, and waits for the end of the thread",
			Chain: `A device is plugged: pciehp_ist() waits for pci_rescan_remove_lock in pciehp_configure_device() (drivers/pci/hotplug/pciehp_pci.c). remove_store() of the port
takes the lock (drivers/pci/pci-sysfs.c); pciehp_remove() calls free_irq() in pcie_shutdown_notification() (drivers/pci/hotplug/pciehp_hpc.c), which waits until the thread ends.
`,
			Tasks: [][]string{{"pciehp_ist"}, {"remove_store", "pciehp_remove", "free_irq"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				if err := g.plugIntoPort(ctx); err != nil {
					return err
				}
				time.Sleep(time.Duration(10*trial) * time.Millisecond) // the thread waits for the link first, a tenth of a second
				_, err := g.Send("remover", write(pciePort+"remove", "1"))
				return err
			},
			control: func(ctx context.Context, g *Guest) error {
				if err := errors.Join(g.plugIntoPort(ctx), g.awaitFile(ctx, "/sys/bus/pci/devices/0000:03:00.0/driver")); err != nil {
					return err
				}
				return g.writeAll(ctx, "remover", write(pciePort+"remove", "1"))
			}},
	}
}

// plugIntoPort plugs a device into the port's slot.
func (g *Guest) plugIntoPort(ctx context.Context) error {
	_, err := g.qmp.run(ctx, "device_add", map[string]any{"driver": "virtio-rng-pci", "id": "f0", "rng": "rng0", "bus": "down"})
	return err
}

// awaitFile waits until a file of the guest is there.
func (g *Guest) awaitFile(ctx context.Context, path string) error {
	for end := time.Now().Add(hotplugTimeout); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		r, err := g.Do(ctx, helperTimeout, "lister", agent.Op{Do: agent.List, Path: path})
		if err != nil || r[0].Errno == 0 {
			return err
		}
	}
	return fmt.Errorf("%w: %s does not appear", ErrHang, path)
}
