package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

var own = &spec.LockClass{Name: "own", Kind: spec.Mutex, Scope: spec.PerBlock}

// perBlock returns an actor whose procedure works on one block, and holds a mutex of that block all the while: so two tasks
// are never at it on one block, and may be on two.
func perBlock(name string, run func(t spec.Task, b spec.Block)) spec.Actor {
	return spec.Actor{Name: name, PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t.Lock(own.Of(b))
		run(t, b)
		t.Unlock(own.Of(b))
		return spec.OK
	}}
}

// alone makes an actor a work item, of which one at a time is run.
func alone(a spec.Actor) spec.Actor {
	a.Single = queue
	return a
}

var queue = &spec.LockClass{Name: "queue", Kind: spec.WorkItem}

// What is wrong only between tasks on two blocks is found: block 0 is not taken to stand for both.
func TestTwoBlocksAreNeeded(t *testing.T) {
	a, b := mutex("a"), mutex("b")
	sem := (&spec.LockClass{Name: "sem", Kind: spec.Rwsem}).Of(spec.NoBlock)
	shared := (&spec.VarClass{Name: "shared", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	pages := (&spec.VarClass{Name: "pages", Values: []string{"-"}}).Of(spec.NoBlock)
	node := (&spec.LockClass{Name: "node", Kind: spec.KernfsActive}).Of(spec.NoBlock)
	attr := &spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}
	for name, c := range map[string]struct {
		rule   *spec.Invariant
		tasks  int
		actors []spec.Actor
	}{
		"circular wait": {spec.NoDeadlock, 2, []spec.Actor{
			perBlock("ab", func(t spec.Task, _ spec.Block) { t.Lock(a); t.Lock(b); t.Unlock(b); t.Unlock(a) }),
			perBlock("ba", func(t spec.Task, _ spec.Block) { t.Lock(b); t.Lock(a); t.Unlock(a); t.Unlock(b) })}},
		"pending writer": {spec.NoDeadlock, 3, []spec.Actor{
			one("reader", func(t spec.Task) { t.RLock(sem); t.Lock(a); t.Unlock(a); t.RUnlock(sem) }),
			perBlock("inverse", func(t spec.Task, _ spec.Block) { t.Lock(a); t.RLock(sem); t.RUnlock(sem); t.Unlock(a) }),
			perBlock("writer", func(t spec.Task, _ spec.Block) { t.Lock(sem); t.Unlock(sem) })}},
		"variable": {spec.NoBug, 2, []spec.Actor{perBlock("user", func(t spec.Task, _ spec.Block) {
			if t.Read(shared) == 1 {
				t.Bug("in use")
			}
			t.Write(shared, 1)
			t.Write(shared, 0)
		})}},
		"object that goes": {spec.NoBug, 2, []spec.Actor{perBlock("user", func(t spec.Task, _ spec.Block) {
			if !t.TryRLock(node) {
				t.Bug("gone")
			}
			t.RUnlock(node)
			t.Deactivate(node)
			t.Activate(node)
		})}},
		"pin": {spec.ReadersSeeStable, 2, []spec.Actor{
			perBlock("user", func(t spec.Task, _ spec.Block) { t.Write(pages, 0); t.Pin(pages); t.Unpin(pages) })}},
		"trylock": {spec.NoBug, 2, []spec.Actor{perBlock("user", func(t spec.Task, _ spec.Block) {
			if !t.TryLock(a) {
				t.Bug("taken")
			}
			t.Unlock(a)
		})}},
		"value of a new object": {spec.NoBug, 2, []spec.Actor{perBlock("user", func(t spec.Task, block spec.Block) {
			if t.Read(shared) == 1 {
				t.Bug("in use")
			}
			t.Activate(attr.Of(block), spec.Assign{Var: shared, Value: 1})
			t.Activate(attr.Of(block), spec.Assign{Var: shared, Value: 0})
		})}},
	} {
		requireTwoBlocks(t, name, c.rule, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: c.actors, Tasks: c.tasks})
	}
}

// requireTwoBlocks demands that tasks on two blocks break a rule, and tasks on one do not.
func requireTwoBlocks(t *testing.T, name string, rule *spec.Invariant, config sim.Config) {
	t.Helper()
	config.Blocks = 2
	require.Contains(t, check(t, config).Broken(), rule.ID, name)
	config.Blocks = 1
	require.NotContains(t, check(t, config).Broken(), rule.ID, "%s: one block", name)
}

