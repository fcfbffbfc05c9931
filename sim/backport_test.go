package sim_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

var (
	lockA = (&spec.LockClass{Name: "a", Kind: spec.Mutex}).Of(spec.NoBlock)
	lockB = (&spec.LockClass{Name: "b", Kind: spec.Mutex}).Of(spec.NoBlock)

	turnFirst  = &spec.Change{ID: "turn-first"}
	turnSecond = &spec.Change{ID: "turn-second"}
	leave      = &spec.Change{ID: "leave"} // the first no longer takes b, and forgets a
	mend       = &spec.Change{ID: "mend", Needs: []*spec.Change{leave}}
	noise      = &spec.Change{ID: "noise"}
)

// inOrder takes both locks.
func inOrder(t spec.Task, x, y spec.Lock) {
	t.Lock(x)
	t.Lock(y)
	t.Unlock(y)
	t.Unlock(x)
}

// twoTasks are an inversion of two locks, which either can turn, and which the first can also avoid, with a mistake. Both
// turns together are an inversion again.
func twoTasks(spec.Kernel) ([]spec.Actor, error) {
	return []spec.Actor{
		{Name: "first", Run: func(t spec.Task, _ spec.Block) spec.Errno {
			k := t.Kernel()
			k.Has(noise)
			switch {
			case k.Has(leave):
				t.Lock(lockA)
				if k.Has(mend) {
					t.Unlock(lockA)
				}
			case k.Has(turnFirst):
				inOrder(t, lockB, lockA)
			default:
				inOrder(t, lockA, lockB)
			}
			return spec.OK
		}},
		{Name: "second", Run: func(t spec.Task, _ spec.Block) spec.Errno {
			if t.Kernel().Has(turnSecond) {
				inOrder(t, lockA, lockB)
			} else {
				inOrder(t, lockB, lockA)
			}
			return spec.OK
		}},
	}, nil
}

func idSets(b *sim.Backport) [][]string {
	var out [][]string
	for _, s := range b.Sets {
		ids := []string{}
		for _, c := range s.Changes {
			ids = append(ids, c.ID)
		}
		out = append(out, ids)
	}
	return out
}

// A change that repairs may break something, alone or together with another: being right is not monotone.
func TestBackportNotMonotone(t *testing.T) {
	b, err := sim.FindBackports(t.Context(), sim.BackportConfig{Kernel: mustKernel(t, "v4.19"),
		Candidates: []*spec.Change{turnFirst, turnSecond, leave, mend, noise}, Actors: twoTasks})
	require.NoError(t, err)
	require.True(t, b.Complete)
	require.ElementsMatch(t, [][]string{{"turn-first"}, {"turn-second"}, {"leave", "mend"}}, idSets(b))
	require.Equal(t, []string{spec.LockOrder.ID, spec.NoDeadlock.ID}, b.Broken)
	i := slices.IndexFunc(b.Sets, func(s sim.BackportSet) bool { return len(s.Changes) == 2 })
	mendOut := b.Sets[i].Without[1]
	require.Equal(t, mend, mendOut.Change)
	require.Equal(t, []string{spec.LocksBalanced.ID}, mendOut.Broken, "leave alone forgets a lock")
	require.Equal(t, []*spec.Change{mend}, b.Sets[i].Without[0].Also, "mend needs leave")
}

// With both turns nothing is left that repairs: the answer is that there is none.
func TestBackportWithoutAnswer(t *testing.T) {
	b, err := sim.FindBackports(t.Context(), sim.BackportConfig{Kernel: mustKernel(t, "v4.19").With(turnFirst, turnSecond),
		Candidates: []*spec.Change{noise, turnFirst}, Actors: twoTasks})
	require.NoError(t, err)
	require.True(t, b.Complete)
	require.Empty(t, b.Sets)
}

