package vm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"memhp/conform/vm/agent"
)

// The deadlock of 30467e0b3be8, which every kernel before v4.1 has: add_memory() held mem_hotplug_lock while it registered the block devices, and
// who onlined one of them held its device_lock() and waited for mem_hotplug_lock. Since 381eab4a6ee8 the two nest in both orders again, and
// device_hotplug_lock, which both sides must hold since 8df1d0e4a265, is all that keeps them apart. A kernel in which one of them does not
// take it has the deadlock back; docs/kernels.md tells how to build one.

func pastFindings() []Finding {
	return []Finding{
		{Name: "online-while-added", Trials: 6, devices: VirtioMemDevice(),
			Title: "onlining a new block holds its device_lock() and waits for mem_hotplug_lock; adding it holds that and waits for device_lock()",
			Needs: "state_store() or add_memory_driver_managed() does not take device_hotplug_lock",
			Chain: `state_store() calls device_online(), which holds device_lock() of the block (drivers/base/core.c), and memory_block_online() waits for
mem_hotplug_lock (drivers/base/memory.c). add_memory_resource() holds that (mm/memory_hotplug.c) over create_memory_block_devices(), device_add(),
and there bus_probe_device() waits for device_lock(), when the files of the block have appeared already (drivers/base/core.c).
`,
			Tasks: [][]string{{"state_store", "device_online", "memory_subsys_online"}, {"add_memory_resource", "create_memory_block_devices", "bus_probe_device"}},
			trigger: func(ctx context.Context, g *Guest, trial int) error {
				ops, err := g.onlineAll(ctx, agent.WriteSoon)
				if err != nil {
					return err
				}
				if err := g.lingerIn(ctx, "bus_probe_device", (trial+1)*lingering); err != nil {
					return err
				}
				for cpu := range guestCPUs { // one is where virtio-mem's worker is not
					pin := agent.Op{Do: agent.Pin, Data: fmt.Sprint(cpu)}
					if _, err := g.Send(fmt.Sprintf("onliner%d", cpu), append([]agent.Op{pin}, ops...)...); err != nil {
						return err
					}
				}
				return g.Resize(ctx, virtioMemMB)
			},
			control: func(ctx context.Context, g *Guest) error { return g.addThenOnline(ctx) }},
	}
}

// lingering is how many probes make a function slow to begin in the first trial: some tens of milliseconds with software emulation, many ticks.
const lingering = 600

// lingerIn makes the way into a function longer, by probes that record a stack each. The kernel and what it does are the same as without.
func (g *Guest) lingerIn(ctx context.Context, function string, probeCount int) error {
	const tracing = "/sys/kernel/tracing/"
	var probes strings.Builder
	ops := make([]agent.Op, 1, probeCount+2)
	for i := range probeCount {
		fmt.Fprintf(&probes, "p:linger/p%d %s\n", i, function)
		ops = append(ops, agent.Op{Do: agent.Write, Path: fmt.Sprintf(tracing+"events/linger/p%d/trigger", i), Data: "stacktrace"})
	}
	ops[0] = agent.Op{Do: agent.Write, Path: tracing + "kprobe_events", Data: probes.String()}
	ops = append(ops, agent.Op{Do: agent.Write, Path: tracing + "events/linger/enable", Data: "1"})
	r, err := g.Do(ctx, helperTimeout, "setup", ops...)
	if err != nil {
		return err
	}
	if e := syscall.Errno(r[0].Errno); e != 0 {
		return fmt.Errorf("probes on %s: %w: the kernel needs KPROBE_EVENTS", function, e)
	}
	return nil
}

// onlineAll are the operations that online every block that virtio-mem can have, one after the other.
func (g *Guest) onlineAll(ctx context.Context, how string) ([]agent.Op, error) {
	addr, err := g.address(ctx, virtioMem)
	if err != nil {
		return nil, err
	}
	var ops []agent.Op
	for n := range uint64(virtioMemMB / BlockMB) {
		ops = append(ops, agent.Op{Do: how, Path: fmt.Sprintf("%s/memory%d/state", memoryDir, addr/(BlockMB<<20)+n), Data: "online_movable"})
	}
	return ops, nil
}

// addThenOnline does both, but one after the other.
func (g *Guest) addThenOnline(ctx context.Context) error {
	ops, err := g.onlineAll(ctx, agent.Write)
	if err != nil {
		return err
	}
	if err := errors.Join(g.lingerIn(ctx, "bus_probe_device", lingering), g.resizeAndWait(ctx, virtioMemMB)); err != nil {
		return err
	}
	return g.writeAll(ctx, "onliner", ops...)
}
