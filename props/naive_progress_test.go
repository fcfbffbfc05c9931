package props

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// naiveStep is a step of one task from one world to another in which no operation begins or ends; answer is what it got if it is a choice that
// is marked eventually, and -1 if not.
type naiveStep struct{ from, to, task, answer int }

// livelocks returns who is in progress in each fair cycle of the worlds that were explored, without those who contain others: docs/semantics.md,
// section 11, as it is written there.
func (m *naive) livelocks() []string {
	number := map[string]int{}
	for i, w := range m.seen {
		number[w.key()] = i
	}
	var steps []naiveStep
	for i, w := range m.seen {
		if m.ended(w) || m.blocked(w) && m.anyStuck(w) {
			continue
		}
		for task := range w.at {
			m.stays(w, task, func(after world, answer int) { steps = append(steps, naiveStep{i, number[after.key()], task, answer}) })
		}
	}
	steps, part := m.fairSteps(steps)
	fair := map[int]bool{}
	for _, s := range steps {
		fair[part[s.from]] = true
	}
	for i, w := range m.seen {
		for task, n := range w.at {
			if idle := m.places[n].actor < 0; fair[part[i]] && !idle && !m.fairTo(task, part[i], part, steps) {
				fair[part[i]] = false
			}
		}
	}
	return m.fewest(fair, part)
}

func (m *naive) ended(w world) bool {
	return slices.ContainsFunc(w.at, func(n int) bool { return m.places[n].ended })
}

// anyStuck tells whether some set of tasks is stuck.
func (m *naive) anyStuck(w world) bool {
	for set := 1; set < 1<<m.tasks; set++ {
		if m.stuck(w, set) {
			return true
		}
	}
	return false
}

// stays calls visit with each world to which a step of a task leads that is in progress and stays so. A restart begins the operation again.
func (m *naive) stays(w world, task int, visit func(after world, answer int)) {
	n := w.at[task]
	p := m.places[n]
	if p.actor < 0 || p.ended || p.op.name == "return" || !m.enabled(w, task) {
		return
	}
	goes := func(after world, answer, fair int) {
		after.at[task] = m.follow(n, answer)
		if m.places[after.at[task]].actor < 0 {
			after.at[task] = m.number(m.replay(p.actor, p.block, nil))
		}
		visit(after, fair)
	}
	if p.op.name == "choose" {
		for answer := range p.op.n {
			fair := -1
			if p.op.fair {
				fair = answer
			}
			goes(w.clone(), answer, fair)
		}
		return
	}
	after := w.clone()
	if answer, ok := m.perform(&after, task, p.op); ok {
		goes(after, answer, -1)
	}
}

// fairSteps leaves those steps that lie on cycles in which each choice that is marked eventually, and made, gets each of its answers. The worlds
// of a part lead to one another.
func (m *naive) fairSteps(steps []naiveStep) ([]naiveStep, []int) {
	for {
		part := components(len(m.seen), steps)
		before := len(steps)
		steps = slices.DeleteFunc(steps, func(s naiveStep) bool { return part[s.from] != part[s.to] })
		type choice struct{ part, task, place int }
		got := map[choice]map[int]bool{}
		of := func(s naiveStep) choice { return choice{part[s.from], s.task, m.seen[s.from].at[s.task]} }
		for _, s := range steps {
			if c := of(s); s.answer >= 0 {
				if got[c] == nil {
					got[c] = map[int]bool{}
				}
				got[c][s.answer] = true
			}
		}
		steps = slices.DeleteFunc(steps, func(s naiveStep) bool {
			return s.answer >= 0 && len(got[of(s)]) < m.places[m.seen[s.from].at[s.task]].op.n
		})
		if len(steps) == before {
			return steps, part
		}
	}
}

// components numbers the strongly connected components: those who are reached from each other. It is Kosaraju's algorithm: the order in which
// all is left forwards, and then what is reached backwards.
func components(n int, steps []naiveStep) []int {
	forth, back := make([][]int, n), make([][]int, n)
	for _, s := range steps {
		forth[s.from], back[s.to] = append(forth[s.from], s.to), append(back[s.to], s.from)
	}
	var left []int
	seen := make([]bool, n)
	var leave func(i int)
	leave = func(i int) {
		seen[i] = true
		for _, j := range forth[i] {
			if !seen[j] {
				leave(j)
			}
		}
		left = append(left, i)
	}
	for i := range n {
		if !seen[i] {
			leave(i)
		}
	}
	part := make([]int, n)
	for i := range part {
		part[i] = -1
	}
	for _, first := range slices.Backward(left) {
		for todo := []int{first}; len(todo) > 0; {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if part[i] < 0 {
				part[i] = first
				for _, j := range back[i] {
					if part[j] < 0 {
						todo = append(todo, j)
					}
				}
			}
		}
	}
	return part
}

// fairTo tells whether a task moves in a part, or has to wait somewhere in it.
func (m *naive) fairTo(task, in int, part []int, steps []naiveStep) bool {
	if slices.ContainsFunc(steps, func(s naiveStep) bool { return s.task == task && part[s.from] == in }) {
		return true
	}
	for i, w := range m.seen {
		if part[i] == in && !m.enabled(w, task) {
			return true
		}
	}
	return false
}

