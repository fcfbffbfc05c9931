package sim

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

func compiled(c *edges) *edges { return c }

func slowly(*edges) *edges { return nil }

// plainExplorer returns an explorer without reductions, with steps as they are compiled, changed, or not compiled at all.
func plainExplorer(t testing.TB, c Config, change func(*edges) *edges) *explorer {
	t.Helper()
	c.Reductions = Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}
	c, err := c.withDefaults()
	require.NoError(t, err)
	e, err := newExplorer(c)
	require.NoError(t, err)
	require.NotNil(t, e.edges)
	e.edges = change(e.edges)
	return e
}

func plainly(t *testing.T, c Config, change func(*edges) *edges) *explorer {
	t.Helper()
	e := plainExplorer(t, c, change)
	require.NoError(t, e.explore(context.Background()))
	return e
}

// outcome is all that an exploration finds.
func (e *explorer) outcome() []any {
	var found []string
	for _, d := range e.discoveries {
		found = append(found, fmt.Sprint(d.key(), d.from))
	}
	var keys []key
	var parents []stateID
	for i := range e.table.n {
		keys, parents = append(keys, e.table.key(i)), append(parents, e.table.parentOf(i))
	}
	return []any{e.transitions, e.depth, found, e.reach, parents, keys}
}

// Compiled steps lead from each state to the same states, in the same order, as the stepper's, and find the same.
func TestCompiledStepsAreSteps(t *testing.T) {
	for _, c := range []struct {
		kernel        string
		tasks, blocks int
	}{{"v3.18", 2, 1}, {"v4.13", 3, 1}, {"v4.20", 2, 2}, {"v6.12", 4, 1}} {
		kernel, err := spec.ParseKernel(c.kernel)
		require.NoError(t, err)
		c := Config{Kernel: kernel, Tasks: c.tasks, Blocks: c.blocks, Jobs: 1, Limits: Limits{States: 10_000}}
		require.Equal(t, plainly(t, c, slowly).outcome(), plainly(t, c, compiled).outcome(), "%s, %d tasks on %d blocks", kernel, c.Tasks, c.Blocks)
	}
}

// everyOperation are actors that do everything that a procedure can do.
func everyOperation() []spec.Actor {
	lock := func(name string, kind spec.Kind) spec.Lock {
		return (&spec.LockClass{Name: name, Kind: kind}).Of(spec.NoBlock)
	}
	m, rw, kn := lock("m", spec.Mutex), lock("rw", spec.Rwsem), lock("kn", spec.KernfsActive)
	v := (&spec.VarClass{Name: "v", Values: []string{"a", "b", "c"}}).Of(spec.NoBlock)
	var actors []spec.Actor
	for i, run := range []func(t spec.Task){
		func(t spec.Task) {
			t.Lock(rw)
			t.Write(v, t.Choose("value", 2))
			t.Unlock(rw)
		},
		func(t spec.Task) {
			t.RLock(rw)
			t.Pin(v)
			t.Unpin(v)
			t.RUnlock(rw)
		},
		func(t spec.Task) {
			again := t.Mark()
			if !t.TryLock(m) {
				t.Again(again)
			}
			t.TryLock(m)
			t.Unlock(m)
		},
		func(t spec.Task) {
			if t.TryRLock(kn) {
				if t.TryRLock(rw) {
					t.RUnlock(rw)
				}
				t.RUnlock(kn)
				t.Write(v, 0) // whoever pins it
			}
		},
		func(t spec.Task) {
			t.Lock(m)
			t.Deactivate(kn)
			t.Drain(kn)
			t.Activate(kn, spec.Assign{Var: v, Value: 2})
			t.Unlock(m)
		},
		func(t spec.Task) {
			if !t.Swap(v, 1, 2) && t.Read(v) == 0 {
				t.Wait(v, 2)
				t.Choose("what only comes after the wait", 2)
			}
			t.Assert(v, 2, spec.NoBug)
		},
	} {
		actors = append(actors, spec.Actor{Name: fmt.Sprint(i), Run: func(t spec.Task, _ spec.Block) spec.Errno { run(t); return spec.OK }})
	}
	return actors
}

// mistakes are ways in which edges may be wrong, and operations at which some edge shows it. Where an edge is missing the stepper steps,
// if there is no other.
var mistakes = []struct {
	name  string
	make  func(*edge)
	shown []opKind
}{
	{"is missing", func(e *edge) { e.mask, e.want, e.fails = 0, 1, false }, []opKind{opRoot, opChoose}},
	{"leads nowhere", func(e *edge) { e.by = 0 }, []opKind{opRoot, opAnnounce, opLock, opRLock, opTryLock, opTryRLock, opUnlock, opRUnlock,
		opActivate, opDeactivate, opDrain, opRead, opWrite, opSwap, opWait, opPin, opUnpin, opChoose}},
	{"pays no heed to others", func(e *edge) { e.busy = bits4{} }, []opKind{opLock, opRLock, opTryLock, opTryRLock, opDrain, opWrite}},
	{"pays no heed to variables", func(e *edge) { e.mask, e.want = 0, 0 }, []opKind{opTryRLock, opRead, opSwap, opWait}},
	{"fails where it should not", func(e *edge) { e.fails = !e.fails }, []opKind{opTryLock, opTryRLock, opSwap}},
	{"changes nothing", func(e *edge) { e.clear, e.set = 0, 0 }, []opKind{opActivate, opDeactivate, opWrite, opSwap}},
}

// So it is with everything that a procedure can do; and the comparison tells if some edge is wrong.
func TestCompiledStepsOfEveryOperation(t *testing.T) {
	kernel, err := spec.ParseKernel("v6.12")
	require.NoError(t, err)
	c := Config{Kernel: kernel, Actors: everyOperation(), Tasks: 2, Blocks: 1, Jobs: 1}
	right := plainly(t, c, compiled)
	want := right.outcome()
	require.Equal(t, plainly(t, c, slowly).outcome(), want)
	for _, m := range mistakes {
		told := map[opKind]bool{}
		for n := range right.a.nodes {
			for i := right.edges.first[n]; i < right.edges.first[n+1]; i++ {
				wrong := plainly(t, c, func(c *edges) *edges { m.make(&c.all[i]); return c })
				if kind := right.a.code[n].kind; !told[kind] {
					told[kind] = !reflect.DeepEqual(want, wrong.outcome())
				}
			}
		}
		for _, kind := range m.shown {
			require.True(t, told[kind], "an edge of %s %s", kind, m.name)
		}
	}
}
