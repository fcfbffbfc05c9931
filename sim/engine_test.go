package sim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// Exact counts of states: they change only when the specification or a reduction does, and then on purpose.
func TestStateCounts(t *testing.T) {
	none, whole := sim.Reductions{}, sim.Reductions{NoFocus: true}
	for _, c := range []struct {
		kernel        string
		tasks, blocks int
		states        int64
		off           sim.Reductions
	}{
		{"v3.18", 2, 1, 305, none},
		{"v3.18", 3, 2, 790, none},
		{"v4.1", 3, 2, 843, none},
		{"v4.13", 2, 1, 856, none},
		{"v4.14", 3, 1, 105897, none},
		{"v4.20", 2, 1, 5085, none},
		{rightOne, 2, 1, 1397, none},
		{rightOne, 2, 2, 1397, none},
		{rightOne, 3, 2, 7364, none},
		{"v6.1", 3, 2, 537, none},
		{"v6.12", 3, 2, 473, none},
		{"v3.18", 3, 2, 7066, whole},
		{rightOne, 2, 2, 13887, whole},
		{"v6.12", 3, 2, 2583, whole},
	} {
		r := check(t, sim.Config{Kernel: mustKernel(t, c.kernel), Tasks: c.tasks, Blocks: c.blocks, Reductions: c.off})
		require.Equal(t, c.states, r.States, "%s %dx%d", c.kernel, c.tasks, c.blocks)
	}
}

// one returns an actor for a procedure that needs no block.
func one(name string, run func(t spec.Task)) spec.Actor {
	return spec.Actor{Name: name, Run: func(t spec.Task, _ spec.Block) spec.Errno { run(t); return spec.OK }}
}

func mutex(name string) spec.Lock {
	return (&spec.LockClass{Name: name, Kind: spec.Mutex}).Of(spec.NoBlock)
}

func checkActors(t *testing.T, tasks int, actors ...spec.Actor) *sim.Result {
	return check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: actors, Tasks: tasks, Blocks: 1})
}

// A deadlock of two tasks is found at once, while a third spins in a trylock and a fourth works on.
func TestPartialDeadlock(t *testing.T) {
	a, b, c := mutex("a"), mutex("b"), mutex("c")
	r := checkActors(t, 4,
		one("ab", func(t spec.Task) { t.Lock(a); t.Lock(b); t.Unlock(b); t.Unlock(a) }),
		one("ba", func(t spec.Task) { t.Lock(b); t.Lock(a); t.Unlock(a); t.Unlock(b) }),
		one("spin", func(t spec.Task) {
			again := t.Mark()
			if !t.TryLock(a) {
				t.Again(again)
			}
			t.Unlock(a)
		}),
		one("work", func(t spec.Task) { t.Lock(c); t.Unlock(c) }))
	dead := find(r, spec.NoDeadlock, "ab", "ba")
	require.Len(t, dead, 1)
	require.Equal(t, []string{"ab", "ba"}, dead[0].Actors, "no bystanders")
	require.Equal(t, []string{"a", "b"}, dead[0].Locks)
	require.NotEmpty(t, find(r, spec.LockOrder, "ab", "ba"))
}

// Two readers that take two rwsems in opposite orders block only with a pending writer of each between them.
func TestPendingWritersMakeADeadlock(t *testing.T) {
	for kind, deadlock := range map[spec.Kind]bool{spec.Rwsem: true, spec.PercpuRwsem: true, spec.CounterLock: false} {
		a := (&spec.LockClass{Name: "a", Kind: kind}).Of(spec.NoBlock)
		b := (&spec.LockClass{Name: "b", Kind: kind}).Of(spec.NoBlock)
		r := checkActors(t, 4,
			one("ab", func(t spec.Task) { t.RLock(a); t.RLock(b); t.RUnlock(b); t.RUnlock(a) }),
			one("ba", func(t spec.Task) { t.RLock(b); t.RLock(a); t.RUnlock(a); t.RUnlock(b) }),
			one("write_a", func(t spec.Task) { t.Lock(a); t.Unlock(a) }),
			one("write_b", func(t spec.Task) { t.Lock(b); t.Unlock(b) }))
		require.Equal(t, deadlock, len(find(r, spec.NoDeadlock, "ab", "ba", "write_a", "write_b")) > 0, "%s", kind)
		require.Equal(t, deadlock, len(find(r, spec.LockOrder, "ab", "ba")) > 0, "%s", kind)
	}
}

// A cycle of the lock order is found whatever its length, though so few tasks cannot make the deadlock. Without one of its edges it is none.
func TestLongCycleOfTheLockOrder(t *testing.T) {
	var ring []spec.Lock
	var actors []spec.Actor
	for i := range 7 {
		ring = append(ring, mutex(fmt.Sprint("mutex", i)))
	}
	for i, l := range ring {
		next := ring[(i+1)%len(ring)]
		actors = append(actors, one(fmt.Sprint("actor", i), func(t spec.Task) { t.Lock(l); t.Lock(next); t.Unlock(next); t.Unlock(l) }))
	}
	require.Equal(t, []string{spec.LockOrder.ID}, checkActors(t, 2, actors...).Broken())
	require.Empty(t, checkActors(t, 2, actors[1:]...).Broken())
}

