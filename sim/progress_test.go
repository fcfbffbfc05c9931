package sim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// tryBoth takes one lock, tries another, and starts over if it cannot have that.
func tryBoth(name string, first, second spec.Lock) spec.Actor {
	return one(name, func(t spec.Task) {
		again := t.Mark()
		t.Lock(first)
		if !t.TryLock(second) {
			t.Unlock(first)
			t.Again(again)
		}
		t.Unlock(second)
		t.Unlock(first)
	})
}

func flag(name string, init int) spec.Var {
	return (&spec.VarClass{Name: name, Values: []string{"0", "1"}, Init: init}).Of(spec.NoBlock)
}

// until goes round until x is 1, as a task does that polls.
func until(name string, x spec.Var, holding ...spec.Lock) spec.Actor {
	return one(name, func(t spec.Task) {
		for _, l := range holding {
			t.Lock(l)
		}
		again := t.Mark()
		if t.Read(x) == 0 {
			t.Again(again)
		}
		for _, l := range holding {
			t.Unlock(l)
		}
	})
}

func TestProgress(t *testing.T) {
	a, b, n := mutex("a"), mutex("b"), mutex("n")
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x, y := flag("x", 1), flag("y", 0)
	holder := one("holder", func(t spec.Task) { t.Lock(a); t.Unlock(a) })
	retry := func(choose func(t spec.Task) int) spec.Actor {
		return one("retry", func(t spec.Task) {
			t.Lock(a)
			again := t.Mark()
			if choose(t) == 0 {
				t.Again(again)
			}
			t.Unlock(a)
		})
	}
	blink := func(between func(t spec.Task)) spec.Actor {
		return one("blink", func(t spec.Task) { t.Lock(b); t.Write(x, 0); between(t); t.Write(x, 1); t.Unlock(b) })
	}
	store := one("store", func(t spec.Task) {
		again := t.Mark()
		if !t.TryRLock(attr) {
			return
		}
		if !t.TryLock(a) {
			t.RUnlock(attr)
			t.Again(again)
		}
		t.Unlock(a)
		t.RUnlock(attr)
	})
	remove := func(deactivate bool) spec.Actor {
		return one("remove", func(t spec.Task) {
			t.Lock(a)
			if t.Activate(attr); deactivate {
				t.Deactivate(attr)
			}
			t.Drain(attr)
			t.Unlock(a)
		})
	}
	for name, c := range map[string]struct {
		tasks  int
		actors []spec.Actor
		by     string // empty if progress holds
		locks  string
	}{
		"two that restart keep each other from ending": {2, []spec.Actor{tryBoth("ab", a, b), tryBoth("ba", b, a)}, "ab ba", ""},
		"in one order they do not":                     {3, []spec.Actor{tryBoth("ab", a, b)}, "", ""},
		"a stream of new holders may starve one":       {3, []spec.Actor{tryBoth("na", n, a), holder}, "", ""},
		"a retry that may go on for ever":              {2, []spec.Actor{retry(func(t spec.Task) int { return t.Choose("more", 2) }), holder}, "retry", "a"},
		"a retry that ends eventually":                 {2, []spec.Actor{retry(func(t spec.Task) int { return t.Eventually("more", 2, "it ends") }), holder}, "", ""},
		"a choice that cannot end it":                  {1, []spec.Actor{retry(func(t spec.Task) int { return 0 * t.Eventually("whatever", 2, "") })}, "retry", "a"},
		"a choice that restarts does not end it": {1, []spec.Actor{one("retry", func(t spec.Task) {
			again := t.Mark()
			if t.Eventually("at once", 2, "it ends") == 1 || t.Read(x) == 1 {
				t.Again(again)
			}
		})}, "retry", ""},
		"a task that can go on does":               {2, []spec.Actor{until("poll", x), blink(func(spec.Task) {})}, "", ""},
		"unless who polls keeps it from going on":  {2, []spec.Actor{until("poll", x, n), blink(func(t spec.Task) { t.Lock(n); t.Unlock(n) })}, "blink poll", "n"},
		"a drain that new references keep waiting": {2, []spec.Actor{store, remove(false)}, "remove store", ""},
		"no new references after deactivation":     {3, []spec.Actor{store, remove(true)}, "", ""},
		"a deadlock is another matter": {3, []spec.Actor{until("poll", x),
			blink(func(t spec.Task) { t.Lock(a); t.Unlock(a) }), one("ab", func(t spec.Task) { t.Lock(a); t.Lock(b); t.Unlock(b); t.Unlock(a) })}, "", ""},
		"so is one that is met on the way round": {3, []spec.Actor{until("poll", x), blink(func(t spec.Task) { t.Lock(a); t.Unlock(a) }),
			one("hang", func(t spec.Task) {
				t.Lock(a)
				again := t.Mark()
				if t.Read(x) == 0 {
					t.Wait(y, 1) // nobody writes it
					t.Again(again)
				}
				t.Unlock(a)
			})}, "", ""},
		"others that restart, or wait, beside it": {3, []spec.Actor{retry(func(t spec.Task) int { return t.Choose("more", 2) }), tryBoth("ba", b, a)}, "retry", "a"},
		"so is a path that ended":                 {2, []spec.Actor{until("poll", x), blink(func(t spec.Task) { t.Bug("dead") })}, "", ""},
	} {
		t.Run(name, func(t *testing.T) { requireLivelocks(t, c.actors, c.tasks, c.by, c.locks) })
	}
}