// So is what a procedure does that looks at another block than its own.
func TestProcedureOfTwoBlocks(t *testing.T) {
	look := perBlock("look", func(t spec.Task, b spec.Block) {
		if t.Read(spec.Presence.Of(1-b)) == spec.Present {
			t.Bug("present")
		}
	})
	c := sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{look}, Tasks: 1, Blocks: 2}
	require.Contains(t, check(t, c).Broken(), spec.NoBug.ID)
}

// TestTwoBlocksAreNeededForATrylock: nobody else can stand for who holds the lock that is tried.
func TestTwoBlocksAreNeededForATrylock(t *testing.T) {
	a, b := mutex("a"), mutex("b")
	zero := &spec.VarClass{Name: "own", Values: []string{"0", "1"}, Scope: spec.PerBlock}
	for name, actors := range map[string][]spec.Actor{
		"trylock, and who has it lets it go, which another that has it does not": {
			perBlock("user", func(t spec.Task, _ spec.Block) {
				if !t.TryLock(a) {
					t.Lock(a)
					t.Bug("taken")
				}
				t.Unlock(a)
			}),
			perBlock("holder", func(t spec.Task, _ spec.Block) { t.Lock(a); t.Unlock(a) }),
			{Name: "keeper", PerBlock: true, Run: func(t spec.Task, block spec.Block) spec.Errno {
				t.Lock(a)
				t.Lock(b)
				t.Unlock(b)
				again := t.Mark()
				if t.Read(zero.Of(block)) == 0 {
					t.Again(again)
				}
				t.Unlock(a)
				return spec.OK
			}}},
		"trylock in work that who would hold the lock waits for": {
			alone(perBlock("user", func(t spec.Task, _ spec.Block) {
				if !t.TryLock(a) {
					t.Bug("taken")
				}
				t.Unlock(a)
			})),
			perBlock("holder", func(t spec.Task, _ spec.Block) { t.Lock(a); t.Unlock(a) }),
			alone(spec.Actor{Name: "keeper", PerBlock: true, Run: func(t spec.Task, block spec.Block) spec.Errno {
				t.Lock(a)
				if t.Read(zero.Of(block)) == 1 {
					t.Write(zero.Of(block), 0)
				}
				t.Unlock(a)
				return spec.OK
			}})},
	} {
		requireTwoBlocks(t, name, spec.NoBug, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: actors, Tasks: 2})
	}
}

// A trylock that fails because of a task on another block is found with block 0 in all states, and the other one in the single
// state in which that task does nothing but hold the lock.
func TestSomebodyElseHoldsTheLock(t *testing.T) {
	m := mutex("m")
	try := perBlock("try", func(t spec.Task, b spec.Block) {
		t.Read(spec.Presence.Of(b))
		if !t.TryLock(m) {
			t.Bug("taken")
		}
		t.Write(spec.Presence.Of(b), spec.Absent)
		t.Unlock(m)
	})
	hold := spec.Actor{Name: "hold", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t.Lock(m)
		if t.Read(spec.Presence.Of(b)) == spec.Present {
			t.Write(spec.Presence.Of(b), spec.Absent)
		}
		t.Unlock(m)
		return spec.OK
	}}
	c := sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{try, hold}, Tasks: 2, Blocks: 2}
	focused := check(t, c)
	require.Equal(t, []string{spec.NoBug.ID}, focused.Broken())
	shown, err := sim.Replay(focused.Violations[0].Token, c.Actors)
	require.NoError(t, err)
	require.Equal(t, focused.Violations[0].Trace, shown.Violations[0].Trace)
	c.Reductions.NoFocus = true
	whole := check(t, c)
	require.Equal(t, distinct(whole), distinct(focused))
	require.Less(t, focused.States, whole.States)
}

// In a kernel, what tasks do to one block shows everything; the others cost nothing.
func TestMoreBlocksCostNothing(t *testing.T) {
	states := map[int]int64{}
	for blocks := 1; blocks <= 3; blocks++ {
		states[blocks] = check(t, sim.Config{Kernel: mustKernel(t, "v4.14"), Tasks: 2, Blocks: blocks}).States
	}
	require.Equal(t, states[1], states[2])
	require.Equal(t, states[1], states[3])
}
