package prove

import (
	"slices"

	"memhp/sim/prove/proof"
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
	c *machine
	i *ideal
	// emit receives a move, breaks a rule that a task breaks.
	emit   func(m move)
	breaks func(rule string)
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

// step computes the moves of a task at place n; others is what the counted tasks besides have. Where an edge leads nowhere, nobody is at
// place n with these variables (docs/semantics.md, theorem 1).
func (x *stepper) step(n int, others proof.Has) {
	vars := x.i.vars
	for at := range x.c.places[n].edges {
		e := &x.c.places[n].edges[at]
		switch {
		case vars&e.mask != e.when || meets(others, e.nobody):
		case some(e.somebody) && !meets(others, e.somebody) && !e.perhaps.meets(x.i.any):
		case e.breaks != "":
			x.breaks(e.breaks)
		case e.to >= 0:
			x.emit(move{vars&^e.clear | e.set, n, e.to, e.gone})
		}
	}
}
