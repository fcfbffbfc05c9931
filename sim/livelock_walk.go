package sim

import "slices"

// walk makes a way into the loop and a way round it that is fair: a task that does not move has to wait somewhere on it, and each choice
// marked eventually that is made on it gets each answer on it.
func (f *livelockFinder) walk(l *loop) *livelock {
	in := f.path(0, func(n int32) bool { return l.in[n] }, nil)
	at := int32(0)
	if len(in) > 0 {
		at = in[len(in)-1].to
	}
	out := &livelock{at: f.states[at], in: in}
	first := at
	visit := func(steps []loopStep) {
		out.round = append(out.round, steps...)
		if len(steps) > 0 {
			at = steps[len(steps)-1].to
		}
	}
	for i := range f.x.tasks {
		switch {
		case f.states[at].node[i] == root:
		case f.moves(l, i):
			visit(f.pathTo(l, at, func(st loopStep) bool { return st.task == i }))
		default:
			out.stay |= 1 << i
			visit(f.path(at, func(n int32) bool { return f.mustWait(n, i) }, l))
		}
	}
	for _, want := range f.answersIn(l) {
		visit(f.pathTo(l, at, func(st loopStep) bool {
			return st.task == want.task && st.op.node == want.op.node && st.op.answer == want.op.answer
		}))
	}
	visit(f.path(at, func(n int32) bool { return n == first }, l))
	return out
}

// answersIn returns a step for each answer of each choice marked eventually that is made in the loop.
func (f *livelockFinder) answersIn(l *loop) []loopStep {
	var out []loopStep
	for _, s := range l.states {
		for _, st := range f.inside(l, s) {
			same := func(o loopStep) bool {
				return o.task == st.task && o.op.node == st.op.node && o.op.answer == st.op.answer
			}
			if f.a.nodes[st.op.node].op.fair && !slices.ContainsFunc(out, same) {
				out = append(out, st)
			}
		}
	}
	return out
}

// pathTo returns the shortest way in the loop whose last step is as wanted.
func (f *livelockFinder) pathTo(l *loop, from int32, wanted func(loopStep) bool) []loopStep {
	var last loopStep
	ends := func(n int32) bool {
		i := slices.IndexFunc(f.inside(l, n), wanted)
		if i >= 0 {
			last = f.inside(l, n)[i]
		}
		return i >= 0
	}
	return append(f.path(from, ends, l), last)
}

// path returns the shortest way from one state to one that is wanted, inside the loop if there is one.
func (f *livelockFinder) path(from int32, wanted func(int32) bool, l *loop) []loopStep {
	came := map[int32]loopStep{}
	for todo := []int32{from}; len(todo) > 0; todo = todo[1:] {
		at := todo[0]
		if wanted(at) {
			var way []loopStep
			for at != from {
				way = append(way, came[at])
				at = came[at].from
			}
			slices.Reverse(way)
			return way
		}
		steps := f.steps[at]
		if l != nil {
			steps = f.inside(l, at)
		}
		for _, st := range steps {
			if _, seen := came[st.to]; !seen && st.to != from {
				came[st.to] = st
				todo = append(todo, st.to)
			}
		}
	}
	return nil // not reached: the states of a loop lead to one another
}
