package prove_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/sim/prove"
	"memhp/sim/prove/proof"
	"memhp/spec"
)

func config(t testing.TB, kernel string, blocks int, actors ...spec.Actor) prove.Config {
	t.Helper()
	k, err := spec.ParseKernel(kernel)
	require.NoError(t, err)
	return prove.Config{AnyBlocks: blocks == 0, Config: sim.Config{Kernel: k, Blocks: blocks, Actors: actors}}
}

func proveIt(t testing.TB, c prove.Config) (*prove.Result, *proof.Certificate) {
	t.Helper()
	r, cert, err := prove.Prove(context.Background(), c)
	require.NoError(t, err)
	return r, cert
}

// Right kernels are proved for any number of tasks on any number of blocks, and the proof stands a second look. For one block see
// TestProofsAgreeWithBoundedChecks.
func TestRightKernelsAreProved(t *testing.T) {
	for _, c := range []struct {
		kernel string
		blocks int // 0: any number
	}{
		{"v6.12", 0},
		{"v6.12", 3},
	} {
		t.Run(fmt.Sprintf("%s on %d", c.kernel, c.blocks), func(t *testing.T) {
			t.Parallel()
			config := config(t, c.kernel, c.blocks)
			r, cert := proveIt(t, config)
			require.Equal(t, prove.Proved, r.Verdict, r.Reason)
			require.Equal(t, c.blocks, r.Blocks)
			require.True(t, r.AnyBlocks)
			require.Empty(t, r.Violations)
			require.NoError(t, check(config, cert))
		})
	}
}

// The broken kernels are violated by the fewest tasks that can, and the token shows how.
func TestBrokenKernelsAreViolated(t *testing.T) {
	for _, c := range []struct {
		kernel string
		blocks int
		tasks  int
		broken string
	}{
		{"v3.18", 1, 1, "device-hotplug-lock-held"},
		{"v4.1", 0, 1, "pages-under-mem-hotplug-lock"},
		{"v4.20+d2ab99403ee0", 1, 2, "no-bug"},
	} {
		t.Run(c.kernel, func(t *testing.T) {
			t.Parallel()
			r, cert := proveIt(t, config(t, c.kernel, c.blocks))
			require.Equal(t, prove.Violated, r.Verdict, r.Reason)
			require.Nil(t, cert)
			i := slices.IndexFunc(r.Violations, func(v prove.Violation) bool { return v.Invariant == c.broken })
			require.GreaterOrEqual(t, i, 0)
			require.Equal(t, c.tasks, r.Violations[i].Tasks)
			again, err := sim.Replay(r.Violations[i].Token, nil)
			require.NoError(t, err)
			require.Equal(t, r.Violations[i].Why, again.Violations[0].Why)
		})
	}
}

