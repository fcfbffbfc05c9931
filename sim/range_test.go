package sim_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// ranged returns an actor whose procedure works on the first two blocks.
func ranged(name string, run func(t spec.Task)) spec.Actor {
	a := one(name, run)
	a.Blocks = 2
	return a
}

// Focus explores what tasks do to block 0. It must not be used with a procedure that works on several blocks: what is wrong here is so only
// because somebody works on block 1 too.
func TestRangesNeedAllBlocks(t *testing.T) {
	users := perBlock("user", func(t spec.Task, b spec.Block) { t.Read(spec.BlockState.Of(b)) })
	for name, c := range map[string]struct {
		rule   *spec.Invariant
		actors []spec.Actor
	}{
		"a deadlock over the second block": {spec.NoDeadlock, []spec.Actor{
			ranged("up", func(t spec.Task) { lockBoth(t, 0, 1) }),
			ranged("down", func(t spec.Task) { lockBoth(t, 1, 0) }), users}},
		"the second block changes meanwhile": {spec.NoBug, []spec.Actor{
			ranged("twice", func(t spec.Task) {
				t.Read(spec.BlockState.Of(0))
				before := t.Read(spec.BlockState.Of(1))
				if t.Read(spec.BlockState.Of(1)) != before {
					t.Bug("changed")
				}
			}),
			perBlock("change", func(t spec.Task, b spec.Block) { t.Write(spec.BlockState.Of(b), spec.MemOnline) })}},
	} {
		config := sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: c.actors, Tasks: 2, Blocks: 2}
		focused := check(t, config)
		require.Contains(t, focused.Broken(), c.rule.ID, name)
		config.Reductions.NoFocus = true
		require.Equal(t, check(t, config).States, focused.States, "%s: focus changes nothing", name)
		config.Reductions = sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}
		require.Equal(t, distinct(check(t, config)), distinct(focused), name)
		config.Blocks = 1
		_, err := sim.Check(context.Background(), config)
		require.ErrorContains(t, err, "works on 2 blocks, and the machine has 1", name)
	}
}

func lockBoth(t spec.Task, first, second spec.Block) {
	t.Lock(own.Of(first))
	t.Lock(own.Of(second))
	t.Unlock(own.Of(second))
	t.Unlock(own.Of(first))
}

// The ranges of kernels are found to break what plain exploration of both blocks finds, and nothing where they are right: a DIMM is ejected, or brought back,
// as a whole, and so is what offline_and_remove_memory() gets, whatever stores do to one of the blocks in between.
func TestRangesOfKernels(t *testing.T) {
	for _, c := range []struct {
		kernel, actors string
		broken         []string
	}{
		{"v4.19", "dimm_add,dimm_eject,online_store", []string{spec.PagesUnderMemHotplug.ID, spec.NoOnlineOfRemoved.ID}},
		{"v5.2", "add_two,online_store", []string{spec.NoOnlineOfRemoved.ID}}, // the first block stays where the second cannot be registered
		{"v5.2+db051a0dac13", "add_two,online_store", nil},
		{"v5.7", "kmem_remove_two,online_store", []string{spec.LocksBalanced.ID}},
		{"v7.1", "dimm_add,dimm_eject,online_store", nil},
		{"v7.1", "offline_and_remove_two,online_store,add_two", nil},
		{"v7.1", "kmem_remove_two,online_store", nil},
	} {
		config := sim.Config{Kernel: mustKernel(t, c.kernel), Selection: c.actors, Tasks: 2, Blocks: 2}
		r := check(t, config)
		require.ElementsMatch(t, c.broken, r.Broken(), "%s %s", c.kernel, c.actors)
		config.Reductions = sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}
		require.Equal(t, distinct(check(t, config)), distinct(r), "%s %s", c.kernel, c.actors)
	}
}

// Who cannot offline all of a range brings back what was offlined: the way there is part of the automata, and some run goes it.
func TestRangesRollBack(t *testing.T) {
	for _, actor := range []string{"dimm_eject", "offline_and_remove_two"} {
		c := sim.Config{Kernel: mustKernel(t, "v7.1"), Selection: actor, Tasks: 1, Blocks: 2}
		inOnlinePages := func(n sim.Node) bool { return slices.Contains(n.Stack, spec.OnlinePages) }
		m, err := sim.NewModel(c)
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(m.Nodes, inOnlinePages), actor)
		cover, err := sim.Cover(context.Background(), c)
		require.NoError(t, err)
		for _, p := range cover.Unreached {
			require.NotEqual(t, spec.OnlinePages.Name, p.Function, actor)
		}
	}
}
