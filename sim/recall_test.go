package sim_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// findStep returns the first step of a trace that does op on object.
func findStep(t *testing.T, trace []sim.Step, op, object string) sim.Step {
	t.Helper()
	i := slices.IndexFunc(trace, func(s sim.Step) bool { return s.Op == op && s.Object == object })
	require.GreaterOrEqual(t, i, 0, "%s %s in %v", op, object, trace)
	return trace[i]
}

// The automaton does not tell apart what a procedure returns, nor the values of a variable on which nothing depends; a
// counterexample does.
func TestCounterexamplesRecallWhatIsMerged(t *testing.T) {
	hint := (&spec.VarClass{Name: "hint", Values: []string{"none", "low", "high"}}).Of(spec.NoBlock)
	failed := (&spec.VarClass{Name: "failed", Values: []string{"no", "yes"}}).Of(spec.NoBlock)
	giver := spec.Actor{Name: "giver", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		level := t.Choose("level", 3)
		t.Write(hint, level)
		if level == 2 {
			t.Write(failed, 1)
			return spec.ENOMEM
		}
		return spec.OK
	}}
	reader := one("reader", func(t spec.Task) {
		t.Read(hint)
		t.Assert(failed, 0, spec.NoBug)
	})
	r := checkActors(t, 1, giver, reader)
	require.Len(t, r.Violations, 1)
	trace := r.Violations[0].Trace
	require.Equal(t, "high", findStep(t, trace, "write", "hint").Value)
	require.Equal(t, "-ENOMEM", findStep(t, trace, "return", "").Value)
	require.Equal(t, "high", findStep(t, trace, "read", "hint").Value)
	require.True(t, trace[len(trace)-1].Breaks)
	for _, s := range trace {
		require.Equal(t, s.Op == "assert", s.Breaks, "%v", s)
	}
}

// A sliced variable starts with the value that the block starts with.
func TestCounterexamplesKnowWhereTheyStart(t *testing.T) {
	peek := spec.Actor{Name: "peek", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t.Read(spec.OnlineType.Of(b))
		t.Assert(spec.BlockState.Of(b), spec.MemOffline, spec.NoBug)
		return spec.OK
	}}
	r := checkActors(t, 1, peek)
	require.Len(t, r.Violations, 1)
	require.Equal(t, "memory0 online", r.Violations[0].Initial)
	require.Equal(t, "unset", findStep(t, r.Violations[0].Trace, "read", "mem->online_type(memory0)").Value)
}

// A broken contract is shown where the function is called, as a line of its caller.
func TestBrokenContractIsShownAtTheCall(t *testing.T) {
	found := find(story(t, "v4.19"), spec.DeviceHotplugHeld, "add_memory")
	i := slices.IndexFunc(found, func(v sim.Violation) bool { return v.Function == "device_online" })
	require.GreaterOrEqual(t, i, 0)
	last := found[i].Trace[len(found[i].Trace)-1]
	require.True(t, last.Breaks)
	require.Equal(t, "call", last.Op)
	require.Equal(t, "device_online()", last.Object)
	require.Equal(t, "add_memory_resource", last.Function)
	require.Equal(t, "add_memory_resource", last.Stack[len(last.Stack)-1])
	require.Equal(t, "device_online() requires device_hotplug_lock, which its caller does not hold", found[i].Why)
}