var (
	mutexA  = (&spec.LockClass{Name: "mutex_a", Kind: spec.Mutex}).Of(spec.NoBlock)
	mutexB  = (&spec.LockClass{Name: "mutex_b", Kind: spec.Mutex}).Of(spec.NoBlock)
	counter = (&spec.LockClass{Name: "counter", Kind: spec.CounterLock}).Of(spec.NoBlock)
	gate    = (&spec.LockClass{Name: "gate", Kind: spec.Mutex}).Of(spec.NoBlock)
	first   = (&spec.LockClass{Name: "first_rwsem", Kind: spec.Rwsem}).Of(spec.NoBlock)
	second  = (&spec.LockClass{Name: "second_rwsem", Kind: spec.Rwsem}).Of(spec.NoBlock)
	attr    = (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	global  = (&spec.LockClass{Name: "global_attr", Kind: spec.KernfsActive}).Of(spec.NoBlock)
	work    = &spec.LockClass{Name: "work", Kind: spec.WorkItem}
	raised  = (&spec.VarClass{Name: "flag", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	other   = (&spec.VarClass{Name: "other", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	rule    = &spec.Invariant{ID: "flag-is-0"}
)

func actor(name string, run func(spec.Task)) spec.Actor {
	return spec.Actor{Name: name, Run: func(t spec.Task, _ spec.Block) spec.Errno { run(t); return spec.OK }}
}

func nested(name string, outer, inner spec.Lock) spec.Actor {
	return actor(name, func(t spec.Task) { t.Lock(outer); t.Lock(inner); t.Unlock(inner); t.Unlock(outer) })
}

func reads(name string, outer, inner spec.Lock) spec.Actor {
	return actor(name, func(t spec.Task) { t.RLock(outer); t.RLock(inner); t.RUnlock(inner); t.RUnlock(outer) })
}

func writes(name string, l spec.Lock) spec.Actor {
	return actor(name, func(t spec.Task) { t.Lock(l); t.Unlock(l) })
}

func under(l spec.Lock, a spec.Actor) spec.Actor {
	run := a.Run
	a.Run = func(t spec.Task, b spec.Block) spec.Errno { t.Lock(l); defer t.Unlock(l); return run(t, b) }
	return a
}

// raise sets the flag for a while; it is hidden from whoever holds the mutex.
func raise(l spec.Lock) spec.Actor {
	return actor("raise", func(t spec.Task) { t.Lock(l); t.Write(raised, 1); t.Write(raised, 0); t.Unlock(l) })
}

// takesOffline makes a block offline in two steps, under a lock.
func takesOffline(l spec.Lock) spec.Actor {
	return actor("offline", func(t spec.Task) {
		t.Lock(l)
		t.Write(spec.DevOffline.Of(0), spec.True)
		t.Write(spec.BlockState.Of(0), spec.MemOffline)
		t.Unlock(l)
	})
}

func looks(l spec.Lock) spec.Actor {
	return actor("look", func(t spec.Task) { t.Lock(l); t.Assert(raised, 0, rule); t.Unlock(l) })
}

func get(body func(spec.Task)) spec.Actor {
	return actor("get", func(t spec.Task) {
		if t.TryRLock(attr) {
			body(t)
			t.RUnlock(attr)
		}
	})
}

func remove(l spec.Lock) spec.Actor {
	return actor("remove", func(t spec.Task) { t.Lock(l); t.Deactivate(attr); t.Drain(attr); t.Unlock(l) })
}

func single(a spec.Actor) spec.Actor {
	a.Single = work
	return a
}

// Small programs: each kind of lock bites, and lets right programs pass. Tasks is the number that the deadlock or the last violation needs, 0 if there is none.
func TestLockPrograms(t *testing.T) {
	for _, c := range []struct {
		name   string
		tasks  int
		actors []spec.Actor
	}{
		{"two orders of two mutexes", 2, []spec.Actor{nested("ab", mutexA, mutexB), nested("ba", mutexB, mutexA)}},
		{"one order of two mutexes", 0, []spec.Actor{nested("ab", mutexA, mutexB), writes("a", mutexA), writes("b", mutexB)}},
		{"two orders under a gate", 0, []spec.Actor{under(gate, nested("ab", mutexA, mutexB)), under(gate, nested("ba", mutexB, mutexA))}},
		{"two orders, one of them under a gate", 2, []spec.Actor{under(gate, nested("ab", mutexA, mutexB)), nested("ba", mutexB, mutexA)}},
		{"two orders of a single actor and itself", 0, []spec.Actor{single(actor("both", func(t spec.Task) {
			x, y := mutexA, mutexB
			if t.Choose("order", 2) == 1 {
				x, y = y, x
			}
			t.Lock(x)
			t.Lock(y)
			t.Unlock(y)
			t.Unlock(x)
		}))}},
		{"two orders of readers", 0, []spec.Actor{reads("12", first, second), reads("21", second, first)}},
		{"two orders of readers, and one writer", 0, []spec.Actor{reads("12", first, second), reads("21", second, first), writes("w", first)}},
		{"two orders of readers, and two writers", 4, []spec.Actor{reads("12", first, second), reads("21", second, first), writes("w1", first), writes("w2", second)}},
		{"a flag that a mutex hides", 0, []spec.Actor{raise(mutexA), looks(mutexA)}},
		{"a flag that another mutex does not hide", 2, []spec.Actor{raise(mutexA), looks(mutexB)}},
		{"two states of a block that its lock hides", 0, []spec.Actor{takesOffline(spec.DeviceLock.Of(0))}},
		{"two states of a block that another lock does not hide", 1, []spec.Actor{takesOffline(mutexA)}},
		{"a removal under what users want", 2, []spec.Actor{get(func(t spec.Task) { t.Lock(mutexA); t.Unlock(mutexA) }), remove(mutexA)}},
		{"a removal under what users only try", 0, []spec.Actor{get(func(t spec.Task) {
			if t.TryLock(mutexA) {
				t.Unlock(mutexA)
			}
		}), remove(mutexA)}},
		{"a user who sees a removed object", 0, []spec.Actor{get(func(t spec.Task) { t.Assert(raised, 0, rule) }), actor("remove", func(t spec.Task) {
			t.Lock(mutexA)
			t.Deactivate(attr)
			t.Drain(attr)
			t.Write(raised, 1)
			t.Write(raised, 0)
			t.Activate(attr)
			t.Unlock(mutexA)
		})}},
		{"a user who sees an object that is not drained", 2, []spec.Actor{get(func(t spec.Task) { t.Assert(raised, 0, rule) }), actor("remove", func(t spec.Task) {
			t.Lock(mutexA)
			t.Deactivate(attr)
			t.Write(raised, 1)
			t.Write(raised, 0)
			t.Activate(attr)
			t.Unlock(mutexA)
		})}},
		{"a writer of a counter lock who reads it", 0, []spec.Actor{actor("both", func(t spec.Task) {
			t.Lock(counter)
			t.RLock(counter)
			t.RUnlock(counter)
			t.Unlock(counter)
		}), nested("ab", mutexA, mutexB), writes("a", mutexA), writes("b", mutexB)}},
		{"a kernfs node of no block, which is there from the start", 1, []spec.Actor{actor("show", func(t spec.Task) {
			if t.TryRLock(global) {
				t.Bug("it is there")
			}
		})}},
		{"a trylock that may fail", 0, []spec.Actor{writes("a", mutexA), actor("try", func(t spec.Task) {
			if t.TryLock(mutexA) {
				t.Unlock(mutexA)
			}
		})}},
		{"a trylock that fails as another task has it", 2, []spec.Actor{actor("try", func(t spec.Task) {
			if !t.TryLock(mutexA) {
				t.Bug("it is taken")
			}
			t.Unlock(mutexA)
		})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireTasks(t, config(t, "v6.12", 1, c.actors...), c.tasks)
		})
	}
}

// requireTasks demands a counterexample that needs so many tasks, or, if that is 0, a proof that stands a second look.
func requireTasks(t *testing.T, config prove.Config, tasks int) {
	t.Helper()
	r, cert := proveIt(t, config)
	if tasks > 0 {
		require.Equal(t, prove.Violated, r.Verdict, r.Reason)
		worst := 0
		for _, v := range r.Violations {
			worst = max(worst, v.Tasks)
		}
		require.Equal(t, tasks, worst)
		return
	}
	if r.Verdict == prove.Violated {
		t.Fatalf("%+v", r.Violations[0].Why)
	}
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	require.NoError(t, check(config, cert))
}

// A wait for a condition is not covered, and the answer says so; one for a value that nobody writes is a deadlock.
func TestWaitsAreNotCovered(t *testing.T) {
	blink := actor("blink", func(t spec.Task) { t.Write(raised, 1); t.Write(raised, 0) })
	wait := actor("wait", func(t spec.Task) {
		if t.Read(raised) == 1 {
			t.Wait(raised, 0)
		}
	})
	c := config(t, "v6.12", 1, blink, wait)
	c.MaxTasks = 3
	r, cert := proveIt(t, c)
	require.Nil(t, cert)
	require.Equal(t, prove.Unknown, r.Verdict)
	require.Equal(t, "no-deadlock is not covered where tasks wait for flag; everything else is proved; checks of up to 3 tasks found nothing of it", r.Reason)
	r, _ = proveIt(t, config(t, "v6.12", 1, actor("never", func(t spec.Task) { t.Wait(raised, 1) })))
	require.Equal(t, prove.Violated, r.Verdict, "nobody writes the value")
}

// A cycle of classes breaks lock-order, though no task waits for another where the locks are of different blocks.
func TestCyclesOfClassesAreFound(t *testing.T) {
	x := &spec.LockClass{Name: "x", Kind: spec.Mutex, Scope: spec.PerBlock}
	y := &spec.LockClass{Name: "y", Kind: spec.Mutex, Scope: spec.PerBlock}
	r, _ := proveIt(t, config(t, "v6.12", 2, nested("xy", x.Of(0), y.Of(1)), nested("yx", y.Of(0), x.Of(1))))
	require.Equal(t, prove.Violated, r.Verdict, r.Reason)
	require.Len(t, r.Violations, 1)
	require.Equal(t, spec.LockOrder.ID, r.Violations[0].Invariant)
	requireTasks(t, config(t, "v6.12", 2, nested("xy", x.Of(0), y.Of(1)), nested("also", x.Of(1), y.Of(0))), 0)
}

// A circle may be longer than any that exploration looks for; it is found all the same, and never taken for right.
func TestLongCircles(t *testing.T) {
	var actors []spec.Actor
	var ring []spec.Lock
	for i := range 6 {
		ring = append(ring, (&spec.LockClass{Name: fmt.Sprintf("mutex%d", i), Kind: spec.Mutex}).Of(spec.NoBlock))
	}
	for i, l := range ring {
		actors = append(actors, nested(fmt.Sprintf("actor%d", i), l, ring[(i+1)%len(ring)]))
	}
	c := config(t, "v6.12", 1, actors...)
	c.MaxTasks = 5
	r, _ := proveIt(t, c)
	require.Equal(t, prove.Violated, r.Verdict)
	require.Equal(t, "lock-order", r.Violations[0].Invariant)
	require.Contains(t, r.Reason, "does not exclude that no-deadlock is broken; checks of up to 5 tasks found nothing of it")
	c.MaxTasks = 6
	r, _ = proveIt(t, c)
	require.Equal(t, "no-deadlock", r.Violations[1].Invariant)
	require.Equal(t, 6, r.Violations[1].Tasks)
	require.Empty(t, r.Reason)

	r, cert := proveIt(t, config(t, "v6.12", 1, actors[1:]...)) // without one of them it is no circle
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	require.NoError(t, check(config(t, "v6.12", 1, actors[1:]...), cert))
}

// Progress is proved where no task can stay in an operation for ever; else it is not covered.
func TestLoopsAreNotCovered(t *testing.T) {
	loop := func(choose func(spec.Task) int) spec.Actor {
		return actor("loop", func(t spec.Task) {
			t.Lock(mutexA)
			again := t.Mark()
			if choose(t) == 0 {
				t.Again(again)
			}
			t.Unlock(mutexA)
		})
	}
	r, _ := proveIt(t, config(t, "v6.12", 1, loop(func(t spec.Task) int { return t.Eventually("done", 2, "so it is told") })))
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	r, cert := proveIt(t, config(t, "v6.12", 1, loop(func(t spec.Task) int { return t.Choose("done", 2) })))
	require.Equal(t, prove.Violated, r.Verdict)
	require.Equal(t, "progress", r.Violations[0].Invariant)
	require.Nil(t, cert)
	r, cert = proveIt(t, config(t, "v6.12", 1, loop(func(t spec.Task) int { return t.Read(raised) }), actor("end", func(t spec.Task) { t.Write(raised, 1) })))
	require.NotEqual(t, prove.Proved, r.Verdict)
	require.Nil(t, cert)
}

// Where actors tell blocks apart, nothing is said about any number of them.
func TestAnyBlocksNeedsUniformActors(t *testing.T) {
	odd := actor("odd", nil)
	odd.PerBlock = true
	odd.Run = func(t spec.Task, b spec.Block) spec.Errno {
		if b == 1 {
			t.Lock(mutexA)
			t.Unlock(mutexA)
		}
		return spec.OK
	}
	_, _, err := prove.Prove(context.Background(), config(t, "v6.12", 0, odd))
	require.ErrorContains(t, err, "actor odd tells blocks apart")
	first := actor("first", func(t spec.Task) {
		t.Lock(spec.DeviceLock.Of(0))
		t.Unlock(spec.DeviceLock.Of(0))
	})
	_, _, err = prove.Prove(context.Background(), config(t, "v6.12", 0, first))
	require.ErrorContains(t, err, "actor first works on one block and never on another")
	attr := &spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}
	x := &spec.VarClass{Name: "x", Values: []string{"0", "1"}, Scope: spec.PerBlock}
	neighbour := actor("neighbour", nil)
	neighbour.PerBlock = true
	neighbour.Run = func(t spec.Task, b spec.Block) spec.Errno {
		t.Activate(attr.Of(b), spec.Assign{Var: x.Of(1 - b), Value: 1})
		return spec.OK
	}
	_, _, err = prove.Prove(context.Background(), config(t, "v6.12", 0, neighbour))
	require.ErrorContains(t, err, "actor neighbour tells blocks apart, or works on more than one")
	r, _ := proveIt(t, config(t, "v6.12", 2, odd))
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	require.False(t, r.AnyBlocks)
}

// What goes wrong between tasks on two blocks only is seen where one block stands for all but one: each does what it does under a lock of its block.
func TestAnyBlocksSeeTasksElsewhere(t *testing.T) {
	own := &spec.LockClass{Name: "own", Kind: spec.Mutex, Scope: spec.PerBlock}
	flips := func(l func(spec.Block) spec.Lock) spec.Actor {
		return spec.Actor{Name: "flip", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
			t.Lock(l(b))
			t.Assert(raised, 0, rule)
			t.Write(raised, 1)
			t.Write(raised, 0)
			t.Unlock(l(b))
			return spec.OK
		}}
	}
	r, _ := proveIt(t, config(t, "v6.12", 1, flips(own.Of)))
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	r, _ = proveIt(t, config(t, "v6.12", 0, flips(own.Of)))
	require.Equal(t, prove.Violated, r.Verdict, r.Reason)
	requireTasks(t, config(t, "v6.12", 0, flips(func(spec.Block) spec.Lock { return mutexA })), 0)
}

// A limit, or the user, makes the answer unknown.
func TestLimitsMakeItUnknown(t *testing.T) {
	few := config(t, "v6.12", 1)
	few.Limits.States = 100
	r, cert := proveIt(t, few)
	require.Equal(t, prove.Unknown, r.Verdict)
	require.Equal(t, "more than 100 ideals", r.Reason)
	require.Nil(t, cert)

	short := config(t, "v6.12", 1)
	short.Limits.Time = time.Nanosecond
	r, _ = proveIt(t, short)
	require.Equal(t, prove.Unknown, r.Verdict)
	require.Equal(t, "longer than 1ns", r.Reason)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, _, err := prove.Prove(ctx, config(t, "v6.12", 1))
	require.NoError(t, err)
	require.Equal(t, prove.Unknown, r.Verdict)
	require.Equal(t, "interrupted", r.Reason)
}

// A certificate survives writing and reading, compressed and not, and says what it is about.
func TestCertificateCanBeWrittenAndRead(t *testing.T) {
	c := config(t, "v6.12", 1)
	_, cert := proveIt(t, c)
	for _, compress := range []bool{false, true} {
		var b bytes.Buffer
		require.NoError(t, cert.Write(&b, compress))
		again, err := proof.Read(&b)
		require.NoError(t, err)
		require.Equal(t, cert, again)
	}
	require.ErrorContains(t, check(config(t, "v6.7", 1), cert), "for kernel v6.12, not v6.7")
	_, err := proof.Read(bytes.NewReader([]byte(`{"schema":9}`)))
	require.ErrorContains(t, err, "schema 9, expected 2")
	_, err = proof.Read(bytes.NewReader([]byte(`[]`)))
	require.ErrorContains(t, err, "certificate:")
}

// A file that was cut off anywhere is no certificate.
func TestTruncatedCertificatesAreRejected(t *testing.T) {
	_, cert := proveIt(t, config(t, "v6.12", 1, everything()...))
	for _, compress := range []bool{false, true} {
		var b bytes.Buffer
		require.NoError(t, cert.Write(&b, compress))
		for n := range 20 {
			cut := (b.Len() - 2) * n / 19 // without its last brace, or checksum, at most
			_, err := proof.Read(bytes.NewReader(b.Bytes()[:cut]))
			require.ErrorContains(t, err, "certificate:", "the first %d of %d bytes", cut, b.Len())
		}
	}
}

// A variable that tasks swap as if it were a lock: who owns it is counted, so what it protects is proved.
func TestOwnersAreCounted(t *testing.T) {
	owner := actor("owner", func(t spec.Task) {
		if t.Swap(raised, 0, 1) {
			t.Lock(mutexA)
			t.Unlock(mutexA)
			t.Assert(raised, 1, rule)
			t.Write(raised, 0)
		}
	})
	thief := actor("thief", func(t spec.Task) { t.Write(raised, 0) })
	r, cert := proveIt(t, config(t, "v6.12", 1, owner))
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	require.NoError(t, check(config(t, "v6.12", 1, owner), cert))
	r, _ = proveIt(t, config(t, "v6.12", 1, owner, thief))
	require.Equal(t, prove.Violated, r.Verdict)
	// A leak has no end of owners, and what has nothing to do with them is proved all the same.
	leak := actor("leak", func(t spec.Task) {
		if t.Swap(other, 0, 1) {
			t.Lock(mutexA)
			for i := range 6 {
				t.Choose(fmt.Sprint("step ", i), 1)
			}
			t.Unlock(mutexA)
		}
	})
	back := actor("back", func(t spec.Task) { t.Write(other, 0) })
	c := config(t, "v6.12", 1, leak, back, raise(mutexB), looks(mutexB))
	r, cert = proveIt(t, c)
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	require.NoError(t, check(c, cert))
}

// Rules that a broken kernel does not break are not left open where counting more tells.
func TestNothingIsLeftOpen(t *testing.T) {
	for _, kernel := range []string{"v3.15", "v4.1", "v4.11"} {
		r, _ := proveIt(t, config(t, kernel, 1))
		require.Equal(t, prove.Violated, r.Verdict)
		require.Empty(t, r.Reason, kernel)
	}
}
