package prove

import (
	"fmt"
	"math/bits"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// place is a node of the automata, with what a step looks up. Sets of locks, and of pinned variables, are bits.
type place struct {
	holds
	kind     sim.OpKind
	next     []int
	blocked  holds // what another task must not have: the operation waits, or fails, where one has some of it
	inTheWay slots // the places of tasks, not counted, that have
	excluded slots // the places, of those not counted, where no other task is while one is here
	tries    bool
	fails    bool // a trylock of a lock that the task itself has
	blocks   bool // a task here may have to wait for others
	ends     bool
	field    // the variable, or the active bit of the kernfs node
	arg, old uint64
	clear    uint64 // what a fresh object changes
	set      uint64
	pinBit   uint64 // of the variable that is written
	pinners  slots  // the places of tasks, not counted, that pin it
	never    bool   // nobody writes the value that is awaited
	slot     int    // -1 if tasks here are counted
	breaks   []*spec.Invariant
}

// holds are the locks that a task holds for writing and for reading, and the one that it has announced itself to; and what it pins.
type holds struct{ ex, sh, pend, pins uint64 }

func (h holds) or(o holds) holds {
	return holds{h.ex | o.ex, h.sh | o.sh, h.pend | o.pend, h.pins | o.pins}
}

// meets tells whether h and o have something in common, besides pins.
func (h holds) meets(o holds) bool { return h.ex&o.ex|h.sh&o.sh|h.pend&o.pend != 0 }

// excludes tells whether two tasks can have h and o at the same time: one holds a lock for writing that the other holds.
func (h holds) excludes(o holds) bool { return h.ex&(o.ex|o.sh)|h.sh&o.ex != 0 }

// field is where a variable lies in the word of variables; the mask of one that is not there is 0.
type field struct {
	shift uint8
	mask  uint64
}

func (f field) of(vars uint64) uint64 { return vars >> f.shift & f.mask }
func (f field) with(vars uint64, x uint64) uint64 {
	return vars&^(f.mask<<f.shift) | (x&f.mask)<<f.shift
}

// start is the first place of an actor. One that is single holds its work item there, and begins only if nobody else does.
type start struct {
	place int
	work  holds
}

// machine is a model, compiled.
type machine struct {
	model  *sim.Model
	places []place
	slotAt []int // the place of each slot
	words  int   // of a set of slots
	vars   map[spec.Var]field
	active map[spec.Lock]field
	pinned []spec.Var
	agree  []spec.Agreement
	starts []start
	// mayBlock are the slots of places where a task may be part of a stuck set.
	mayBlock slots
}

// newMachine compiles a model. The holders for writing of locks of the given classes are counted.
func newMachine(m *sim.Model, counted []*spec.LockClass) (*machine, error) {
	c := &machine{model: m, vars: map[spec.Var]field{}, active: map[spec.Lock]field{}, agree: spec.Agreements()}
	if err := c.lay(); err != nil {
		return nil, err
	}
	for i := range m.Nodes {
		c.places = append(c.places, c.compile(&m.Nodes[i]))
	}
	c.numberSlots(counted)
	for _, s := range m.Starts {
		c.starts = append(c.starts, start{s.Node, holds{ex: c.places[s.Node].ex}})
	}
	return c, nil
}

// lay gives each variable, and each kernfs node, its bits.
func (c *machine) lay() error {
	at := 0
	place := func(values int) field {
		w := bits.Len(uint(values - 1))
		at += w
		return field{uint8(at - w), 1<<w - 1}
	}
	for _, v := range c.model.Vars {
		c.vars[v] = place(len(v.Class.Values))
	}
	for _, l := range c.model.Locks {
		if l.Class.KindIn(c.model.Kernel) == spec.KernfsActive {
			c.active[l] = place(2)
		}
	}
	for _, n := range c.model.Nodes {
		for _, v := range n.Pins {
			if !slices.Contains(c.pinned, v) {
				c.pinned = append(c.pinned, v)
			}
		}
	}
	if at > 64 || len(c.model.Locks) > 64 || len(c.pinned) > 64 {
		return fmt.Errorf("%d bits of variables and %d locks, and at most 64 fit: use fewer blocks", at, len(c.model.Locks))
	}
	return nil
}

// bit returns the bit of a lock, or 0 if no task uses it.
func (c *machine) bit(l spec.Lock) uint64 {
	i := slices.Index(c.model.Locks, l)
	if i < 0 {
		return 0
	}
	return 1 << i
}

func (c *machine) pinBit(v spec.Var) uint64 {
	i := slices.Index(c.pinned, v)
	if i < 0 {
		return 0
	}
	return 1 << i
}

func (c *machine) compile(n *sim.Node) place {
	o := n.Op
	p := place{kind: o.Kind, next: n.Next, arg: uint64(o.Value), old: uint64(o.Old), ends: n.Ends}
	for _, h := range n.Held {
		if h.Mode == spec.Write {
			p.ex |= c.bit(h.Lock)
		} else {
			p.sh |= c.bit(h.Lock)
		}
	}
	for _, v := range n.Pins {
		p.pins |= c.pinBit(v)
	}
	switch {
	case o.Lock.Class != nil:
		p.field = c.active[o.Lock]
		c.compileLock(&p, o.Lock)
	case o.Var.Class != nil:
		p.field, p.pinBit = c.vars[o.Var], c.pinBit(o.Var)
		p.never = o.Kind == sim.OpWait && !c.writes(o.Var, o.Value)
	}
	for _, b := range n.Breaks {
		p.breaks = append(p.breaks, b.Rule)
	}
	for _, f := range o.Fresh {
		at := c.vars[f.Var]
		p.clear |= at.mask << at.shift
		p.set |= uint64(f.Value) & at.mask << at.shift
	}
	p.blocks = n.Waits()
	return p
}

// compileLock says what other tasks must not hold.
func (c *machine) compileLock(p *place, l spec.Lock) {
	bit := c.bit(l)
	pending := uint64(0)
	if l.Class.KindIn(c.model.Kernel).PendingWriterBlocksReaders() {
		pending = bit
	}
	_, kernfs := c.active[l]
	switch {
	case p.kind == sim.OpLock:
		p.pend = pending
		p.blocked = holds{ex: bit, sh: bit}
	case p.kind == sim.OpTryLock:
		p.blocked = holds{ex: bit, sh: bit}
		p.tries, p.fails = true, (p.ex|p.sh)&bit != 0
	case p.kind == sim.OpRLock:
		p.blocked = holds{ex: bit, pend: pending}
	case p.kind == sim.OpTryRLock && !kernfs:
		p.blocked = holds{ex: bit, pend: pending}
		p.tries, p.fails = true, p.ex&bit != 0
	case p.kind == sim.OpDrain:
		p.blocked = holds{sh: bit}
	}
}

// writes tells whether some operation gives v the value x.
func (c *machine) writes(v spec.Var, x int) bool {
	return slices.ContainsFunc(c.model.Nodes, func(n sim.Node) bool {
		o := n.Op
		return (o.Kind == sim.OpWrite || o.Kind == sim.OpSwap) && o.Var == v && o.Value == x ||
			slices.Contains(o.Fresh, spec.Assign{Var: v, Value: x})
	})
}

// numberSlots decides where tasks are counted, and which of the other places matter to an operation.
func (c *machine) numberSlots(classes []*spec.LockClass) {
	var counted uint64
	for i, l := range c.model.Locks {
		if slices.Contains(classes, l.Class) {
			counted |= 1 << i
		}
	}
	for i := range c.places {
		p := &c.places[i]
		p.slot = -1
		if p.ex&counted == 0 {
			p.slot = len(c.slotAt)
			c.slotAt = append(c.slotAt, i)
		}
	}
	c.words = (len(c.slotAt) + 63) / 64
	for i := range c.places {
		p := &c.places[i]
		p.inTheWay = c.slotsWhere(func(q *place) bool { return q.meets(p.blocked) })
		p.excluded = c.slotsWhere(func(q *place) bool { return q.excludes(p.holds) })
		p.pinners = c.slotsWhere(func(q *place) bool { return q.pins&p.pinBit != 0 && !q.excludes(p.holds) })
	}
	c.mayBlock = c.slotsWhere(func(p *place) bool { return p.blocks && (p.ex|p.sh|p.pend != 0 || p.kind == sim.OpWait) })
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