// Readers nest, and so do their pins: the inner one does not end the outer one.
func TestPinsNest(t *testing.T) {
	pages := (&spec.VarClass{Name: "pages", Values: []string{"-"}}).Of(spec.NoBlock)
	m := mutex("m")
	write := one("write", func(t spec.Task) { t.Lock(m); t.Write(pages, 0); t.Unlock(m) })
	for pins, broken := range map[int][]string{1: nil, 2: {spec.ReadersSeeStable.ID}} {
		read := one("read", func(t spec.Task) {
			t.Lock(m)
			for range pins {
				t.Pin(pages)
			}
			t.Unpin(pages)
			t.Unlock(m)
			for range pins - 1 {
				t.Unpin(pages)
			}
		})
		require.Equal(t, broken, checkActors(t, 2, read, write).Broken(), "%d pins", pins)
	}
}

// A wait for a condition that only a task could bring about that waits for the waiter's lock.
func TestWaitVersusLock(t *testing.T) {
	m := mutex("m")
	ready := (&spec.VarClass{Name: "ready", Values: []string{"no", "yes"}}).Of(spec.NoBlock)
	waiter := func(early bool) spec.Actor {
		return one("waiter", func(t spec.Task) {
			t.Lock(m)
			if early {
				t.Unlock(m)
			}
			t.Wait(ready, 1)
			if !early {
				t.Unlock(m)
			}
		})
	}
	completer := one("completer", func(t spec.Task) { t.Lock(m); t.Write(ready, 1); t.Unlock(m) })
	require.Contains(t, checkActors(t, 2, waiter(false), completer).Broken(), spec.NoDeadlock.ID)
	waits := find(checkActors(t, 2, waiter(true), completer), spec.NoDeadlock, "waiter")
	require.Len(t, waits, 1, "two waiters and nobody to complete: with two tasks that can happen")
	require.Empty(t, find(checkActors(t, 2, waiter(true), completer), spec.NoDeadlock, "completer"))
}

// What one procedure does wrong by itself, and its repair.
func TestMistakesOfOneProcedure(t *testing.T) {
	m := mutex("m")
	for name, c := range map[string]struct {
		rule  *spec.Invariant
		wrong func(t spec.Task)
		right func(t spec.Task)
	}{
		"recursion": {spec.NoRecursion,
			func(t spec.Task) { t.Lock(m); t.Lock(m) },
			func(t spec.Task) { t.Lock(m); t.Unlock(m); t.Lock(m); t.Unlock(m) }},
		"leak on an error path": {spec.LocksBalanced,
			func(t spec.Task) {
				t.Lock(m)
				if t.Choose("allocation fails", 2) == 0 {
					t.Unlock(m)
				}
			},
			func(t spec.Task) { t.Lock(m); defer t.Unlock(m); t.Choose("allocation fails", 2) }},
		"foreign release": {spec.LocksBalanced,
			func(t spec.Task) { t.TryLock(m); t.Unlock(m) },
			func(t spec.Task) {
				if t.TryLock(m) {
					t.Unlock(m)
				}
			}},
		"release in the other mode": {spec.LocksBalanced,
			func(t spec.Task) { t.RLock(spec.MemHotplugLock); t.Unlock(spec.MemHotplugLock) },
			func(t spec.Task) { t.RLock(spec.MemHotplugLock); t.RUnlock(spec.MemHotplugLock) }},
		"missing lock": {spec.DeviceHotplugHeld,
			func(t spec.Task) { spec.DoDeviceOnline(t, 0) },
			func(t spec.Task) {
				spec.DoLockDeviceHotplug(t)
				spec.DoDeviceOnline(t, 0)
				spec.DoUnlockDeviceHotplug(t)
			}},
		"nested read of mem_hotplug_lock": {spec.NoRecursion,
			func(t spec.Task) { t.RLock(spec.MemHotplugLock); t.RLock(spec.MemHotplugLock) },
			func(t spec.Task) { t.RLock(spec.MemHotplugLock); t.RUnlock(spec.MemHotplugLock) }},
	} {
		require.Contains(t, checkActors(t, 2, one("wrong", c.wrong)).Broken(), c.rule.ID, name)
		require.NotContains(t, checkActors(t, 2, one("right", c.right)).Broken(), c.rule.ID, name)
	}
}

