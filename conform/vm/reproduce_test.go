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
