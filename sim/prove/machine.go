package prove

import (
	"fmt"
	"math/bits"
	"slices"

	"memhp/sim"
	"memhp/sim/prove/proof"
)

// place is a node of the system, with what a step looks up.
type place struct {
	proof.Has
	edges    []edge
	excluded slots     // the places, of those not counted, where no other task is while one is here
	slot     int       // -1 if tasks here are counted
	blocked  proof.Has // what another task has who makes one here wait; empty if none does
}

// edge is an edge of the system, compiled.
type edge struct {
	to         int
	mask, when uint64 // the values of these variables
	nobody     proof.Has
	gone       slots // the places of tasks, not counted, that have some of it
	somebody   proof.Has
	perhaps    slots  // likewise, where they may be while a task is here
	clear, set uint64 // what it changes
	breaks     string
}

// some tells whether h is not empty.
func some(h proof.Has) bool { return h != proof.Has{} }

func with(h, o proof.Has) proof.Has {
	return proof.Has{Writes: h.Writes | o.Writes, Reads: h.Reads | o.Reads, Pending: h.Pending | o.Pending, Pins: h.Pins | o.Pins}
}

// meets tells whether h and o have something in common.
func meets(h, o proof.Has) bool {
	return h.Writes&o.Writes|h.Reads&o.Reads|h.Pending&o.Pending|h.Pins&o.Pins != 0
}

// excludes tells whether two tasks cannot have h and o at the same time: one holds a lock for writing that the other holds.
func excludes(h, o proof.Has) bool { return h.Writes&(o.Writes|o.Reads)|h.Reads&o.Writes != 0 }

// field is where a variable lies in the word of variables.
type field struct {
	shift uint8
	mask  uint64
}

func (f field) of(vars uint64) uint64 { return vars >> f.shift & f.mask }

// machine is a system, compiled.
type machine struct {
	system *proof.System
	model  *sim.Model
	places []place
	slotAt []int // the place of each slot
	words  int   // of a set of slots
	fields []field
	never  []never
	// mayBlock are the slots of places where a task may be part of a circular wait.
	mayBlock slots
}

// never are states that break a rule: the variables have these values, and nobody holds a lock of free.
type never struct {
	mask, when, free uint64
	breaks           string
}

// newMachine compiles a system. Tasks at the given nodes are counted.
func newMachine(m *sim.Model, s *proof.System, counted []int) (*machine, error) {
	c := &machine{system: s, model: m}
	if err := c.lay(); err != nil {
		return nil, err
	}
	for _, n := range s.Nodes {
		c.places = append(c.places, place{Has: n.Has, slot: -1})
	}
	c.numberSlots(counted)
	for i := range c.places {
		c.compile(i)
	}
	for _, n := range s.Never {
		mask, when := c.word(n.When)
		c.never = append(c.never, never{mask, when, n.Free, n.Breaks})
	}
	c.mayBlock = c.slotsWhere(func(p *place) bool { return some(p.blocked) && p.Writes|p.Reads|p.Pending != 0 })
	return c, nil
}

// lay gives each field its bits.
func (c *machine) lay() error {
	at := 0
	for f := range c.system.Fields {
		most := 1
		for _, n := range c.system.Nodes {
			for _, e := range n.Edges {
				for _, x := range slices.Concat(e.When, e.Sets) {
					if x[0] == f {
						most = max(most, x[1])
					}
				}
			}
		}
		for _, values := range c.system.Initial {
			most = max(most, values[f])
		}
		w := bits.Len(uint(most))
		c.fields = append(c.fields, field{uint8(at), 1<<w - 1})
		at += w
	}
	if at > 64 {
		return fmt.Errorf("%d bits of variables, and at most 64 fit: use fewer blocks", at)
	}
	return nil
}

// word returns where the fields are that have values, and the values there.
func (c *machine) word(values [][2]int) (mask, when uint64) {
	for _, x := range values {
		f := c.fields[x[0]]
		mask |= f.mask << f.shift
		when = when&^(f.mask<<f.shift) | uint64(x[1])<<f.shift
	}
	return mask, when
}

// numberSlots decides where tasks are counted, and gives the other places slots.
func (c *machine) numberSlots(counted []int) {
	for i := range c.places {
		if _, ok := slices.BinarySearch(counted, i); !ok {
			c.places[i].slot = len(c.slotAt)
			c.slotAt = append(c.slotAt, i)
		}
	}
	c.words = (len(c.slotAt) + 63) / 64
}

// compile fills in what a step looks up.
func (c *machine) compile(n int) {
	p := &c.places[n]
	p.excluded = c.slotsWhere(func(q *place) bool { return excludes(q.Has, p.Has) })
	for _, e := range c.system.Nodes[n].Edges {
		out := edge{to: e.To, nobody: e.Nobody, somebody: e.Somebody, breaks: e.Breaks}
		out.mask, out.when = c.word(e.When)
		out.clear, out.set = c.word(e.Sets)
		if some(e.Nobody) {
			out.gone = c.slotsWhere(func(q *place) bool { return meets(q.Has, e.Nobody) })
		}
		if some(e.Somebody) {
			out.perhaps = c.slotsWhere(func(q *place) bool { return meets(q.Has, e.Somebody) && !excludes(q.Has, p.Has) })
		}
		p.edges = append(p.edges, out)
		if _, waits := requests(c.model.Nodes[n].Op.Kind); waits && e.Breaks == "" {
			p.blocked = e.Nobody
		}
	}
}

// slotsWhere returns the slots of the places with a property.
func (c *machine) slotsWhere(has func(p *place) bool) slots {
	s := make(slots, c.words)
	for slot, n := range c.slotAt {
		if has(&c.places[n]) {
			s.add(slot)
		}
	}
	return s
}
