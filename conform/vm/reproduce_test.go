package vm

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/conform/vm/agent"
)

func stack(pid int, comm, text string) agent.Stack {
	return agent.Stack{PID: pid, Comm: comm, State: "D", Text: text}
}

// TestStuck: a deadlock needs the finding's tasks, the same, at the same place, twice.
func TestStuck(t *testing.T) {
	f, err := FindFinding("virtio-mem-eject-worker")
	require.NoError(t, err)
	worker := stack(7, "kworker/0:0", "[<0>] add_memory_driver_managed+0x51/0xc0\n[<0>] virtio_mem_run_wq+0x147b/0x1510 [virtio_mem]\n")
	eject := stack(9, "kworker/u4:0", "[<0>] __flush_work+0x61/0x90\n[<0>] virtio_mem_remove+0xa3/0x2c0\n[<0>] acpi_device_hotplug+0xd8/0x3e0\n")
	elsewhere := stack(9, "kworker/u4:0", "[<0>] msleep+0x1/0x2\n[<0>] acpi_device_hotplug+0xd8/0x3e0\n")
	for _, tt := range []struct {
		name          string
		before, after []agent.Stack
		want          bool
	}{
		{"both, twice", []agent.Stack{worker, eject}, []agent.Stack{eject, worker}, true},
		{"one of them", []agent.Stack{eject}, []agent.Stack{eject}, false},
		{"one moved", []agent.Stack{worker, elsewhere}, []agent.Stack{worker, eject}, false},
		{"another task at the same place", []agent.Stack{worker, eject}, []agent.Stack{worker, stack(8, "kworker/u4:0", eject.Text)}, false},
		{"a function whose name only begins so", []agent.Stack{worker, eject},
			[]agent.Stack{worker, stack(9, "kworker/u4:0", "[<0>] virtio_mem_remove+0x1/0x2\n[<0>] acpi_device_hotplug_other+0x1/0x2")}, false},
		{"its functions in two stacks", []agent.Stack{worker, eject}, []agent.Stack{worker, stack(9, "kworker/u4:0", "[<0>] virtio_mem_remove+0x1/0x2"),
			stack(10, "x", "[<0>] acpi_device_hotplug+0x1/0x2")}, false},
	} {
		require.Equal(t, tt.want, f.matches(unchanged(tt.before, tt.after)), tt.name)
	}
	_, err = FindFinding("none")
	require.ErrorContains(t, err, `unknown finding "none"; those that can be reproduced are virtio-mem-eject-worker, virtio-mem-eject-self, `)
}

// TestFindingsAreComplete: a finding that any guest matches shows nothing.
func TestFindingsAreComplete(t *testing.T) {
	for _, f := range Findings() {
		require.NotEmpty(t, f.Title)
		require.NotEmpty(t, f.Chain)
		require.NotEmpty(t, f.Tasks)
		require.Positive(t, f.Trials)
		require.False(t, f.matches(nil))
	}
}

// TestPastDeadlock: what the stuck tasks looked like in a 6.1 kernel whose add_memory_driver_managed() does not take device_hotplug_lock.
func TestPastDeadlock(t *testing.T) {
	f, err := FindFinding("online-while-added")
	require.NoError(t, err)
	require.NotEmpty(t, f.Needs)
	waits := stack(36, "onliner0", "[<0>] msleep+0x18/0x1e\n[<0>] lock_device_hotplug_sysfs+0x23/0x36\n[<0>] state_store+0x23/0x79\n")
	onlines := stack(41, "onliner1", "[<0>] percpu_rwsem_wait+0xd8/0xda\n[<0>] memory_subsys_online+0x7f/0x120\n[<0>] device_online+0x37/0x6a\n[<0>] state_store+0x44/0x79\n")
	adds := stack(11, "kworker/0:1+events_freezable", "[<0>] __device_attach+0x1f/0xe7\n[<0>] bus_probe_device+0x2a/0x94\n[<0>] device_add+0x522/0x6ba\n"+
		"[<0>] add_memory_block+0xeb/0x176\n[<0>] create_memory_block_devices+0x80/0xbc\n[<0>] add_memory_resource+0x13b/0x1e5\n")
	require.True(t, f.matches([]agent.Stack{waits, onlines, adds}))
	require.False(t, f.matches([]agent.Stack{waits, adds}), "nobody holds device_lock()")
	require.False(t, f.matches([]agent.Stack{waits, onlines}), "nobody holds mem_hotplug_lock")
}

// readStuck reads what tasks looked like on kernels that a finding was seen on: "# release", and for each task "comm (pid)" and its stack.
func readStuck(t *testing.T, name string) map[string][]agent.Stack {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "stuck", name+".txt"))
	require.NoError(t, err)
	seen := map[string][]agent.Stack{}
	release := ""
	for _, part := range strings.Split(strings.TrimSpace(string(b)), "\n\n") {
		if r, ok := strings.CutPrefix(part, "# "); ok {
			release = r
			continue
		}
		head, text, ok := strings.Cut(part, "\n")
		require.True(t, ok, part)
		comm, pid, ok := strings.Cut(strings.TrimSuffix(head, ")"), " (")
		require.True(t, ok, head)
		n, err := strconv.Atoi(pid)
		require.NoError(t, err)
		seen[release] = append(seen[release], stack(n, comm, text))
	}
	return seen
}

// TestStuckTasksThatWereSeen: a finding is what was seen on real kernels, needs each of its tasks, and is not taken for another.
func TestStuckTasksThatWereSeen(t *testing.T) {
	for _, f := range Findings() {
		if f.Needs != "" {
			continue // TestPastDeadlock
		}
		t.Run(f.Name, func(t *testing.T) {
			for release, stacks := range readStuck(t, f.Name) {
				for _, other := range Findings() {
					require.Equal(t, other.Name == f.Name, other.matches(stacks), "%s: %s", release, other.Name)
				}
				for _, functions := range f.Tasks {
					without := slices.DeleteFunc(slices.Clone(stacks), func(s agent.Stack) bool { return isIn(s.Text, functions) })
					require.False(t, f.matches(without), "%s: without %v", release, functions)
				}
			}
		})
	}
}

// TestFindingsAreDocumented: docs/findings.md says which finding is which.
func TestFindingsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/findings.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(b), "## What was seen, and what not")
	require.True(t, ok)
	var documented, all []string
	for _, row := range strings.Split(table, "\n") {
		if strings.HasPrefix(row, "| F") {
			names := strings.Split(row, "`")
			for i := 1; i < len(names); i += 2 {
				documented = append(documented, names[i])
			}
		}
	}
	for _, f := range Findings() {
		if f.Needs == "" {
			all = append(all, f.Name)
		}
	}
	require.ElementsMatch(t, all, documented)
}
