package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/spec"
)

// line is a line of a random procedure. It is there if the kernel has a change, or lacks it, or always.
type line struct {
	when *spec.Change
	has  bool
	lock spec.Lock // taken around body
	v    spec.Var  // without body written, otherwise looked at: body is run if it has value x
	x    int
	body []line
	kind int
}

// The kinds of lines.
const (
	lineLocks = iota
	lineWrites
	lineLooks
	lineChooses
	lineBug
	lineKinds
)

func (l line) in(k spec.Kernel) bool { return l.when == nil || k.Has(l.when) == l.has }

// runLines runs the lines that are there. What is under a lock is run without it if the lock is not taken.
func runLines(t spec.Task, lines []line) {
	for _, l := range lines {
		switch there := l.in(t.Kernel()); {
		case l.kind == lineLocks && there:
			t.Lock(l.lock)
			runLines(t, l.body)
			t.Unlock(l.lock)
		case l.kind == lineLocks:
			runLines(t, l.body)
		case !there:
		case l.kind == lineWrites:
			t.Write(l.v, l.x)
		case l.kind == lineLooks && t.Read(l.v) == l.x, l.kind == lineChooses && t.Choose(fmt.Sprintf("case %d", l.x), 2) == 1:
			runLines(t, l.body)
		case l.kind == lineBug:
			t.Bug("reached")
		}
	}
}

// drawer draws random procedures.
type drawer struct {
	rt      *rapid.T
	changes []*spec.Change
	locks   []spec.Lock
	vars    []spec.Var
}

// randomSearch draws changes, of which some need others, and procedures that ask for them.
func randomSearch(rt *rapid.T) BackportConfig {
	d := drawer{rt: rt}
	for i := range 5 {
		c := &spec.Change{ID: fmt.Sprintf("change-%d", i)}
		if i > 0 && rapid.IntRange(0, 3).Draw(rt, "needs") == 0 {
			c.Needs = d.changes[i-1:]
		}
		d.changes = append(d.changes, c)
	}
	d.locks = mutexes(2)
	for i := range 2 {
		d.vars = append(d.vars, (&spec.VarClass{Name: fmt.Sprintf("var%d", i), Values: []string{"0", "1"}}).Of(spec.NoBlock))
	}
	actors := actorsOfLines([][]line{d.lines(2), d.lines(2), d.lines(1)})
	return BackportConfig{Candidates: d.changes, Sizes: SizesUpTo(2, 1), Actors: func(spec.Kernel) ([]spec.Actor, error) { return actors, nil }}
}

// lines draws a procedure, with blocks up to so deep.
func (d drawer) lines(deep int) []line {
	out := make([]line, rapid.IntRange(1, 3).Draw(d.rt, "lines"))
	for i := range out {
		l := line{kind: rapid.IntRange(0, lineKinds-1).Draw(d.rt, "kind"), lock: rapid.SampledFrom(d.locks).Draw(d.rt, "lock"),
			v: rapid.SampledFrom(d.vars).Draw(d.rt, "var"), x: rapid.IntRange(0, 1).Draw(d.rt, "x")}
		if l.kind == lineBug || rapid.IntRange(0, 2).Draw(d.rt, "if") > 0 {
			l.when, l.has = rapid.SampledFrom(d.changes).Draw(d.rt, "change"), rapid.Bool().Draw(d.rt, "has")
		}
		if deep > 0 && l.kind != lineWrites && l.kind != lineBug {
			l.body = d.lines(deep - 1)
		}
		out[i] = l
	}
	return out
}

func actorsOfLines(procedures [][]line) []spec.Actor {
	var out []spec.Actor
	for i, lines := range procedures {
		out = append(out, spec.Actor{Name: fmt.Sprintf("actor%d", i), Run: func(t spec.Task, _ spec.Block) spec.Errno {
			runLines(t, lines)
			return spec.OK
		}})
	}
	return out
}

// searched makes a search, and returns it with what it learnt.
func searched(t require.TestingT, c BackportConfig) *backporter {
	k, err := spec.ParseKernel("v4.19")
	require.NoError(t, err)
	c.Kernel = k
	c, err = c.withDefaults()
	require.NoError(t, err)
	b := &backporter{BackportConfig: c, out: &Backport{Kernel: k.String(), Complete: true}}
	require.NoError(t, b.search(context.Background()))
	require.True(t, b.out.Complete, b.out.Limit)
	return b
}

