package sim

import "slices"

// livelock is a fair cycle in which operations are in progress, none ends and none starts.
type livelock struct {
	// in is how its loop is reached from where the search was, by single operations; at is the state there; round goes round it once.
	in, round []loopStep
	at        state
	// stay are the tasks that are in progress and do not move.
	stay uint32
}

// loopStep is one operation of one task, from one state of the graph of a livelockFinder to another.
type loopStep struct {
	task     int
	op       micro
	from, to int32
}

// livelockFinder looks for livelocks, state by state. All it lets move are tasks that may stay for ever where they are, one operation
// at a time, and only to where they may stay too: after some time nothing else moves in a livelock.
type livelockFinder struct {
	a *automaton
	x stepper
	// done are the states whose loops were all looked at.
	done   map[state]bool
	index  map[state]int32
	states []state
	steps  [][]loopStep // by the state that they start from

	log    []micro
	landed []loopStep // what the step that is computed leads to
}

func newLivelockFinder(a *automaton, tasks int) *livelockFinder {
	single := *a
	single.plain = true
	single.code = slices.Clone(a.code)
	for i := range single.code {
		single.code[i].idle, single.code[i].loop = false, false
	}
	f := &livelockFinder{a: &single, done: map[state]bool{}}
	f.x = stepper{a: f.a, tasks: tasks, arrived: make([]bool, len(a.nodes)), report: func(finding) {}}
	f.x.log = &f.log
	return f
}

// find returns the livelocks whose states can be reached from s by tasks that go round, and that were not found before.
func (f *livelockFinder) find(s *state) []*livelock {
	if f.done[*s] || !f.eligible(s) || f.x.stuck(s) != 0 {
		return nil
	}
	f.explore(s)
	for i := range f.states {
		f.done[f.states[i]] = true
	}
	var out []*livelock
	n := int32(len(f.states))
	for _, c := range cyclic(n, func(n int32, visit func(int32)) {
		for _, st := range f.steps[n] {
			visit(st.to)
		}
	}) {
		if l := f.fair(c, nil); l != nil {
			out = append(out, f.walk(l))
		}
	}
	return out
}

// eligible tells whether some task may go round for ever where it is, and every other may do so too, or wait, or is idle. A task
// whose path has ended says nothing about those that wait for it.
func (f *livelockFinder) eligible(s *state) bool {
	goes := false
	for i := range f.x.tasks {
		n := s.node[i]
		if !f.a.mayStay(n) {
			return false
		}
		goes = goes || f.a.endless.at[n]
	}
	return goes
}

// explore builds the graph of the states that can be reached from s and were not looked at before; s is number 0.
func (f *livelockFinder) explore(s *state) {
	f.index, f.states, f.steps = map[state]int32{*s: 0}, []state{*s}, nil
	for at := int32(0); int(at) < len(f.states); at++ {
		var out []loopStep
		from := f.states[at]
		stuck := f.x.stuck(&from) != 0 // on its way round a task may deadlock with others; what those do who are left is no livelock
		for i := range f.x.tasks {
			if !stuck && f.a.endless.at[from.node[i]] {
				out = append(out, f.stepsOf(&from, at, i)...)
			}
		}
		f.steps = append(f.steps, out)
	}
}

// stepsOf returns the steps of task i that stay within its loops.
func (f *livelockFinder) stepsOf(s *state, at int32, i int) []loopStep {
	f.log, f.landed = f.log[:0], nil
	f.x.emit = func(t *state) {
		if len(f.log) != 1 {
			return // it ended its path
		}
		o, to := f.log[0], *t
		next := f.a.within(o.node, o.next)
		if len(next) == 0 { // it ended its operation
			return
		}
		if to.node[i] = next[0]; !f.a.endless.at[next[0]] || f.done[to] {
			return
		}
		n, seen := f.index[to]
		if !seen {
			n = int32(len(f.states))
			f.index[to], f.states = n, append(f.states, to)
		}
		f.landed = append(f.landed, loopStep{i, o, at, n})
	}
	f.x.step(s, i)
	return f.landed
}

// loop is a strongly connected part of the graph: its states, and the choices that a fair run in it makes only finitely often.
type loop struct {
	states []int32
	in     map[int32]bool
	never  map[choice]bool
}

// choice is a choice of a task.
type choice struct {
	task int
	node int32
}

// fair returns a part of the loop round which a run can go for ever and be fair, or nil: every choice marked eventually that is made
// in it gets every answer in it, and every task that could go on all the time moves.
func (f *livelockFinder) fair(states []int32, never map[choice]bool) *loop {
	l := &loop{states: states, in: map[int32]bool{}, never: never}
	for _, s := range states {
		l.in[s] = true
	}
	if c, unfair := f.unfairChoice(l); unfair {
		less := map[choice]bool{c: true}
		for c := range never {
			less[c] = true
		}
		smaller := &loop{states: states, in: l.in, never: less}
		for _, part := range cyclic(int32(len(f.states)), func(n int32, visit func(int32)) {
			for _, st := range f.inside(smaller, n) {
				visit(st.to)
			}
		}) {
			if found := f.fair(part, less); found != nil {
				return found
			}
		}
		return nil
	}
	for i := range f.x.tasks {
		if f.states[states[0]].node[i] != root && !f.moves(l, i) && !f.waits(l, i) {
			return nil
		}
	}
	return l
}

// inside returns the steps from a state that stay in the loop.
func (f *livelockFinder) inside(l *loop, from int32) []loopStep {
	if !l.in[from] {
		return nil
	}
	var out []loopStep
	for _, st := range f.steps[from] {
		if l.in[st.to] && !l.never[choice{st.task, st.op.node}] {
			out = append(out, st)
		}
	}
	return out
}

// unfairChoice returns a choice marked eventually that is made in the loop but does not get every answer in it.
func (f *livelockFinder) unfairChoice(l *loop) (choice, bool) {
	got := map[choice]map[int]bool{}
	for _, s := range l.states {
		for _, st := range f.inside(l, s) {
			if c := (choice{st.task, st.op.node}); f.a.nodes[c.node].op.fair {
				if got[c] == nil {
					got[c] = map[int]bool{}
				}
				got[c][st.op.answer] = true
			}
		}
	}
	for _, s := range l.states { // in a fixed order
		for i := range f.x.tasks {
			c := choice{i, f.states[s].node[i]}
			if answers, made := got[c]; made && len(answers) < len(f.a.nodes[c.node].next) {
				return c, true
			}
		}
	}
	return choice{}, false
}

func (f *livelockFinder) moves(l *loop, task int) bool {
	return slices.ContainsFunc(l.states, func(s int32) bool {
		return slices.ContainsFunc(f.inside(l, s), func(st loopStep) bool { return st.task == task })
	})
}

// waits tells whether the task has to wait in some state of the loop.
func (f *livelockFinder) waits(l *loop, task int) bool {
	return slices.ContainsFunc(l.states, func(s int32) bool { return f.mustWait(s, task) })
}

func (f *livelockFinder) mustWait(s int32, task int) bool {
	f.x.others(&f.states[s], task)
	return !f.x.enabled(&f.states[s], f.states[s].node[task])
}
