package prove

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/sim/prove/proof"
	"memhp/spec"
)

// exporter writes automata down as a system, operation for operation as in the table of docs/semantics.md, section 1. Search and checker believe
// what it writes.
type exporter struct {
	m      *sim.Model
	s      *proof.System
	fields map[any]int // of a spec.Var with more than one value, and of the spec.Lock of a kernfs node
	pinned []spec.Var
}

// export returns the system of a model.
func export(m *sim.Model) (*proof.System, error) {
	x := &exporter{m: m, s: &proof.System{Endless: m.Endless}, fields: map[any]int{}}
	for _, v := range m.Vars {
		x.fields[v] = len(x.s.Fields)
		x.s.Fields = append(x.s.Fields, v.String())
	}
	for _, l := range m.Locks {
		x.s.Locks = append(x.s.Locks, l.String())
		if l.Class.KindIn(m.Kernel) == spec.KernfsActive {
			x.fields[l] = len(x.s.Fields)
			x.s.Fields = append(x.s.Fields, l.String())
		}
	}
	for _, n := range m.Nodes {
		for _, v := range n.Pins {
			if !slices.Contains(x.pinned, v) {
				x.pinned = append(x.pinned, v)
			}
		}
	}
	if len(m.Locks) > 64 || len(x.pinned) > 64 {
		return nil, fmt.Errorf("%d locks, and at most 64 fit: use fewer blocks", len(m.Locks))
	}
	x.initial(make([]int, len(x.s.Fields)), spec.NoBlock)
	for n := range m.Nodes {
		x.s.Nodes = append(x.s.Nodes, x.node(&m.Nodes[n]))
		x.order(n)
	}
	x.never()
	return x.s, nil
}

// initial notes the initial states: each block from b on in any of the states of spec.BlockInits.
func (x *exporter) initial(values []int, b spec.Block) {
	if int(b) == x.m.Blocks {
		x.s.Initial = append(x.s.Initial, values)
		return
	}
	inits := spec.BlockInits()
	if b == spec.NoBlock {
		inits = []spec.BlockInit{{Visible: true}} // what belongs to no block is there from the start
	}
	for _, init := range inits {
		v := slices.Clone(values)
		for what, f := range x.fields {
			switch o := what.(type) {
			case spec.Var:
				if o.Block == b {
					v[f] = init.Value(o.Class)
				}
			case spec.Lock:
				if o.Block == b && init.Visible {
					v[f] = 1
				}
			}
		}
		x.initial(v, b+1)
	}
}

// has returns what a task at a node has.
func (x *exporter) has(n *sim.Node) (h proof.Has) {
	for _, held := range n.Held {
		if held.Mode == spec.Write {
			h.Writes |= x.bit(held.Lock)
		} else {
			h.Reads |= x.bit(held.Lock)
		}
	}
	if n.Op.Kind == sim.OpLock && n.Op.Lock.Class.KindIn(x.m.Kernel).PendingWriterBlocksReaders() {
		h.Pending = x.bit(n.Op.Lock)
	}
	for _, v := range n.Pins {
		h.Pins |= x.pin(v)
	}
	return h
}

func (x *exporter) bit(l spec.Lock) uint64 { return bitOf(x.m.Locks, l) }
func (x *exporter) pin(v spec.Var) uint64  { return bitOf(x.pinned, v) }

// bitOf returns the bit of one of all, 0 for what is not among them.
func bitOf[T comparable](all []T, one T) uint64 {
	i := slices.Index(all, one)
	if i < 0 {
		return 0
	}
	return 1 << i
}

// node returns a node: the rules that a task breaks there, and its edges if it may go on.
func (x *exporter) node(n *sim.Node) proof.Node {
	out := proof.Node{At: x.describe(n), Has: x.has(n)}
	for _, b := range n.Breaks {
		out.Edges = append(out.Edges, proof.Edge{To: sim.NoNode, Breaks: b.Rule.ID})
	}
	if !n.Ends {
		out.Edges = append(out.Edges, x.edges(n)...)
	}
	return out
}

func (x *exporter) describe(n *sim.Node) string {
	at := n.Op.Kind.String()
	switch {
	case n.Op.Lock.Class != nil:
		at += " " + n.Op.Lock.String()
	case n.Op.Var.Class != nil:
		at += " " + n.Op.Var.String()
	case n.Op.What != "":
		at += " " + n.Op.What
	}
	if n.Actor >= 0 {
		at = x.m.Actors[n.Actor].Name + ": " + at
	}
	return at
}

// order notes the edges of the lock order that the operation of a node makes, as spec.Graph does.
func (x *exporter) order(n int) {
	nd := &x.m.Nodes[n]
	mode, ok := requests(nd.Op.Kind)
	if !ok {
		return
	}
	to, gates := nd.Op.Lock, uint64(0)
	for _, h := range nd.Held {
		if h.Mode == spec.Write && h.Lock.Block == spec.NoBlock {
			gates |= x.bit(h.Lock)
		}
	}
	for _, h := range nd.Held {
		if h.Lock == to || h.Lock.Class.Kind == spec.WorkItem {
			continue
		}
		x.s.Order = append(x.s.Order, proof.Request{Node: n, From: h.Lock.Class.Name, To: to.Class.Name, Holds: h.Mode == spec.Write,
			Asks: mode == spec.Write, Pends: x.pends(to.Class), Gates: gates})
	}
}

// pends tells whether writers of locks of a class hold off readers while they wait, and there may be some.
func (x *exporter) pends(c *spec.LockClass) bool {
	return c.KindIn(x.m.Kernel).PendingWriterBlocksReaders() &&
		slices.ContainsFunc(x.m.Nodes, func(n sim.Node) bool { return n.Op.Kind == sim.OpLock && n.Op.Lock.Class == c })
}

// never notes the states that a predicate over states excludes. A lock that somebody would have to hold is left out: that only excludes more.
func (x *exporter) never() {
	for _, g := range spec.Agreements() {
		for b := range spec.Block(x.m.Blocks) {
			for _, facts := range x.m.Falsities(g, b) {
				n := proof.Never{Breaks: g.Invariant.ID}
				for _, f := range facts {
					switch {
					case f.Kind == sim.FactValue:
						n.When = append(n.When, [2]int{x.fields[f.Var], f.Value})
					case f.Kind == sim.FactActive:
						n.When = append(n.When, [2]int{x.fields[f.Lock], f.Value})
					case f.Value == 0:
						n.Free |= x.bit(f.Lock)
					}
				}
				x.s.Never = append(x.s.Never, n)
			}
		}
	}
}

// requests tells whether an operation requests a lock and may wait for it, and in which mode.
func requests(k sim.OpKind) (spec.Mode, bool) {
	switch k {
	case sim.OpLock, sim.OpDrain:
		return spec.Write, true
	case sim.OpRLock:
		return spec.Read, true
	}
	return 0, false
}
