package prove

import (
	"encoding/binary"
	"slices"

	"memhp/spec"
)

// ideal is a set of states: the variables have these values, these tasks are where they are counted, and at each place of any there is
// any number of tasks, also none.
type ideal struct {
	vars  uint64
	tasks []int32 // sorted
	any   slots
	// queued tells that the search has yet to look at it.
	queued bool
}

// control names the ideals that differ only in any.
func (i *ideal) control() string {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 24), i.vars)
	for _, n := range i.tasks {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return string(b)
}

// initials returns the ideals of the initial states: each block in any of the states of spec.BlockInits, any number of idle tasks.
func (c *machine) initials() []ideal {
	first := ideal{any: make(slots, c.words)}
	first.any.add(c.places[0].slot)
	for v, f := range c.vars {
		first.vars = f.with(first.vars, uint64(v.Class.Init))
	}
	out := []ideal{first}
	for b := range spec.Block(c.model.Blocks) {
		var more []ideal
		for _, i := range out {
			for _, bi := range spec.BlockInits() {
				more = append(more, c.withBlock(i, b, bi))
			}
		}
		out = more
	}
	return out
}

func (c *machine) withBlock(i ideal, b spec.Block, bi spec.BlockInit) ideal {
	i.any = slices.Clone(i.any)
	for class, x := range bi.Values {
		i.vars = c.vars[class.Of(b)].with(i.vars, uint64(x))
	}
	for l, f := range c.active {
		if l.Block == b && bi.Visible {
			i.vars = f.with(i.vars, 1)
		}
	}
	return i
}

// view lets a predicate look at those states of an ideal in which just these locks are held.
type view struct {
	c    *machine
	i    *ideal
	held uint64
}

// Value implements spec.State.
func (w view) Value(v spec.Var) int {
	if f, ok := w.c.vars[v]; ok {
		return int(f.of(w.i.vars))
	}
	return v.Class.Init
}

// Held implements spec.State.
func (w view) Held(l spec.Lock) bool { return w.held&w.c.bit(l) != 0 }

// Active implements spec.State.
func (w view) Active(l spec.Lock) bool { return w.c.active[l].of(w.i.vars) == 1 }

// disagrees tells whether some state of i makes g false for block b. Of the locks that g looks at, those that counted tasks hold
// are held, and those that only other tasks may hold are held or not.
func (c *machine) disagrees(i *ideal, g spec.Agreement, b spec.Block) bool {
	surely := c.counts(i, -1)
	views := []view{{c, i, surely.ex | surely.sh}}
	for _, l := range g.Locks(b) {
		bit := c.bit(l)
		perhaps := false
		i.any.each(func(slot int) { p := &c.places[c.slotAt[slot]]; perhaps = perhaps || (p.ex|p.sh)&bit != 0 })
		if !perhaps {
			continue
		}
		for _, w := range slices.Clone(views) {
			views = append(views, view{c, i, w.held | bit})
		}
	}
	return slices.ContainsFunc(views, func(w view) bool { return !g.Holds(w, b) })
}

// counts collects what the counted tasks have, but for the one at index me.
func (c *machine) counts(i *ideal, me int) holds {
	var h holds
	for at, n := range i.tasks {
		if at != me {
			h = h.or(c.places[n].holds)
		}
	}
	return h
}
