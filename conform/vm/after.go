package vm

import (
	"context"
	"fmt"
	"strings"
	"syscall"

	"memhp/conform/lockdep"
	"memhp/conform/vm/agent"
	"memhp/spec"
)

// disagreeing returns the blocks whose `state` and `online` do not agree. Nothing may run: it is what block-device-agree says of a
// block that nobody works on.
func (g *Guest) disagreeing(ctx context.Context) ([]string, error) {
	blocks, err := g.Blocks(ctx)
	if err != nil {
		return nil, err
	}
	var ops []agent.Op
	for _, b := range blocks {
		for _, file := range []string{"state", "online"} {
			ops = append(ops, agent.Op{Do: agent.Read, Path: memoryDir + "/" + b + "/" + file})
		}
	}
	r, err := g.Do(ctx, helperTimeout, "lister", ops...)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, b := range blocks {
		state, online := r[2*i], r[2*i+1]
		if state.Errno != 0 || online.Errno != 0 {
			continue // virtio-mem still works, and has removed it
		}
		if !agree(state.Data, online.Data) {
			out = append(out, fmt.Sprintf("%s: state is %s and online is %s", b, strings.TrimSpace(state.Data), strings.TrimSpace(online.Data)))
		}
	}
	return out, nil
}

func agree(state, online string) bool {
	return (strings.TrimSpace(state) == "online") == (strings.TrimSpace(online) == "1")
}

// entriesOf returns the entry points of the specification that have succeeded, by what a workload counted.
func entriesOf(counts map[string]int) []string {
	var out []string
	for _, e := range []struct{ entry, prefix, suffix string }{
		{"state_store", "state <- o", ": ok"}, {"online_store", "online <- 1", ": ok"},
		{"acpi_add", "plug DIMM", ": " + string(Done)}, {"acpi_eject", "unplug DIMM", ": " + string(Done)},
		{"auto_online_store", "auto_online_blocks", ": ok"},
	} {
		for what := range counts {
			if strings.HasPrefix(what, e.prefix) && strings.HasSuffix(what, e.suffix) {
				out = append(out, e.entry)
				break
			}
		}
	}
	return out
}

// askLockdep compares what the kernel's lock validator has seen with the specification, and keeps it. A kernel without one has nothing to say.
func (r *Result) askLockdep(ctx context.Context, g *Guest, k spec.Kernel) error {
	files, err := g.Do(ctx, helperTimeout, "lister", agent.Op{Do: agent.Read, Path: "/proc/lockdep"}, agent.Op{Do: agent.Read, Path: "/proc/lockdep_chains"})
	switch {
	case err != nil:
		return err
	case files[0].Errno != 0 || files[1].Errno != 0:
		if e := syscall.Errno(files[0].Errno); e != syscall.ENOENT && e != 0 {
			return fmt.Errorf("read /proc/lockdep: %w", e)
		}
		return nil
	}
	r.LockdepClasses, r.LockdepChains = files[0].Data, files[1].Data
	classes, err := lockdep.ReadClasses(strings.NewReader(r.LockdepClasses))
	if err != nil {
		return fmt.Errorf("/proc/lockdep: %w", err)
	}
	chains, err := lockdep.ReadChains(strings.NewReader(r.LockdepChains))
	if err != nil {
		return fmt.Errorf("/proc/lockdep_chains: %w", err)
	}
	report, err := lockdep.Check(k, classes, chains, entriesOf(r.Counts))
	r.Lockdep = &report
	return err
}
