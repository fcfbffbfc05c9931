package prove

import (
	"slices"

	"memhp/sim"
)

// move is a step of a task of an ideal, from place to place. Nobody is at the places of gone then.
type move struct {
	vars     uint64
	from, to int
	gone     slots // nil: it says nothing
}

// apply returns what a move leads to.
func (c *machine) apply(i *ideal, m move) ideal {
	out := ideal{vars: m.vars, tasks: i.tasks, any: slices.Clone(i.any)}
	out.any.remove(m.gone)
	from, to := &c.places[m.from], &c.places[m.to]
	if from.slot < 0 || to.slot < 0 {
		out.tasks = slices.Clone(i.tasks)
	}
	if from.slot < 0 {
		at := slices.Index(out.tasks, int32(m.from))
		out.tasks = slices.Delete(out.tasks, at, at+1)
	}
	if to.slot < 0 {
		at, _ := slices.BinarySearch(out.tasks, int32(m.to))
		out.tasks = slices.Insert(out.tasks, at, int32(m.to))
		out.any.remove(to.excluded)
	} else {
		out.any.add(to.slot)
	}
	return out
}

// stepper computes moves.
type stepper struct {
	c    *machine
	i    *ideal
	emit func(m move)
	// pinned receives a place whose write changes what another task relies on, failed one whose assertion fails, and
	// waits one where a task waits for a condition.
	pinned, failed, waits func(n int)
}

// all computes each move of each task. Places that emit adds to those of the ideal are looked at too, some of them.
func (x *stepper) all() {
	for at, n := range x.i.tasks {
		if at == 0 || x.i.tasks[at-1] != n {
			x.step(int(n), x.c.counts(x.i, at))
		}
	}
	others := x.c.counts(x.i, -1)
	x.i.any.each(func(slot int) { x.step(x.c.slotAt[slot], others) })
}

// step computes the moves of a task at place n; others is what the counted tasks besides have.
func (x *stepper) step(n int, others holds) {
	p := &x.c.places[n]
	if p.ends {
		return
	}
	switch p.kind {
	case sim.OpIdle:
		x.start(others)
	case sim.OpChoose:
		x.anywhere(n)
	case sim.OpLock, sim.OpRLock, sim.OpDrain, sim.OpTryLock:
		x.acquire(n, others)
	case sim.OpTryRLock:
		if p.mask != 0 { // a kernfs node: it is to be had if it is active
			x.answer(n, int(p.of(x.i.vars)), x.i.vars)
			return
		}
		x.acquire(n, others)
	case sim.OpActivate:
		x.answer(n, 0, p.with(x.i.vars&^p.clear|p.set, 1))
	case sim.OpDeactivate:
		x.answer(n, 0, p.with(x.i.vars, 0))
	default:
		x.value(n, others)
	}
}

func (x *stepper) start(others holds) {
	for _, s := range x.c.starts {
		if !others.meets(s.work) {
			x.goTo(0, s.place, x.i.vars, nil)
		}
	}
}

// anywhere goes on with every answer.
func (x *stepper) anywhere(n int) {
	for _, to := range x.c.places[n].next {
		x.goTo(n, to, x.i.vars, nil)
	}
}

// answer goes on with one answer.
func (x *stepper) answer(n, answer int, vars uint64) {
	x.goTo(n, x.c.places[n].next[answer], vars, nil)
}

// goTo emits a move, unless the answer cannot occur: then nobody is at place n with these variables (docs/semantics.md, theorem 1).
func (x *stepper) goTo(n, to int, vars uint64, gone slots) {
	if to != sim.NoNode {
		x.emit(move{vars, n, to, gone})
	}
}

// acquire takes a lock, or fails to. Counted tasks are surely in the way; others perhaps, and not if it succeeds.
func (x *stepper) acquire(n int, others holds) {
	p := &x.c.places[n]
	taken := 0
	if p.tries {
		taken = 1
	}
	busy := p.fails || others.meets(p.blocked)
	if !busy {
		x.goTo(n, p.next[taken], x.i.vars, p.inTheWay)
	}
	if p.tries && (busy || p.inTheWay.meets(x.i.any)) {
		x.answer(n, 0, x.i.vars)
	}
}

// value does what is about a variable, and what touches nothing that a step looks at.
func (x *stepper) value(n int, others holds) {
	p := &x.c.places[n]
	is := p.of(x.i.vars)
	switch p.kind {
	case sim.OpRead:
		x.answer(n, int(is), x.i.vars)
	case sim.OpWrite:
		x.write(n, 0, others)
	case sim.OpSwap:
		if is == p.old {
			x.write(n, 1, others)
		} else {
			x.answer(n, 0, x.i.vars)
		}
	case sim.OpWait:
		if is == p.arg {
			x.answer(n, 0, x.i.vars)
		} else if !p.never {
			x.waits(n)
		}
	case sim.OpAssert:
		if is == p.arg {
			x.answer(n, 0, x.i.vars)
		} else {
			x.failed(n)
		}
	default: // an announcement, a release, the begin and end of a pin, a return
		x.answer(n, 0, x.i.vars)
	}
}

func (x *stepper) write(n, answer int, others holds) {
	p := &x.c.places[n]
	if others.pins&p.pinBit != 0 || p.pinners.meets(x.i.any) {
		x.pinned(n)
	}
	x.answer(n, answer, p.with(x.i.vars, p.arg))
}