// Procedures that cannot be explored get an error that names them, not a wrong verdict.
func TestProceduresThatCannotBeExplored(t *testing.T) {
	m, x := mutex("m"), flag("x", 0)
	calls := 0
	for message, run := range map[string]func(t spec.Task){
		"procedure bad: not deterministic": func(t spec.Task) {
			calls++
			l := []spec.Lock{m, mutex("other")}[calls%2]
			t.Lock(l)
			t.Unlock(l)
		},
		"does it loop without Mark and Again": func(t spec.Task) {
			for {
				t.Lock(m)
				t.Unlock(m)
			}
		},
		"procedure bad: more than": func(t spec.Task) {
			for range 30 {
				t.Choose("bit", 2)
			}
		},
		"procedure bad: panic: oops": func(spec.Task) { panic("oops") },
		"nothing to choose from":     func(t spec.Task) { t.Choose("nothing", 0) },
		"held, but [] at Mark": func(t spec.Task) {
			again := t.Mark()
			t.Lock(m)
			t.Again(again)
		},
		"Again with [x] pinned, but [] at Mark": func(t spec.Task) {
			again := t.Mark()
			t.Pin(x)
			t.Again(again)
		},
	} {
		_, err := sim.Check(context.Background(), sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{one("bad", run)}, Tasks: 1, Blocks: 1})
		require.ErrorContains(t, err, message)
	}
}

// A procedure that spins without asking Task for anything is found by a watchdog.
func TestEndlessLoopWithoutOperations(t *testing.T) {
	if testing.Short() {
		t.Skip("the watchdog waits for some seconds")
	}
	stop := time.Now().Add(15 * time.Second)
	_, err := sim.Check(context.Background(), sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 1, Blocks: 1, Actors: []spec.Actor{
		one("spinner", func(spec.Task) {
			for time.Now().Before(stop) {
			}
		})}})
	require.ErrorContains(t, err, "procedure spinner: loops for ever")
}

// The result is the same with any number of workers: states, counts, violations, and what is shown of them.
func TestJobsChangeNothing(t *testing.T) {
	for _, c := range []sim.Config{
		{Kernel: mustKernel(t, "v4.14"), Tasks: 2, Blocks: 1},
		{Kernel: mustKernel(t, "v4.20"), Tasks: 2, Blocks: 2, Reductions: sim.Reductions{NoFocus: true}},
	} {
		var first *sim.Result
		for _, jobs := range []int{1, 2, 5} {
			c.Jobs = jobs
			r := check(t, c)
			r.Seconds = 0
			if first == nil {
				first = r
			}
			require.Equal(t, first, r, "%d jobs", jobs)
		}
	}
}

// A limit makes a result incomplete; what was found before counts.
func TestLimits(t *testing.T) {
	k := mustKernel(t, rightOne)
	for name, l := range map[string]sim.Limits{"states": {States: 100}, "bytes": {Bytes: 1}, "time": {Time: 1}} {
		r, err := sim.Check(context.Background(), sim.Config{Kernel: k, Tasks: 2, Blocks: 1, Limits: l})
		require.NoError(t, err)
		require.False(t, r.Complete, name)
		require.False(t, r.Holds(), name)
		require.NotEmpty(t, r.Limit, name)
	}
	r, err := sim.Check(context.Background(), sim.Config{Kernel: mustKernel(t, "v4.19"), Tasks: 2, Blocks: 1, Limits: sim.Limits{States: 5000}})
	require.NoError(t, err)
	require.False(t, r.Complete)
	require.Contains(t, r.Broken(), spec.PagesUnderMemHotplug.ID)
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []sim.Config{{Tasks: -1}, {Tasks: 9}, {Blocks: 6}, {Jobs: -1}, {Selection: "nobody"}} {
		c.Kernel = mustKernel(t, "v6.12")
		_, err := sim.Check(context.Background(), c)
		require.Error(t, err)
	}
}

// Tokens that are wrong in any way give an error.
func TestBadTokens(t *testing.T) {
	good := story(t, "v4.20").Violations[0].Token
	require.NotEmpty(t, good)
	for _, c := range []string{"", "x", "v4.20", strings.Replace(good, "v4.20", "v4.99", 1), strings.Replace(good, "2x1", "two", 1),
		strings.Replace(good, "2x1", "3x1", 1) + ".h0", good + ".z1", good + ".a", good + ".a999", strings.Replace(good, ":core:", ":nobody:", 1),
		strings.Replace(good, "locks-balanced", "no-such-rule", 1), strings.Replace(good, "locks-balanced", "no-deadlock", 1),
		strings.Replace(good, ":0.", ":99.", 1), good[:strings.LastIndex(good, ":")] + ":0"} {
		_, err := sim.Replay(c, nil)
		require.Error(t, err, c)
	}
}

func FuzzReplayToken(f *testing.F) {
	f.Add("v4.20:probe_store:2x1:locks-balanced/probe_store:20:0.a0.b0")
	f.Add("v3.18:online_show:1x1s:lock-order:9:0.a0.r1")
	f.Fuzz(func(t *testing.T, token string) {
		if strings.Contains(token, "core") || strings.Contains(token, "all") {
			t.Skip("unrolling many actors takes too long here")
		}
		_, _ = sim.Replay(token, nil) // an error or a result, never a panic
	})
}
