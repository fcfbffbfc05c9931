package sim_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

func search(t *testing.T, c sim.SearchConfig) *sim.SearchResult {
	t.Helper()
	r, err := sim.Search(context.Background(), c)
	require.NoError(t, err)
	r.Seconds = 0
	return r
}

// Random walks find nothing that exhaustive search does not find, each with a token that replays; on a kernel that is right, nothing.
func TestSearchAgreesWithCheck(t *testing.T) {
	c := sim.Config{Kernel: mustKernel(t, "v4.13"), Tasks: 2, Blocks: 1}
	r := search(t, sim.SearchConfig{Config: c, Seed: 3, Runs: 400, Steps: 100})
	require.False(t, r.Complete)
	full := check(t, c)
	require.Greater(t, len(r.Violations), len(full.Violations)/2)
	for i, v := range r.Violations {
		found := false
		for _, w := range full.Violations {
			if w.Same(v) {
				found = true
				require.LessOrEqual(t, w.Steps, v.Steps, "exhaustive search finds the shortest")
			}
		}
		require.True(t, found, "%s in %s by %v", v.Invariant, v.Function, v.Actors)
		require.NotEmpty(t, v.Trace)
		require.Positive(t, r.Found[i].Times)
		again, err := sim.Replay(v.Token, nil)
		require.NoError(t, err)
		require.True(t, again.Violations[0].Same(v))
	}
	require.Empty(t, search(t, sim.SearchConfig{Config: sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 3, Blocks: 2}, Runs: 200, Steps: 200}).Violations)
}

// A walk depends on the seed and its number alone: in whatever parts the walks are made, they find the same.
func TestSearchInParts(t *testing.T) {
	c := sim.SearchConfig{Config: sim.Config{Kernel: mustKernel(t, "v4.13"), Tasks: 2, Blocks: 1}, Seed: 5, Runs: 100, Steps: 100}
	whole := search(t, c)
	require.Equal(t, 100, whole.Runs)
	part := func(k int) *sim.SearchResult {
		c.Mine = func(run int) bool { return run%3 == k }
		return search(t, c)
	}
	merged := part(1)
	require.NoError(t, merged.Merge(part(0)))
	require.NoError(t, merged.Merge(part(2)))
	require.Equal(t, whole, merged)
	c.Mine, c.Seed = nil, 6
	other := search(t, c)
	require.NotEqual(t, whole.Transitions, other.Transitions)
	require.Error(t, merged.Merge(other))
}

// Interrupted, a search tells what it found so far.
func TestSearchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := sim.SearchConfig{Config: sim.Config{Kernel: mustKernel(t, "v4.13"), Tasks: 2, Blocks: 1}, Runs: 1_000_000, Steps: 100}
	c.Progress = func(p sim.Progress) {
		if p.Violations > 0 {
			cancel()
		}
	}
	r, err := sim.Search(ctx, c)
	require.NoError(t, err)
	require.Len(t, r.Violations, 1)
	require.Contains(t, r.Limit, "interrupted")
	_, err = sim.Search(context.Background(), sim.SearchConfig{Config: sim.Config{Kernel: mustKernel(t, "v4.13")}})
	require.ErrorContains(t, err, "expected at least one step")
}

// The parts of a search for backports find together what the whole search finds, though a part may find a set that contains one of another.
func TestMergeBackports(t *testing.T) {
	a, b, c := &spec.Change{ID: "a"}, &spec.Change{ID: "b"}, &spec.Change{ID: "c"}
	set := func(changes ...*spec.Change) sim.BackportSet { return sim.BackportSet{Changes: changes} }
	whole, err := sim.MergeBackports([]*sim.Backport{
		{Kernel: "v1", Complete: true, Sets: []sim.BackportSet{set(a, b), set(a, c)}},
		{Kernel: "v1", Complete: true, Sets: []sim.BackportSet{set(c)}},
	})
	require.NoError(t, err)
	require.Equal(t, []sim.BackportSet{set(c), set(a, b)}, whole.Sets)
	require.True(t, whole.Complete)

	whole, err = sim.MergeBackports([]*sim.Backport{{Kernel: "v1", Complete: true}, {Kernel: "v1", Limit: "out of time"}})
	require.NoError(t, err)
	require.False(t, whole.Complete)
	require.Equal(t, "out of time", whole.Limit)

	for _, other := range []*sim.Backport{{Kernel: "v2"}, {Kernel: "v1", Broken: []string{"no-bug"}}, {Kernel: "v1", Pivots: []*spec.Change{a}}} {
		_, err = sim.MergeBackports([]*sim.Backport{{Kernel: "v1"}, other})
		require.ErrorContains(t, err, "another search")
	}
}
