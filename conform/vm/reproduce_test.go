package vm

import (
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