// fewest returns the actors in progress in each fair part that contain no others.
func (m *naive) fewest(fair map[int]bool, part []int) []string {
	var all [][]string
	for i, w := range m.seen {
		var who []string
		for _, n := range w.at {
			if p := m.places[n]; p.actor >= 0 && fair[part[i]] {
				who = append(who, m.actors[p.actor].Name)
			}
		}
		if slices.Sort(who); len(who) > 0 && !slices.ContainsFunc(all, func(w []string) bool { return slices.Equal(w, who) }) {
			all = append(all, who)
		}
	}
	out := []string{}
	for _, who := range all {
		if !slices.ContainsFunc(all, func(w []string) bool { return len(w) < len(who) && containsAll(who, w) }) {
			out = append(out, strings.Join(who, " "))
		}
	}
	return sorted(out)
}

// containsAll tells whether each of less is in more, as many times; both are sorted.
func containsAll(more, less []string) bool {
	for _, x := range more {
		if len(less) > 0 && less[0] == x {
			less = less[1:]
		}
	}
	return len(less) == 0
}

// drawLoops draws actors whose programs go round: until a variable has a value, until a trylock succeeds, as long as a choice says so, which may be
// marked eventually; some from the beginning, which is a restart, some on each of two blocks.
func drawLoops(t *rapid.T) sim.Config {
	c := sim.Config{Kernel: kernel(t, "v6.12"), Tasks: rapid.IntRange(1, 3).Draw(t, "tasks"), Blocks: rapid.IntRange(1, 2).Draw(t, "blocks")}
	for i := range rapid.IntRange(1, 3).Draw(t, "actors") {
		o, perBlock := objects{[]spec.Lock{mutexA, mutexB, rwsem}, []spec.Var{varX, varX, data}}, rapid.Bool().Draw(t, "per block")
		if perBlock || rapid.Bool().Draw(t, "of a block") {
			o = objects{[]spec.Lock{mutexA, rwsem, ofBlock}, []spec.Var{varB, varB, varX, data}}
		}
		program := drawBlock(t, o, 0)
		loop := drawLoop(t, o, 1)
		if rapid.Bool().Draw(t, "nested") {
			loop.body = append(loop.body, drawLoop(t, o, 0))
		}
		if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
			loop.body = append(loop.body, stmt{op: doPublish, v: varX}, stmt{op: doRemove})
		}
		if rapid.Bool().Draw(t, "first") {
			program = append([]stmt{loop}, program...)
		} else {
			program = append(program, loop)
		}
		if rapid.Bool().Draw(t, "under") {
			program = []stmt{{op: doLock, lock: rapid.SampledFrom(o.locks).Draw(t, "outer"), body: program}}
		}
		t.Logf("%d: per block: %t: %v", i, perBlock, program)
		on := spec.Block(c.Blocks - 1) // of one that is not per block
		c.Actors = append(c.Actors, spec.Actor{Name: []string{"a", "b", "c"}[i], PerBlock: perBlock, Run: func(t spec.Task, b spec.Block) spec.Errno {
			if b == spec.NoBlock {
				b = on
			}
			runBlock(t, b, program)
			return spec.OK
		}})
	}
	return c
}

func drawLoop(t *rapid.T, o objects, depth int) stmt {
	loop := drawStmt(t, o, depth)
	loop.op = rapid.SampledFrom([]int{doLoop, doLoop, doRetry, doRestart, doEventually, doEventually}).Draw(t, "loop")
	return loop
}

// livelocksOf returns who is in each livelock that an exploration finds.
func livelocksOf(r *sim.Result) []string {
	out := []string{}
	for _, v := range r.Violations {
		if v.Invariant == spec.Progress.ID {
			out = append(out, strings.Join(sorted(v.Actors), " "))
		}
	}
	return slices.Compact(sorted(out))
}

// The engine finds the livelocks of random programs, with and without reductions, that a search for fair cycles finds in the graph of all worlds.
func TestNaiveAgreesOnProgress(t *testing.T) {
	all, compared, some := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		for range 3 {
			want, complete := progressAsNaive(t, drawLoops(t))
			all, compared, some = all+1, compared+asAnswer(complete), some+asAnswer(len(want) > 0)
		}
	})
	require.Greater(t, compared, all/2, "of %d", all)
	require.Greater(t, some, compared/10, "of %d", compared)
}

// progressAsNaive checks that the engine finds the livelocks of c that the naive explorer finds, unless c is too big for that.
func progressAsNaive(t *rapid.T, c sim.Config) (want []string, complete bool) {
	m, err := newNaive(c, nodesOf(c.Blocks)...)
	require.NoError(t, err)
	if !m.explore(10_000) {
		return nil, false
	}
	want = m.livelocks()
	require.Equal(t, want, livelocksOf(check(t, c)), "reduced")
	c.Reductions = allOff
	require.Equal(t, want, livelocksOf(check(t, c)), "plain")
	return want, true
}

// nodesOf returns the kernfs nodes of random programs.
func nodesOf(blocks int) []spec.Lock {
	var out []spec.Lock
	for b := range spec.Block(blocks) {
		out = append(out, attr.Class.Of(b))
	}
	return out
}
