package sim_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

const rightKernel = "v4.20+d2ab99403ee0+eca499ab3749"

func mutate(t *testing.T, c sim.Config, mine func(int) bool) *sim.MutationReport {
	t.Helper()
	r, err := sim.Mutate(context.Background(), c, mine, 2, nil)
	require.NoError(t, err)
	require.Equal(t, r.Mutants, len(r.Killed)+len(r.Equivalent)+len(r.Tolerated)+len(r.Survived)+len(r.Undecided))
	return r
}

func described(ms []sim.Mutant) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.String())
	}
	return out
}

// A lock that protects something is missed, one that protects nothing is not, and a read that makes no difference is none.
func TestMutantsOfASmallMachine(t *testing.T) {
	a, useless := mutex("a"), mutex("useless")
	x := flag("x", 0)
	r := mutate(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{
		one("toggle", func(t spec.Task) {
			t.Lock(a)
			t.Write(x, 1)
			t.Write(x, 0)
			t.Unlock(a)
		}),
		one("look", func(t spec.Task) {
			t.Lock(a)
			if t.Read(x) == 1 {
				t.Bug("seen")
			}
			t.Unlock(a)
			t.Read(x)
		}),
		one("useless", func(t spec.Task) { t.Lock(useless); t.Unlock(useless) }),
	}}, func(int) bool { return true })
	require.Equal(t, []string{
		"drop-lock: lock of a in toggle()", "drop-write: write of x in toggle(), number 2", "drop-unlock: unlock of a in toggle()",
		"drop-lock: lock of a in look()", "drop-check: read of x in look(), as if it were 1", "drop-unlock: unlock of a in look()",
		"drop-unlock: unlock of useless in useless()",
	}, described(r.Killed))
	require.Equal(t, []string{"drop-check: read of x in look(), number 2, as if it were 0", "drop-check: read of x in look(), number 2, as if it were 1"}, described(r.Equivalent))
	require.Equal(t, []string{"drop-write: write of x in toggle()", "drop-check: read of x in look(), as if it were 0", "drop-lock: lock of useless in useless()"}, described(r.Survived))
	require.Equal(t, []string{spec.NoBug.ID}, r.Killed[0].Breaks)
}

// Of a right kernel every mutant is killed, equivalent, or tolerated for a reason. This looks at some of them; memhp mutate looks at all.
func TestMutantsOfAKernel(t *testing.T) {
	if testing.Short() {
		t.Skip("explores a dozen mutants")
	}
	r := mutate(t, sim.Config{Kernel: mustKernel(t, "v6.12")}, func(i int) bool { return i%12 == 0 })
	require.Empty(t, described(r.Survived))
	require.Empty(t, described(r.Undecided))
	require.Greater(t, len(r.Killed), r.Mutants/2)
}

// Each tolerance is about a mutation that some right kernel has.
func TestTolerancesAreOfSomething(t *testing.T) {
	var all []sim.Mutation
	for _, name := range []string{rightKernel, "v6.12"} {
		ms, err := sim.Mutations(sim.Config{Kernel: mustKernel(t, name), Tasks: 2, Blocks: 1})
		require.NoError(t, err)
		all = append(all, ms...)
	}
	for _, tol := range spec.Tolerances() {
		require.True(t, slices.ContainsFunc(all, func(m sim.Mutation) bool {
			return m.Kind == tol.Kind && m.Function == tol.Function && m.Object == tol.Object
		}), "%+v", tol)
		require.NotEmpty(t, tol.Reason)
	}
}
