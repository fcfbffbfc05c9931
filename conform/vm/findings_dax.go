package vm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"memhp/conform/vm/agent"
)

// Two deadlocks of the attributes of dax devices. They need a region that can be divided, as that of soft-reserved memory is. Read in 6.1.192 and
// 6.12.0: drivers/dax/bus.c, drivers/dax/hmem/hmem.c.

const (
	// softReserved makes memory above that of the guest soft reserved, as firmware does with memory for special purposes. Nobody touches it.
	softReserved = "memmap=256M%0x40000000+0xefffffff"
	hmemDriver   = "/sys/bus/platform/drivers/hmem"
	daxSize      = "268435456"
	daxDevice    = "/sys/bus/dax/devices/dax0.0/"
	daxReaders   = 3
	daxReads     = 3000
	daxResizes   = 100
)

// daxChain is the part that both forms share.
const daxChain = `A store to the attribute size of a dax device, and a read of the attributes of its mappings, wait for dax_region_rwsem, or before v6.9 for device_lock() of the
region's device (drivers/dax/bus.c), with an active reference to the attribute held (fs/kernfs/file.c).
`

func daxFindings() []Finding {
	return []Finding{
		{Name: "dax-size-start", Trials: 8, modules: []string{"dax_hmem"}, parameters: softReserved,
			Title: "a read of a dax mapping's start waits for a lock; setting the size of the device to 0 holds it, and waits until nobody is in the attribute",
			Chain: daxChain + "size_store() deletes the mapping with the lock held: dev_dax_shrink(), unregister_dax_mapping(), and kernfs_drain() waits for the reader (fs/kernfs/dir.c).\n",
			Tasks: [][]string{{"size_store", "kernfs_drain"}, {"start_show"}},
			trigger: func(ctx context.Context, g *Guest, _ int) error {
				for i := range daxReaders {
					if _, err := g.Send(fmt.Sprintf("reader%d", i), slices.Repeat([]agent.Op{{Do: agent.Read, Path: daxDevice + "mapping0/start"}}, daxReads)...); err != nil {
						return err
					}
				}
				_, err := g.Send("resizer", slices.Repeat(daxResize(), daxResizes)...)
				return err
			},
			control: func(ctx context.Context, g *Guest) error {
				if _, err := g.Do(ctx, helperTimeout, "reader0", agent.Op{Do: agent.Read, Path: daxDevice + "mapping0/start"}); err != nil {
					return err
				}
				return g.writeAll(ctx, "resizer", daxResize()...)
			}},
		{Name: "dax-size-unbind", Trials: 8, modules: []string{"dax_hmem"}, parameters: softReserved,
			Title: "a store to the size of a dax device waits for a lock; unbinding the region's driver holds it, and waits until nobody is in the attribute",
			Chain: daxChain + "unbind_store() holds device_lock() of the region's device (drivers/base/bus.c), unregister_dev_dax() also dax_region_rwsem; device_del() waits for the writer.\n",
			Tasks: [][]string{{"size_store"}, {"unbind_store", "unregister_dev_dax", "kernfs_drain"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				region, err := g.boundDevice(ctx, hmemDriver)
				if err != nil {
					return err
				}
				for i := range daxReaders {
					if _, err := g.Send(fmt.Sprintf("resizer%d", i), slices.Repeat(daxResize(), daxReads)...); err != nil {
						return err
					}
				}
				time.Sleep(time.Duration(20+10*trial) * time.Millisecond) // they must be busy
				_, err = g.Send("unbinder", write(hmemDriver+"/unbind", region))
				return err
			},
			control: func(ctx context.Context, g *Guest) error {
				region, err := g.boundDevice(ctx, hmemDriver)
				if err != nil {
					return err
				}
				return g.writeAll(ctx, "unbinder", append(daxResize(), write(hmemDriver+"/unbind", region))...)
			}},
	}
}

// daxResize takes all memory from the dax device, and gives it back.
func daxResize() []agent.Op {
	return []agent.Op{write(daxDevice+"size", "0"), write(daxDevice+"size", daxSize)}
}
