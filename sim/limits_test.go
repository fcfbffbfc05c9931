package sim

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

func parse(t *testing.T, name string) spec.Kernel {
	t.Helper()
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

// Where the search for circular waits takes too long, whatever it would have found counts as found, and more.
func TestGivingUpMarksWhatTheSearchFinds(t *testing.T) {
	found := 0
	for _, name := range []string{"v3.18", "v4.13", "v4.20", "v6.12"} {
		c, err := Config{Kernel: parse(t, name), Tasks: 3, Blocks: 2}.withDefaults()
		require.NoError(t, err)
		a, err := newAutomaton(c.Kernel, c.Actors, c.Tasks, c.Blocks, Reductions{NoFocus: true}, nil)
		require.NoError(t, err)
		full := a.findCycles(c.Tasks)
		f := a.newCycleFinder(c.Tasks)
		f.budget = 10
		require.False(t, f.search())
		f.giveUp()
		require.Subset(t, f.found.critical, full.critical, name)
		require.Subset(t, f.found.announced, full.announced, name)
		require.Less(t, len(f.found.critical), len(a.nodes), name)
		found += len(full.critical)
	}
	require.Positive(t, found)
}

// A search for circular waits that takes too long does not tell that none goes through two blocks.
func TestGivingUpKeepsAllBlocks(t *testing.T) {
	c, err := Config{Kernel: parse(t, "v6.12"), Tasks: 3, Blocks: 2}.withDefaults()
	require.NoError(t, err)
	a, err := newAutomaton(c.Kernel, c.Actors, c.Tasks, c.Blocks, Reductions{NoFocus: true}, nil)
	require.NoError(t, err)
	require.False(t, a.newCycleFinder(c.Tasks).across())
	f := a.newCycleFinder(c.Tasks)
	f.budget = 10
	require.True(t, f.across())
}

// A limit that stops the search for livelocks alone makes the result incomplete, too.
func TestLimitOfTheSearchForLivelocks(t *testing.T) {
	lock := func(name string) spec.Lock { return (&spec.LockClass{Name: name, Kind: spec.Mutex}).Of(spec.NoBlock) }
	a, b := lock("a"), lock("b")
	c := Config{Kernel: parse(t, "v6.12"), Tasks: 3, Blocks: 1, Actors: []spec.Actor{{Name: "retry", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		again := t.Mark()
		t.Lock(a)
		t.Lock(b)
		t.Unlock(b)
		t.Unlock(a)
		if t.Choose("more", 2) == 1 {
			t.Again(again)
		}
		return spec.OK
	}}}}
	r, err := Check(context.Background(), c)
	require.NoError(t, err)
	require.Equal(t, []string{spec.Progress.ID}, r.Broken())
	require.True(t, r.Complete)

	c.Limits.States = r.States
	r, err = Check(context.Background(), c)
	require.NoError(t, err)
	require.False(t, r.Complete)
	require.Contains(t, r.Limit, "the search for livelocks: more than")
}

// What a search that was stopped did not come to is not lost, and kills no mutant.
func TestLimitsKillNoMutants(t *testing.T) {
	c, err := Config{Kernel: parse(t, "v6.12"), Selection: "online_mems_reader", Tasks: 2, Blocks: 2}.withDefaults()
	require.NoError(t, err)
	m := &mutator{config: c}
	require.NoError(t, m.prepare(context.Background()))
	require.NotEmpty(t, m.happens)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	lost, limit, err := m.lost(ctx, c.Actors)
	require.NoError(t, err)
	require.Empty(t, lost)
	require.Equal(t, "interrupted", limit)
}

// Where too many kernels were played, it is not known that a scene always breaks something.
func TestOutOfPlaysNothingIsAlways(t *testing.T) {
	p := newPlay(&backporter{}, nil)
	require.False(t, p.always(context.Background(), changeSet{}, changeSet{}))
}
