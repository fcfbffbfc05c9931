package sim_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

func cover(t testing.TB, c sim.Config) *sim.Coverage {
	t.Helper()
	cov, err := sim.Cover(context.Background(), c)
	require.NoError(t, err)
	require.Empty(t, cov.Limit)
	return cov
}

// Each function of the spec that a kernel has is called, each errno of its contract returned, each lock contended and each veto taken,
// on every release; the exceptions are listed with their reasons, and each of them is one. A release that agrees with another on all
// changes that the procedures asked that one about is the same to them.
func TestEverythingHappensSometimes(t *testing.T) {
	if testing.Short() {
		t.Skip("all releases")
	}
	var told []func(spec.Kernel) bool
	excused, excuses := map[spec.Sometimes]bool{}, map[spec.Sometimes]bool{}
	for _, r := range spec.Releases() {
		k := spec.NewKernel(r, nil, nil)
		if slices.ContainsFunc(told, func(same func(spec.Kernel) bool) bool { return same(k) }) {
			continue
		}
		cov := cover(t, sim.Config{Kernel: k, Tasks: 2, Blocks: 1})
		told = append(told, agreeing(t, k, cov.Asked))
		happens := map[string]bool{}
		for _, h := range cov.Sometimes {
			happens[h.What] = h.Happens
		}
		for _, s := range spec.SometimesProperties(k) {
			if s.Never(k) != "" {
				excuses[s] = true
			}
			if !happens[s.String()] {
				require.NotEmpty(t, s.Never(k), "%s: never: %s", k, s)
				excused[s] = true
			}
		}
	}
	require.Greater(t, len(told), 10)
	for s := range excuses {
		assert.True(t, excused[s], "%s: the exception is stale, it always happens", s)
	}
}

// agreeing returns what tells whether a kernel agrees with k on some changes.
func agreeing(t *testing.T, k spec.Kernel, changes []string) func(spec.Kernel) bool {
	t.Helper()
	has := map[*spec.Change]bool{}
	for _, id := range changes {
		i := slices.IndexFunc(spec.Changes(), func(c *spec.Change) bool { return c.ID == id })
		has[spec.Changes()[i]] = k.Has(spec.Changes()[i])
	}
	return func(o spec.Kernel) bool {
		for c, want := range has {
			if o.Has(c) != want {
				return false
			}
		}
		return true
	}
}

// What a check does not come to is told: operations, answers, and the changes that make no difference to it.
func TestCoverageTellsWhatIsVacuous(t *testing.T) {
	x := flag("x", 0)
	cov := cover(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 2, Blocks: 1, Actors: []spec.Actor{
		one("careful", func(t spec.Task) {
			if t.Read(x) == 1 {
				t.Bug("unreachable")
			}
		}),
		one("writer", func(t spec.Task) { t.Write(x, 0) }),
	}})
	require.Equal(t, []sim.Place{{Actor: "careful", Function: "careful", Op: "BUG", Object: "unreachable"}}, cov.Unreached)
	require.Equal(t, []sim.Place{{Actor: "careful", Function: "careful", Op: "read", Object: "x", Answer: "1"}}, cov.Untaken)
	require.Contains(t, cov.Unasked, "d15e59260f62")
	require.Empty(t, cov.Sometimes, "nothing of the spec has to do with it")

	core := cover(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 2, Blocks: 1})
	require.NotContains(t, core.Unasked, "d15e59260f62")
	require.Less(t, core.Reached, core.Nodes)
	require.Contains(t, core.Unreached, sim.Place{Actor: "acpi_eject", Function: "__remove_memory", Op: "BUG", Object: "__remove_memory(): try_remove_memory() failed"})
}

// A failing round trip, which exploration leaves out, is covered like any other answer.
func TestCoverageSeesRoundTrips(t *testing.T) {
	core := cover(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 2, Blocks: 1})
	for _, p := range core.Untaken {
		require.NotEqual(t, "trylock", p.Op, "%v", p)
	}
}