// rightSets checks every closed set of the candidates, and returns those that are right.
func rightSets(t require.TestingT, b *backporter) []changeSet {
	var out []changeSet
	for bits := range uint64(1) << len(b.Candidates) {
		s := changeSet{bits}
		if b.closure(s) != s {
			continue
		}
		r, _, err := b.verify(context.Background(), s)
		require.NoError(t, err)
		if r.Holds() {
			out = append(out, s)
		}
	}
	return out
}

// minimal returns the sets that contain no other.
func minimal(sets []changeSet) []changeSet {
	return slices.DeleteFunc(slices.Clone(sets), func(s changeSet) bool {
		return slices.ContainsFunc(sets, func(m changeSet) bool { return m != s && m.minus(s) == changeSet{} })
	})
}

// wronglyRefuted returns a minimal right set that clause c refutes.
func wronglyRefuted(c clause, minimal []changeSet) (changeSet, bool) {
	for _, s := range minimal {
		if c.refutes(s) && c != (clause{drop: s}) { // that it was found
			return s, true
		}
	}
	return changeSet{}, false
}

// A search finds what brute force finds, and nothing that it learns refutes what is right.
func TestBackportIsBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := searched(rt, randomSearch(rt))
		want := minimal(rightSets(rt, b))
		var got []changeSet
		for _, s := range b.out.Sets {
			got = append(got, b.setOf(s.Changes))
		}
		require.ElementsMatch(rt, want, got)
		for _, c := range b.learnt {
			s, wrong := wronglyRefuted(c, want)
			require.False(rt, wrong, "%v is right, and refuted by add %v or drop %v", b.changes(s), b.changes(c.add), b.changes(c.drop))
		}
	})
}

// What is asked on the way and makes no difference is left out of what is learnt, and nothing else: with any one change less, what is left would
// refute a set that is right, and that is noticed.
func TestBackportLearnsWhatMatters(t *testing.T) {
	mends, avoids := &spec.Change{ID: "mends"}, &spec.Change{ID: "avoids"}
	locks := mutexes(8)
	candidates := []*spec.Change{mends, avoids}
	var asks []line // of changes that take one more lock on the way
	for _, l := range locks[2:] {
		c := &spec.Change{ID: "takes-" + l.Class.Name}
		candidates = append(candidates, c)
		asks = append(asks, line{kind: lineLocks, lock: l, when: c, has: true})
	}
	actors := actorsOfLines([][]line{
		append(asks, line{kind: lineLocks, lock: locks[0], when: mends, body: []line{{kind: lineLocks, lock: locks[1]}}}),
		{{kind: lineLocks, lock: locks[1], when: avoids, body: []line{{kind: lineLocks, lock: locks[0]}}}},
	})
	b := searched(t, BackportConfig{Candidates: candidates, Sizes: SizesUpTo(2, 1), Actors: func(spec.Kernel) ([]spec.Actor, error) { return actors, nil }})
	require.Equal(t, 3, b.out.Checks, "of the kernel as it is, and of the two that are right")
	want := minimal(rightSets(t, b))
	require.Equal(t, []changeSet{b.setOf(candidates[:1]), b.setOf(candidates[1:2])}, want)
	both := clause{add: b.setOf(candidates[:2])}
	require.Contains(t, b.learnt, both)
	for _, i := range both.add.members() {
		_, wrong := wronglyRefuted(clause{add: both.add.without(i)}, want)
		require.True(t, wrong)
	}
}

func mutexes(n int) []spec.Lock {
	var out []spec.Lock
	for i := range n {
		out = append(out, (&spec.LockClass{Name: fmt.Sprintf("lock%d", i), Kind: spec.Mutex}).Of(spec.NoBlock))
	}
	return out
}

// Actors that are made otherwise for another kernel depend on what was asked when they were made, too.
func TestBackportOfActorsThatAreMade(t *testing.T) {
	mends := &spec.Change{ID: "mends"}
	b := searched(t, BackportConfig{Candidates: []*spec.Change{mends}, Sizes: SizesUpTo(2, 1), Actors: func(k spec.Kernel) ([]spec.Actor, error) {
		if k.Has(mends) {
			return actorsOfLines([][]line{{{kind: lineChooses}}}), nil
		}
		return actorsOfLines([][]line{{{kind: lineBug}}}), nil
	}})
	require.Len(t, b.out.Sets, 1)
	require.Equal(t, []*spec.Change{mends}, b.out.Sets[0].Changes)
}

