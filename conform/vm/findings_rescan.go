package vm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"memhp/conform/vm/agent"
)

// Two deadlocks of PCI alone: a store waits for pci_rescan_remove_lock, and its attribute is removed under that lock. Some tasks that rescan
// again and again make sure that there is one who waits whenever the device is removed.

const (
	rescanners  = 3
	rescans     = 400
	pciFunction = "/sys/bus/pci/devices/0000:00:06.0/"
	pciBridge   = "/sys/bus/pci/devices/0000:00:08.0/"
	pciSlots    = "/sys/bus/pci/slots/"
)

// bridge is one with slots of its own, beside the devices of ejectableSlot.
func bridge() []string {
	return append(ejectableSlot(virtioMemMB), "-device", "pci-bridge,id=br0,chassis_nr=1,shpc=off,addr=0x8")
}

func rescanFindings() []Finding {
	return []Finding{
		{Name: "rescan-remove", Trials: 8, devices: ejectableSlot(virtioMemMB),
			Title: "a rescan of a PCI device waits for pci_rescan_remove_lock; the removal of the device holds it, and waits until nobody is in the attribute",
			Chain: `dev_rescan_store() waits for pci_rescan_remove_lock in a write to the device's attribute rescan (drivers/pci/pci-sysfs.c). remove_store() of the
same device takes the lock, and pci_stop_and_remove_bus_device() calls device_del(), which removes the attribute (drivers/pci/remove.c): kernfs_drain() waits
for its users (fs/kernfs/dir.c).
`,
			Tasks: [][]string{{"dev_rescan_store"}, {"remove_store", "device_del", "kernfs_drain"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				if err := g.rescan(rescanners, pciFunction+"rescan"); err != nil {
					return err
				}
				time.Sleep(time.Duration(20+10*trial) * time.Millisecond) // they must be busy
				_, err := g.Send("remover", write(pciFunction+"remove", "1"))
				return err
			},
			control: func(ctx context.Context, g *Guest) error {
				return g.writeAll(ctx, "remover", write(pciFunction+"rescan", "1"), write(pciFunction+"remove", "1"))
			}},
		{Name: "slot-power-bridge", Trials: 8, devices: bridge(),
			Title: "a write to a slot's power waits for pci_rescan_remove_lock; the removal of the bridge above holds it, and waits until nobody is in the attribute",
			Chain: `power_write_file() calls acpiphp_enable_slot(), which waits for pci_rescan_remove_lock (drivers/pci/hotplug/acpiphp_glue.c). remove_store() of the
bridge takes the lock (drivers/pci/pci-sysfs.c); with the bus goes the slot, pci_hp_del() removes its files (drivers/pci/hotplug/pci_hotplug_core.c), and
kernfs_drain() waits for their users (fs/kernfs/dir.c).
`,
			Tasks: [][]string{{"power_write_file", "acpiphp_enable_slot"}, {"remove_store", "acpiphp_remove_slots", "kernfs_drain"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				slot, err := g.slotBehindBridge(ctx)
				if err == nil {
					err = g.rescan(rescanners, pciFunction+"rescan")
				}
				if err == nil {
					_, err = g.Send("operator", slices.Repeat([]agent.Op{write(slot+"power", "1")}, rescans)...)
				}
				if err != nil {
					return err
				}
				time.Sleep(time.Duration(20+10*trial) * time.Millisecond) // they must be busy
				_, err = g.Send("remover", write(pciBridge+"remove", "1"))
				return err
			},
			control: func(ctx context.Context, g *Guest) error {
				slot, err := g.slotBehindBridge(ctx)
				if err == nil {
					err = g.writeAll(ctx, "remover", write(slot+"power", "1"), write(pciBridge+"remove", "1"))
				}
				return err
			}},
	}
}

// slotBehindBridge returns the directory of the first slot on a bus that is not the root bus.
func (g *Guest) slotBehindBridge(ctx context.Context) (string, error) {
	r, err := g.Do(ctx, helperTimeout, "lister", agent.Op{Do: agent.List, Path: pciSlots})
	if err != nil {
		return "", err
	}
	for _, name := range strings.Fields(r[0].Data) {
		address, err := g.Do(ctx, helperTimeout, "lister", agent.Op{Do: agent.Read, Path: pciSlots + name + "/address"})
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(address[0].Data, "0000:00:") {
			return pciSlots + name + "/", nil
		}
	}
	return "", fmt.Errorf("guest: no slot is behind a bridge: %q", r[0].Data)
}

// rescan starts tasks that write to an attribute again and again, and does not wait for them.
func (g *Guest) rescan(tasks int, attribute string) error {
	ops := slices.Repeat([]agent.Op{write(attribute, "1")}, rescans)
	for i := range tasks {
		if _, err := g.Send(fmt.Sprintf("rescanner%d", i), ops...); err != nil {
			return err
		}
	}
	return nil
}
