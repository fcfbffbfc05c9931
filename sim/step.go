package sim

import (
	"fmt"
	"slices"
)

// failed is the answer of an assertion that does not hold: what the procedure would do then has no meaning.
const failed = -1

// stepper computes what one step of one task can do. A step is a whole piece (docs/semantics.md, theorem 2).
type stepper struct {
	a     *automaton
	tasks int
	// what the other tasks hold and pin, while a step is computed
	oex, osh, opend, opins uint64

	// emit receives each state that the step can lead to.
	emit func(s *state)
	// log, if set, receives the operations from the start of the step to where it is now.
	log *[]micro
	// onLand, if set, is told each arrival.
	onLand func(s *state, n int32)
	// report receives the broken rules; s is the state just after.
	report func(f finding)
	// arrived notes the nodes that a task has come to, fresh those that it came to for the first time.
	arrived []bool
	fresh   []int32
	// committed tells that the step has done more than what moves to the right; loops are its loop heads.
	committed bool
	loops     []loopHead
	// outcome numbers the ends of the step, in the order in which they are found.
	outcome int
	err     error
	// seen, if set, notes which answers were given and where tasks waited.
	seen *seen
}

// loopHead is a place to which Again came back, and the variables then.
type loopHead struct {
	node int32
	vars uint64
}

// step computes every outcome of a step of task i in s, and tells whether the task can move at all. It leaves s as it was.
func (x *stepper) step(s *state, i int) bool {
	x.others(s, i)
	x.outcome, x.committed, x.loops = 0, false, x.loops[:0]
	if x.a.nodes[s.node[i]].fatal {
		return true // it does not go on, and waits for nothing
	}
	if !x.enabled(s, s.node[i]) {
		x.seen.wait(s.node[i])
		return false
	}
	at, vars := s.node[i], s.vars
	x.exec(s, i)
	s.node[i], s.vars = at, vars
	return true
}

// others collects what the tasks other than i hold.
func (x *stepper) others(s *state, i int) {
	x.oex, x.osh, x.opend, x.opins = 0, 0, 0, 0
	for t := 0; t < x.tasks; t++ {
		if t != i {
			n := s.node[t]
			x.oex |= x.a.ex[n]
			x.osh |= x.a.sh[n]
			x.opend |= x.a.pend[n]
			x.opins |= x.a.pins[n]
		}
	}
}

// enabled tells whether the operation at node n need not wait.
func (x *stepper) enabled(s *state, n int32) bool {
	in := &x.a.code[n]
	switch in.kind {
	case opLock:
		return (x.oex|x.osh)&in.bit == 0
	case opRLock:
		return x.oex&in.bit == 0 && !(in.wpref && x.opend&in.bit != 0)
	case opDrain:
		return x.osh&in.bit == 0
	case opWait:
		return s.vars>>in.shift&in.mask == in.arg
	}
	return true
}

// exec runs task i to the end of the piece, on every answer. Only the task's node and the variables of s change; what is left in
// them is that of the last branch.
func (x *stepper) exec(s *state, i int) {
	for {
		n := s.node[i]
		switch x.a.code[n].kind {
		case opRoot:
			x.start(s, i)
			return
		case opChoose:
			x.choose(s, i, n)
			return
		}
		answer := x.perform(s, n, i)
		switch {
		case answer == failed:
			x.end(s) // the task stays where it is
			return
		case answer == 0 && x.a.code[n].idle:
			x.seen.take(n, answer)
			x.outcome++
			return
		}
		if !x.arrive(s, i, n, answer) {
			return
		}
	}
}

// start begins each actor that can begin.
func (x *stepper) start(s *state, i int) {
	vars := s.vars
	for _, f := range x.a.starts {
		if x.a.ex[f]&x.oex != 0 {
			continue // a single actor, and another task runs it
		}
		x.rewind(0)
		x.committed = false
		s.node[i], s.vars = f, vars
		if x.land(s, i, f) && x.goesOn(s, root, f) {
			x.exec(s, i)
		}
	}
}

func (x *stepper) choose(s *state, i int, n int32) {
	depth, committed, vars := x.logged(), x.committed, s.vars
	for answer := range x.a.nodes[n].next {
		x.rewind(depth)
		x.committed = committed
		s.vars = vars // arrive moves the task from n, wherever the branch before left it
		if x.arrive(s, i, n, answer) {
			x.exec(s, i)
		}
	}
}

