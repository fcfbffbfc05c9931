package vm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"memhp/conform/lockdep"
	"memhp/conform/vm/agent"
	"memhp/spec"
)

// askLockdep compares what the kernel's lock validator has seen with the specification, and keeps it. A kernel without one has nothing to say.
//
// Its edges must be in the order of the specification, whatever was run. Those that the specification derives must be there only if the entry point
// did its work: a write to `online` of a block that is online takes no lock. So each is run once more, one after the other.
func (r *Result) askLockdep(ctx context.Context, g *Guest, k spec.Kernel) error {
	if present, err := g.read(ctx, "/proc/lockdep_stats"); err != nil || present == "" {
		return err
	}
	ran, err := g.exercise(ctx, k)
	if err != nil {
		return err
	}
	var text [3]string
	for i, file := range []string{"/proc/lockdep_stats", "/proc/lockdep", "/proc/lockdep_chains"} {
		if text[i], err = g.read(ctx, file); err != nil {
			return err
		}
	}
	r.LockdepClasses, r.LockdepChains = text[1], text[2]
	if switchedOff(text[0]) {
		r.Notes, ran = append(r.Notes, "lockdep switched itself off after a report: what it has not seen is not judged"), nil
	}
	classes, err := lockdep.ReadClasses(strings.NewReader(r.LockdepClasses))
	if err != nil {
		return fmt.Errorf("/proc/lockdep: %w", err)
	}
	chains, err := lockdep.ReadChains(strings.NewReader(r.LockdepChains))
	if err != nil {
		return fmt.Errorf("/proc/lockdep_chains: %w", err)
	}
	report, err := lockdep.Check(k, classes, chains, ran)
	r.Lockdep = &report
	return err
}

// switchedOff tells whether lockdep sees nothing any more: lockdep_stats_show(), kernel/locking/lockdep_proc.c.
func switchedOff(stats string) bool {
	for _, line := range strings.Split(stats, "\n") {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "debug_locks:" {
			return f[1] == "0"
		}
	}
	return false
}

// read returns a file of the guest, "" if there is none.
func (g *Guest) read(ctx context.Context, path string) (string, error) {
	r, err := g.Do(ctx, helperTimeout, "witness", agent.Op{Do: agent.Read, Path: path})
	if err != nil {
		return "", err
	}
	if e := syscall.Errno(r[0].Errno); e != 0 && e != syscall.ENOENT {
		return "", fmt.Errorf("read %s: %w", path, e)
	}
	return r[0].Data, nil
}

// exercise runs entry points one after the other, and returns those that have done their work, as spec.SelectActors names them. What the
// tasks of a workload left may stand in the way of some.
func (g *Guest) exercise(ctx context.Context, k spec.Kernel) ([]string, error) {
	var ran []string
	if _, err := g.write(ctx, memoryDir+"/auto_online_blocks", "offline"); err != nil {
		return nil, err
	}
	if k.Has(spec.VirtioMem) {
		grown, err := g.grow(ctx)
		if err != nil {
			return nil, err
		}
		if grown {
			ran = append(ran, "virtio_mem_worker")
		}
	}
	const id = "witness"
	out, err := g.Plug(ctx, id, BlockMB)
	if err != nil || out != Done {
		return ran, err
	}
	addr, err := g.address(ctx, id)
	if err != nil {
		return nil, err
	}
	block := fmt.Sprintf("%s/memory%d", memoryDir, addr/(BlockMB<<20))
	ran = append(ran, "acpi_add")
	for _, w := range []struct{ file, word, state, entry string }{
		{"online", "1", "online", "online_store"}, {"state", "offline", "offline", "state_store"}, {"state", "online_movable", "online", ""},
	} {
		changed, err := g.switchBlock(ctx, block, w.file, w.word, w.state)
		if err != nil || !changed {
			return ran, err
		}
		if w.entry != "" {
			ran = append(ran, w.entry)
		}
	}
	out, err = g.Unplug(ctx, id)
	if err == nil && out == Done {
		ran = append(ran, "acpi_eject")
	}
	return ran, err
}

// write makes a write as the witness, which may be refused.
func (g *Guest) write(ctx context.Context, path, word string) (agent.Result, error) {
	r, _, err := g.DoPatiently(ctx, "witness", agent.Op{Do: agent.Write, Path: path, Data: word})
	return r, err
}

// switchBlock writes a word to a file of a block, and tells whether that brought it into another state, the given one.
func (g *Guest) switchBlock(ctx context.Context, block, file, word, state string) (bool, error) {
	before, err := g.read(ctx, block+"/state")
	if err != nil {
		return false, err
	}
	if _, err := g.write(ctx, block+"/"+file, word); err != nil {
		return false, err
	}
	after, err := g.read(ctx, block+"/state")
	return strings.TrimSpace(after) == state && after != before, err
}

// address returns the physical address of a memory device.
func (g *Guest) address(ctx context.Context, id string) (uint64, error) {
	property := "addr"
	if id == virtioMem {
		property = "memaddr"
	}
	b, err := g.qmp.run(ctx, "qom-get", map[string]any{"path": "/machine/peripheral/" + id, "property": property})
	if err != nil {
		return 0, err
	}
	var addr uint64
	if err := json.Unmarshal(b, &addr); err != nil {
		return 0, fmt.Errorf("address of %s: %w", id, err)
	}
	return addr, nil
}

// grow makes virtio-mem larger, and tells whether its worker has added a block by that.
func (g *Guest) grow(ctx context.Context) (bool, error) {
	before, err := g.Blocks(ctx)
	if err != nil {
		return false, err
	}
	size, err := g.Size(ctx)
	if err != nil || size+2*BlockMB > virtioMemMB {
		return false, err
	}
	if err := g.Resize(ctx, size+2*BlockMB); err != nil {
		return false, err
	}
	for end := time.Now().Add(settleTimeout); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		now, err := g.Blocks(ctx)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(now, func(b string) bool { return !slices.Contains(before, b) }) {
			return true, nil
		}
	}
	return false, ctx.Err()
}