// requireLivelocks demands that the livelocks found are by these actors over these locks, shown as a cycle that can be replayed, reduced or not.
func requireLivelocks(t *testing.T, actors []spec.Actor, tasks int, wantBy, wantLocks string) {
	t.Helper()
	for _, off := range []bool{false, true} {
		r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: actors, Tasks: tasks, Blocks: 1, Reductions: sim.Reductions{NoLipton: off, NoSymmetry: off}})
		var by, locks []string
		for _, v := range r.Violations {
			if v.Invariant == spec.Progress.ID {
				by, locks = append(by, strings.Join(v.Actors, " ")), append(locks, strings.Join(v.Locks, " "))
				requireCycle(t, v)
				again, err := sim.Replay(v.Token, actors)
				require.NoError(t, err)
				require.Equal(t, v, again.Violations[0], "the token shows the same")
			}
		}
		require.Equal(t, wantBy, strings.Join(by, "; "), "plain: %t", off)
		require.Equal(t, wantLocks, strings.Join(locks, "; "))
	}
}

// requireCycle demands that a trace ends with a part that can be repeated: after it every task holds what it held before.
func requireCycle(t *testing.T, v sim.Violation) {
	t.Helper()
	before, after := map[int]string{}, map[int]string{}
	moved := false
	for _, s := range v.Trace {
		if s.Cycle {
			moved = true
		} else if !s.Blocked {
			require.False(t, moved, "the cycle comes last")
			before[s.Task] = strings.Join(s.Held, ",")
		}
		if !s.Blocked {
			after[s.Task] = strings.Join(s.Held, ",")
		}
	}
	require.True(t, moved)
	for task, held := range after {
		require.Equal(t, before[task], held, "T%d", task)
	}
}

// No kernel that is right has a livelock, and the search for one costs nothing there: every loop is one that ends.
func TestProgressOfTheStory(t *testing.T) {
	for _, name := range []string{"v3.18", "v4.6", "v4.14", "v4.20+d2ab99403ee0+eca499ab3749", "v5.10", "v6.12"} {
		r := check(t, sim.Config{Kernel: mustKernel(t, name), Tasks: 2, Blocks: 1})
		require.NotContains(t, r.Broken(), spec.Progress.ID, name)
	}
}

// A restart goes back to where the operation began on its own block, though the last operations before it name no block.
func TestRestartOnTwoBlocks(t *testing.T) {
	m := mutex("m")
	x := &spec.VarClass{Name: "x", Values: []string{"0", "1"}, Scope: spec.PerBlock}
	attr := &spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}
	again := spec.Actor{Name: "again", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		begin := t.Mark()
		if t.TryRLock(attr.Of(b)) {
			t.RUnlock(attr.Of(b))
		}
		t.Swap(x.Of(b), 0, 1)
		t.Lock(m)
		t.Unlock(m)
		if t.Choose("again", 2) == 1 {
			t.Again(begin)
		}
		return spec.OK
	}}
	r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{again}, Tasks: 2, Blocks: 2})
	require.Equal(t, []string{spec.Progress.ID}, r.Broken())
}

// A restart does not lead to the other block: what goes round on one block may end on the other, though the nodes before the restart are those of
// both.
func TestRestartStaysOnItsBlock(t *testing.T) {
	m := mutex("m")
	x := &spec.VarClass{Name: "x", Values: []string{"0", "1"}, Scope: spec.PerBlock}
	poll := spec.Actor{Name: "poll", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		begin := t.Mark()
		if t.Read(x.Of(b)) == 1 {
			t.Lock(m)
			t.Unlock(m)
			t.Again(begin)
		}
		return spec.OK
	}}
	for b := range spec.Block(2) {
		raise := one("raise", func(t spec.Task) { t.Write(x.Of(b), 1) })
		r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{poll, raise}, Tasks: 1, Blocks: 2})
		require.Equal(t, []string{spec.Progress.ID}, r.Broken(), "%s goes round on block %d", poll.Name, b)
	}
}

// Tasks on two blocks may keep each other from ending, though one block shows everything else.
func TestLivelockOfTwoBlocks(t *testing.T) {
	a, b := mutex("a"), mutex("b")
	both := func(name string, first, second spec.Lock) spec.Actor {
		return perBlock(name, func(t spec.Task, _ spec.Block) {
			again := t.Mark()
			t.Lock(first)
			if !t.TryLock(second) {
				t.Unlock(first)
				t.Again(again)
			}
			t.Unlock(second)
			t.Unlock(first)
		})
	}
	hold := func(name string, l spec.Lock) spec.Actor {
		return spec.Actor{Name: name, PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
			t.Lock(l)
			if t.Read(spec.Presence.Of(b)) == spec.Removing {
				t.Write(spec.Presence.Of(b), spec.Absent)
			}
			t.Unlock(l)
			return spec.OK
		}}
	}
	c := sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{both("ab", a, b), both("ba", b, a), hold("a", a), hold("b", b)}, Tasks: 2, Blocks: 2}
	focused := check(t, c)
	require.Equal(t, []string{spec.Progress.ID}, focused.Broken())
	c.Reductions.NoFocus = true
	require.Less(t, focused.States, check(t, c).States)
	c.Blocks = 1
	require.Empty(t, check(t, c).Broken(), "one block")
}