// perform does the operation at node n and returns the answer.
func (x *stepper) perform(s *state, n int32, i int) int {
	in := &x.a.code[n]
	x.committed = x.committed || in.mover == left || in.mover == non
	switch in.kind {
	case opTryLock:
		return b2i((x.oex|x.osh|x.a.ex[n]|x.a.sh[n])&in.bit == 0)
	case opTryRLock:
		if in.mask != 0 {
			return int(s.vars >> in.shift & 1)
		}
		return b2i((x.oex|x.a.ex[n])&in.bit == 0 && !(in.wpref && x.opend&in.bit != 0))
	case opActivate:
		s.vars = s.vars&^in.clear | in.set | 1<<in.shift
	case opDeactivate:
		s.vars &^= 1 << in.shift
	case opRead:
		if in.mask == 0 { // sliced away, or only one value: any answer that can occur
			return int(in.arg)
		}
		return int(s.vars >> in.shift & in.mask)
	case opWrite:
		x.write(s, in, n, i)
	case opSwap:
		if s.vars>>in.shift&in.mask != in.old {
			return 0
		}
		x.write(s, in, n, i)
		return 1
	case opAssert:
		if s.vars>>in.shift&in.mask != in.arg {
			x.report(finding{kind: failedAssert, node: n, task: i, state: s})
			return failed
		}
	}
	return 0
}

func (x *stepper) write(s *state, in *instr, n int32, i int) {
	s.vars = s.vars&^(in.mask<<in.shift) | in.arg&in.mask<<in.shift
	if x.opins&in.pinBit != 0 {
		x.report(finding{kind: brokenPin, node: n, task: i, state: s})
	}
}

// arrive moves task i from node n along the answer, and tells whether the step goes on.
func (x *stepper) arrive(s *state, i int, n int32, answer int) bool {
	next := x.a.nodes[n].next[answer]
	if next == noNode {
		x.err = fmt.Errorf("internal error: %s: answer %d of %s %s was not unrolled", x.a.actorName(n), answer, x.a.nodes[n].op.kind, x.a.nodes[n].op.object())
		return false
	}
	s.node[i] = next
	x.seen.take(n, answer)
	if x.log != nil {
		*x.log = append(*x.log, micro{n, answer, next})
	}
	for _, c := range x.a.code[n].check {
		if !x.a.agree[c.rule].Holds(view{x.a, s, x.tasks}, c.block) {
			x.report(finding{kind: brokenAgreement, node: n, task: i, state: s, at: c})
		}
	}
	if !x.land(s, i, next) {
		return false
	}
	return x.goesOn(s, n, next)
}

// goesOn tells whether the step that has come from node n to next continues (theorem 2). It is given up where Again has
// come back without any change.
func (x *stepper) goesOn(s *state, n, next int32) bool {
	in := &x.a.code[next]
	switch {
	case in.loop && x.sameAgain(next, s.vars):
		if !in.escapes {
			x.end(s) // it spins here
		}
		return false
	case x.a.plain || next == root:
		x.end(s)
		return false
	case in.mover == both || in.mover == left:
		return true
	case !x.committed && !in.stops:
		return x.begins(s, next)
	case x.a.code[n].kind == opAnnounce && x.a.code[n].fuse && x.enabled(s, next):
		return true // a writer that announces itself while the lock is free has it (theorem 4)
	}
	x.end(s)
	return false
}

// begins tells whether a step that has only done what moves to the right goes on with the operation at node n. If that has to wait, the task may as
// well not have begun, since no circular wait goes through n; if somebody waits for a condition, it rests there.
func (x *stepper) begins(s *state, n int32) bool {
	if x.enabled(s, n) {
		return true
	}
	x.seen.wait(n)
	if x.a.waits {
		x.end(s)
	}
	return false
}

// sameAgain tells whether this step has been at loop head n with the same variables before.
func (x *stepper) sameAgain(n int32, vars uint64) bool {
	h := loopHead{n, vars}
	if slices.Contains(x.loops, h) {
		return true
	}
	x.loops = append(x.loops, h)
	return false
}

// land notes that task i has come to node n, and tells whether the path goes on.
func (x *stepper) land(s *state, i int, n int32) bool {
	x.note(n)
	nd := &x.a.nodes[n]
	if x.onLand != nil {
		x.onLand(s, n)
	}
	if len(nd.broken) > 0 {
		x.report(finding{kind: brokenRule, node: n, task: i, state: s})
	}
	if nd.fatal {
		x.end(s) // the task stays here for ever, with what it holds
		return false
	}
	return true
}

// note notes that a task has come to node n.
func (x *stepper) note(n int32) {
	if !x.arrived[n] {
		x.arrived[n] = true
		x.fresh = append(x.fresh, n)
	}
}

func (x *stepper) end(s *state) {
	x.emit(s)
	x.outcome++
}

// logged returns the length of the log, to which rewind goes back before another branch.
func (x *stepper) logged() int {
	if x.log == nil {
		return 0
	}
	return len(*x.log)
}

func (x *stepper) rewind(n int) {
	if x.log != nil {
		*x.log = (*x.log)[:n]
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
