package report

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
)

func splatOf(t *testing.T, v sim.Violation) string {
	return text(t, func(w io.Writer) error { return Splat(w, "v6.12", v) })
}

// The paths of a lock-order cycle may be about other blocks: then the lock that stands in the way is one of the same class.
func TestCircularSplatOfOtherBlocks(t *testing.T) {
	got := splatOf(t, sim.Violation{Invariant: "lock-order", Trace: []sim.Step{
		{Task: 1, Actor: "a", Op: "lock", Object: "device_lock(memory0)", Function: "device_online", Held: []string{"device_lock(memory0)"}},
		{Task: 1, Actor: "a", Op: "lock", Object: "mem_hotplug_lock", Function: "mem_hotplug_begin", Held: []string{"device_lock(memory0)"}, Breaks: true},
		{Task: 2, Actor: "b", Op: "lock", Object: "mem_hotplug_lock", Function: "mem_hotplug_begin", Held: []string{"mem_hotplug_lock"}},
		{Task: 2, Actor: "b", Op: "lock", Object: "device_lock(memory1)", Function: "bus_probe_device", Held: []string{"mem_hotplug_lock"}, Breaks: true},
	}})
	require.Contains(t, got, "a/T1 is trying to acquire lock:\n  mem_hotplug_lock, at: mem_hotplug_begin()\n\nbut task is already holding lock:\n  device_lock(memory0), at: device_online()\n")
	require.Contains(t, got, `
       CPU0                            CPU1
       ----                            ----
  lock(device_lock(memory0));
                                  lock(mem_hotplug_lock);
  lock(mem_hotplug_lock);
                                  lock(device_lock(memory1));
`)
}

// A cycle through a condition is told from the task that holds a lock: nobody holds a condition.
func TestCircularSplatOfACondition(t *testing.T) {
	got := splatOf(t, sim.Violation{Invariant: "no-deadlock", Trace: []sim.Step{
		{Task: 2, Actor: "waiter", Op: "lock", Object: "my_mutex", Function: "f", Held: []string{"my_mutex"}},
		{Task: 1, Actor: "worker", Op: "lock", Object: "my_mutex", Function: "g", Held: []string{}, Blocked: true},
		{Task: 2, Actor: "waiter", Op: "wait", Object: "worker", Value: "stopped", Function: "f", Held: []string{"my_mutex"}, Blocked: true},
	}})
	require.Contains(t, got, "waiter/T2 is trying to wait for a condition:\n  worker, at: f()\n\nbut task is already holding lock:\n  my_mutex, at: f()\n")
	require.Contains(t, got, "wait_event(worker == stopped);")
}