// A scene shows its counterexample again, and nothing that the whole machine does not do. In a kernel that is right it shows nothing.
func TestScenes(t *testing.T) {
	size := spec.Size{Tasks: 2, Blocks: 1}
	right := []*spec.Change{spec.RemoveTakesDeviceHotplug, spec.LockInOnlinePages, spec.RemoveReturnsBusy, spec.AddTakesDeviceHotplug, spec.ProbeStoreUnlock, spec.MemtraceContig}
	for _, name := range []string{"v4.14", "v5.7"} {
		k, err := spec.ParseKernel(name)
		require.NoError(t, err)
		r, err := Check(t.Context(), Config{Kernel: k, Tasks: size.Tasks, Blocks: size.Blocks})
		require.NoError(t, err)
		all := map[string]bool{}
		for _, v := range r.Violations {
			all[keyOf(v)] = true
		}
		for _, v := range r.Violations {
			sc := sceneOf(v, size)
			shown := shownBy(t, sc, k)
			if v.Invariant != spec.LockOrder.ID { // which is a property of several paths together
				require.Contains(t, shown, keyOf(v), name)
			}
			for _, key := range shown {
				require.True(t, all[key], "%s: %s, in the scene of %s", name, key, v)
			}
			require.Empty(t, shownBy(t, sc, k.With(slices.Concat(right, []*spec.Change{spec.RemoveUnpairedDone})...)), "%s: %s", name, v)
		}
	}
}

func keyOf(v Violation) string {
	return distinct{invariant: &spec.Invariant{ID: v.Invariant}, function: v.Function, actors: v.Actors}.key()
}

// shownBy plays a scene and returns the violations that it shows.
func shownBy(t *testing.T, sc *scene, k spec.Kernel) []string {
	actors, err := spec.ExistingActors(k, strings.Join(sc.cast, ","))
	require.NoError(t, err)
	if len(actors) == 0 {
		return nil
	}
	e, err := newExplorer(Config{Kernel: k, Actors: actors, Tasks: sc.size.Tasks, Blocks: sc.size.Blocks, Jobs: 1, scene: sc})
	require.NoError(t, err)
	require.NoError(t, e.explore(t.Context()))
	require.Empty(t, e.limit)
	var out []string
	for _, d := range e.discoveries {
		if !d.bystander {
			out = append(out, d.key())
		}
	}
	return out
}

// Who stops where the scene goes on otherwise keeps the locks that it holds: what they protect is not touched.
func TestScenesEndWithLocksHeld(t *testing.T) {
	lock := mutexes(1)[0]
	v := (&spec.VarClass{Name: "v", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	w := (&spec.VarClass{Name: "w", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	actors := []spec.Actor{
		{Name: "reader", Run: func(t spec.Task, _ spec.Block) spec.Errno {
			t.Lock(lock)
			t.Pin(v)
			t.Read(w)
			t.Unpin(v)
			t.Unlock(lock)
			return spec.OK
		}},
		{Name: "writer", Run: func(t spec.Task, _ spec.Block) spec.Errno {
			t.Lock(lock)
			t.Write(v, 1)
			t.Write(v, 0)
			t.Unlock(lock)
			t.Write(w, 0)
			return spec.OK
		}},
	}
	other := &scene{answers: map[question][]string{{"reader", "reader", opRead.String(), w.String()}: {"1"}}}
	for _, sc := range []*scene{nil, other} {
		e, err := newExplorer(Config{Actors: actors, Tasks: 2, Blocks: 1, Jobs: 1, scene: sc, Reductions: Reductions{NoSlicing: true}})
		require.NoError(t, err)
		require.NoError(t, e.explore(t.Context()))
		require.Empty(t, e.discoveries)
		ends := slices.ContainsFunc(e.a.nodes, func(n node) bool { return n.fatal && len(n.held) == 1 })
		require.Equal(t, sc != nil, ends)
	}
}
