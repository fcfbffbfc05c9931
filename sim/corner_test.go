package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// What a task wrote before it began to spin is seen by others, reduced or not.
func TestSpinningTaskIsSeen(t *testing.T) {
	x := (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	for _, off := range []bool{false, true} {
		r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 2, Blocks: 1, Reductions: sim.Reductions{NoLipton: off}, Actors: []spec.Actor{
			one("spin", func(t spec.Task) {
				t.Write(x, 1)
				again := t.Mark()
				t.Choose("nothing else", 1)
				t.Again(again)
			}),
			one("look", func(t spec.Task) {
				if t.Read(x) == 1 {
					t.Bug("seen")
				}
			})}})
		require.Equal(t, []string{spec.NoBug.ID, spec.Progress.ID}, r.Broken(), "NoLipton: %t", off)
	}
}

// A task that holds one of two locks may not be taken to know a variable that a new object brings with other values.
func TestFreshObjectWhileOldValueIsKnown(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x := (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	outer, inner := mutex("outer"), mutex("inner")
	reader := one("reader", func(t spec.Task) {
		t.Lock(outer)
		t.Lock(inner)
		before := t.Read(x)
		t.Unlock(inner)
		t.Lock(inner)
		if t.Read(x) != before {
			t.Bug("changed")
		}
		t.Unlock(inner)
		t.Unlock(outer)
	})
	writer := one("writer", func(t spec.Task) { t.Lock(outer); t.Lock(inner); t.Write(x, 0); t.Unlock(inner); t.Unlock(outer) })
	publish := one("publish", func(t spec.Task) { t.Activate(attr, spec.Assign{Var: x, Value: 1}) })
	require.Contains(t, checkActors(t, 2, reader, writer, publish).Broken(), spec.NoBug.ID)
}

// A loop whose operations are all on one class of variable neither hangs the search nor hides what was written before.
func TestLoopOnOneVariable(t *testing.T) {
	x := (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	flag := (&spec.VarClass{Name: "flag", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	r := checkActors(t, 2,
		one("spin", func(t spec.Task) {
			t.Write(x, 1)
			again := t.Mark()
			if t.Read(flag) == 1 {
				return
			}
			t.Again(again)
		}),
		one("look", func(t spec.Task) {
			if t.Read(x) == 1 {
				t.Bug("seen")
			}
		}))
	require.Contains(t, r.Broken(), spec.NoBug.ID)
}

// A task that spins until a variable changes does not come out if nobody changes it, whichever value it waits for, and if it reads
// another variable on the way.
func TestSpinWithoutAnEnd(t *testing.T) {
	x := (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	y := (&spec.VarClass{Name: "y", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	m := mutex("m")
	for value := range 2 {
		for _, reads := range []int{0, 1} {
			r := checkActors(t, 1, one("spin", func(t spec.Task) {
				t.Lock(m)
				t.Write(x, value)
				again := t.Mark()
				for range reads {
					t.Read(y)
				}
				if t.Read(x) == value {
					t.Again(again)
				}
				t.Bug("never")
			}))
			require.Equal(t, []string{spec.Progress.ID}, r.Broken(), "%d %d", value, reads)
		}
	}
}

// A value that comes with a new object ends a wait like any other.
func TestWaitForANewObject(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x := (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	wait := one("wait", func(t spec.Task) { t.Wait(x, 1) })
	publish := func(value int) spec.Actor {
		return one("publish", func(t spec.Task) { t.Activate(attr, spec.Assign{Var: x, Value: value}) })
	}
	// Two tasks that both wait, with nobody left to publish, are a deadlock; one that waits is none.
	both := find(checkActors(t, 2, wait, publish(1)), spec.NoDeadlock, "wait")
	require.Len(t, both, 1)
	require.Equal(t, []string{"wait", "wait"}, both[0].Actors)
	require.Equal(t, []string{"wait"}, find(checkActors(t, 2, wait, publish(0)), spec.NoDeadlock, "wait")[0].Actors)
}

// A store that removes its own attribute waits for itself; one that drops its reference first does not.
func TestDrainOfOnesOwnReference(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	remove := func(dropFirst bool) spec.Actor {
		return one("self_remove", func(t spec.Task) {
			if !t.TryRLock(attr) {
				return
			}
			if dropFirst {
				t.RUnlock(attr)
			}
			t.Deactivate(attr)
			t.Drain(attr)
			if !dropFirst {
				t.RUnlock(attr)
			}
		})
	}
	require.Contains(t, checkActors(t, 1, remove(false)).Broken(), spec.NoRecursion.ID)
	require.Empty(t, checkActors(t, 2, remove(true)).Broken())
}

// mutex_trylock() of a mutex that the task holds itself fails.
func TestTrylockOfOnesOwnMutex(t *testing.T) {
	m := mutex("m")
	r := checkActors(t, 1, one("twice", func(t spec.Task) {
		t.Lock(m)
		if t.TryLock(m) {
			t.Bug("taken twice")
		}
		t.Unlock(m)
	}))
	require.Empty(t, r.Broken())
}

// What a predicate looks at counts although no procedure names it: the block is in its initial state then, not in none.
func TestPredicateOverWhatNobodyNames(t *testing.T) {
	attr, lock := spec.StateAttr.Of(0), spec.DeviceLock.Of(0)
	user := func(inside func(t spec.Task)) spec.Actor {
		return one("user", func(t spec.Task) {
			if t.TryRLock(attr) {
				t.Lock(lock)
				inside(t)
				t.Unlock(lock)
				t.RUnlock(attr)
			}
		})
	}
	require.Empty(t, checkActors(t, 2, user(func(spec.Task) {})).Broken())
	offline := func(value int) func(spec.Task) {
		return func(t spec.Task) { t.Write(spec.DevOffline.Of(0), value) }
	}
	for _, value := range []int{spec.False, spec.True} { // one block starts online, another offline: each value is wrong for one
		require.Equal(t, []string{spec.BlockDeviceAgree.ID}, checkActors(t, 1, user(offline(value))).Broken(), "%d", value)
	}
	// The block is visible although nobody names its attribute.
	require.Equal(t, []string{spec.BlockDeviceAgree.ID}, checkActors(t, 1, one("driver", offline(spec.True))).Broken())
	online := user(func(t spec.Task) {
		if t.Read(spec.DevOffline.Of(0)) == spec.False {
			t.Write(spec.DevOffline.Of(0), spec.False)
		}
	})
	require.Empty(t, checkActors(t, 2, online).Broken())
}

// A task may choose again and again with a reference to a kernfs node in its hand: who removes the node may wait for ever, and none is stuck.
func TestChoicesWithoutAnEndUnderAReference(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	l := mutex("l")
	user := one("user", func(t spec.Task) {
		if !t.TryRLock(attr) {
			return
		}
		again := t.Mark()
		if t.Choose("again", 2) == 1 {
			t.Again(again)
		}
		if t.TryLock(l) {
			t.Unlock(l)
		}
		t.RUnlock(attr)
	})
	remove := one("remove", func(t spec.Task) {
		t.Lock(l)
		t.Deactivate(attr)
		t.Drain(attr)
		t.Unlock(l)
	})
	for _, off := range []bool{false, true} {
		r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 2, Blocks: 1, Reductions: sim.Reductions{NoLipton: off}, Actors: []spec.Actor{user, remove}})
		require.Equal(t, []string{spec.Progress.ID}, r.Broken(), "NoLipton: %t", off)
	}
}

// A writer that waits is seen by trylocks before it has the lock: readers fail, and another writer does not.
func TestTrylocksSeePendingWriters(t *testing.T) {
	sem := (&spec.LockClass{Name: "sem", Kind: spec.Rwsem}).Of(spec.NoBlock)
	x := flag("x", 0)
	write := one("write", func(t spec.Task) { t.Lock(sem); t.Write(x, 1); t.Unlock(sem) })
	try := one("try", func(t spec.Task) {
		if t.TryRLock(sem) {
			t.RUnlock(sem)
			return
		}
		if t.TryLock(sem) {
			if t.Read(x) == 0 {
				t.Bug("nobody had it")
			}
			t.Unlock(sem)
		}
	})
	require.Equal(t, []string{spec.NoBug.ID}, checkActors(t, 2, write, try).Broken())
	require.Empty(t, checkActors(t, 2, try).Broken(), "nobody waits")
}

// A disagreement is the doing of who wrote, also where the same release is reached without a write; who only takes and drops the lock is a bystander.
func TestWhoWroteADisagreementIsNamed(t *testing.T) {
	lock := spec.DeviceLock.Of(0)
	write := one("write", func(t spec.Task) {
		t.Lock(lock)
		if t.Choose("write", 2) == 1 {
			t.Write(spec.BlockState.Of(0), spec.MemOnline)
		}
		t.Unlock(lock)
	})
	look := one("look", func(t spec.Task) { t.Lock(lock); t.Unlock(lock) })
	r := checkActors(t, 2, look, write)
	require.Equal(t, []string{spec.BlockDeviceAgree.ID}, r.Broken())
	require.Len(t, r.Violations, 1)
	require.Equal(t, []string{"write"}, r.Violations[0].Actors)
}

// Two variables that disagree for a moment, while another task hides it by its lock, are seen when that task lets the lock go.
func TestDisagreementShownByAnother(t *testing.T) {
	m, lock, hides := mutex("m"), spec.DeviceLock.Of(0), flag("hides", 0)
	change := one("change", func(t spec.Task) {
		t.Lock(m)
		if t.Read(hides) == 1 {
			t.Write(spec.BlockState.Of(0), spec.MemOnline)
			t.Write(spec.DevOffline.Of(0), spec.False)
		}
		t.Unlock(m)
	})
	hide := one("hide", func(t spec.Task) { t.Lock(lock); t.Write(hides, 1); t.Write(hides, 0); t.Unlock(lock) })
	require.Equal(t, []string{spec.BlockDeviceAgree.ID}, checkActors(t, 2, change, hide).Broken())
	require.Empty(t, checkActors(t, 2, change).Broken())
}

// What was known before a loop is not known in it: it may have changed since.
func TestKnowledgeBeforeALoop(t *testing.T) {
	m, x := mutex("m"), flag("x", 0)
	r := checkActors(t, 1, one("again", func(t spec.Task) {
		t.Lock(m)
		t.Write(x, 0)
		again := t.Mark()
		if t.Read(x) == 1 {
			t.Bug("the second time")
		}
		t.Write(x, 1)
		t.Again(again)
	}))
	require.Equal(t, []string{spec.NoBug.ID}, r.Broken())
}

// A task that relies on something is another than one that does not, though both do the same from there on.
func TestPinThatIsNotEnded(t *testing.T) {
	pages := (&spec.VarClass{Name: "pages", Values: []string{"-"}}).Of(spec.NoBlock)
	m := mutex("m")
	read := one("read", func(t spec.Task) {
		t.Lock(m)
		if t.Choose("rely on it, do not", 2) == 0 {
			t.Pin(pages)
		}
		t.Unlock(m)
		t.Lock(m)
		t.Unlock(m)
	})
	write := one("write", func(t spec.Task) { t.Lock(m); t.Write(pages, 0); t.Unlock(m) })
	require.Equal(t, []string{spec.ReadersSeeStable.ID}, checkActors(t, 2, read, write).Broken())
}