// Limits and interruptions never make an answer complete.
func TestBackportLimits(t *testing.T) {
	c := sim.BackportConfig{Kernel: mustKernel(t, "v5.7"), Sizes: sim.SizesUpTo(2, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b, err := sim.FindBackports(ctx, c)
	require.NoError(t, err)
	require.False(t, b.Complete)
	require.Equal(t, "interrupted", b.Limit)

	c.Limits.States = 500
	c.Candidates = []*spec.Change{spec.RemoveUnpairedDone, spec.LockInBlockOnline}
	b, err = sim.FindBackports(t.Context(), c)
	require.NoError(t, err)
	require.False(t, b.Complete)
	require.Empty(t, b.Sets, "what was not seen to the end is no answer")
}

// What the kernels of the story need, and that each part of it is needed.
func TestBackportOfTheStory(t *testing.T) {
	memtraceLocks, memtraceGone := spec.MemtraceOfflineLock.ID, spec.MemtraceContig.ID
	base := []string{spec.RemoveTakesDeviceHotplug.ID, spec.LockInOnlinePages.ID, spec.RemoveReturnsBusy.ID}
	for kernel, want := range map[string][][]string{
		"v4.14": {
			append([]string{spec.AddTakesDeviceHotplug.ID, spec.ProbeStoreUnlock.ID, memtraceLocks}, base...),
			append([]string{spec.AddTakesDeviceHotplug.ID, spec.ProbeStoreUnlock.ID, memtraceGone}, base...)},
		"v4.14+8df1d0e4a265+d2ab99403ee0": {append([]string{memtraceLocks}, base...), append([]string{memtraceGone}, base...)},
		"v4.19": {
			append([]string{spec.AddTakesDeviceHotplug.ID, spec.ProbeStoreUnlock.ID, memtraceLocks, spec.MemtraceOnlineLock.ID}, base...),
			append([]string{spec.AddTakesDeviceHotplug.ID, spec.ProbeStoreUnlock.ID, memtraceGone}, base...)},
		"v5.7": {{spec.RemoveUnpairedDone.ID}},
		"v6.1": {{}},
	} {
		b, err := sim.FindBackports(t.Context(), sim.BackportConfig{Kernel: mustKernel(t, kernel), Sizes: sim.SizesUpTo(2, 1)})
		require.NoError(t, err)
		require.True(t, b.Complete, kernel)
		got := idSets(b)
		require.Len(t, got, len(want), kernel)
		for i := range want {
			require.True(t, slices.ContainsFunc(got, func(s []string) bool { return sameElements(s, want[i]) }), "%s: %v in %v", kernel, want[i], got)
		}
		for _, s := range b.Sets {
			require.True(t, s.Check.Holds())
			for _, w := range s.Without {
				require.NotEmpty(t, w.Broken, "%s: %s may be left out", kernel, w.Change)
			}
		}
	}
}

// A change may remove the only actor: what does not exist breaks nothing.
func TestBackportThatRemovesTheActor(t *testing.T) {
	b, err := sim.FindBackports(t.Context(), sim.BackportConfig{Kernel: mustKernel(t, "v4.14"), Selection: "memtrace", Sizes: sim.SizesUpTo(2, 1),
		Candidates: []*spec.Change{spec.MemtraceContig, spec.MemtraceOfflineLock}})
	require.NoError(t, err)
	require.True(t, b.Complete)
	require.Equal(t, [][]string{{spec.MemtraceContig.ID}}, idSets(b))
	require.Empty(t, b.Sets[0].Check.Actors)
	require.NotEmpty(t, b.Broken, "with the actor something fails")
}

// Sizes with fewer blocks than an actor works on are left out; the last one has to do.
func TestBackportOfActorsOfSeveralBlocks(t *testing.T) {
	c := sim.BackportConfig{Kernel: mustKernel(t, "v6.1"), Selection: "dimm_add", Candidates: []*spec.Change{spec.LockInBlockOnline}, Sizes: sim.SizesUpTo(2, 2)}
	b, err := sim.FindBackports(t.Context(), c)
	require.NoError(t, err)
	require.True(t, b.Complete)
	require.Equal(t, [][]string{{}}, idSets(b))
	require.Equal(t, 1, b.Checks)

	c.Sizes = sim.SizesUpTo(2, 1)
	_, err = sim.FindBackports(t.Context(), c)
	require.ErrorContains(t, err, "dimm_add works on 2 blocks")
}

func sameElements(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// In however many parts the search is made, they find together what it finds in one, though the sets are no chain and being right is not monotone.
func TestBackportInParts(t *testing.T) {
	config := sim.BackportConfig{Kernel: mustKernel(t, "v4.19"), Candidates: []*spec.Change{turnFirst, turnSecond, leave, mend, noise}, Actors: twoTasks}
	whole, err := sim.FindBackports(t.Context(), config)
	require.NoError(t, err)
	for n := 1; n <= 6; n++ {
		var parts []*sim.Backport
		found := 0
		for k := range n {
			config.Part, config.Parts = k, n
			b, err := sim.FindBackports(t.Context(), config)
			require.NoError(t, err)
			parts = append(parts, b)
			if len(b.Sets) > 0 {
				found++
			}
		}
		merged, err := sim.MergeBackports(parts)
		require.NoError(t, err)
		require.Equal(t, idSets(whole), idSets(merged), "%d parts", n)
		require.True(t, merged.Complete)
		if n > 1 {
			require.NotEmpty(t, parts[0].Pivots)
			require.Greater(t, found, 1, "the work is divided")
		}
	}
	config.Part, config.Parts = 3, 3
	_, err = sim.FindBackports(t.Context(), config)
	require.ErrorContains(t, err, "there is no part 3 of 3")
}
