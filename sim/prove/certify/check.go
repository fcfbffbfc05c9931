package certify

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// place is what a task at a node has: sets of locks, and the variables that it pins.
type place struct {
	writes, reads, pending uint64
	pins                   []spec.Var
}

// has tells whether p has some of q.
func (p place) has(q place) bool {
	return p.writes&q.writes|p.reads&q.reads|p.pending&q.pending != 0
}

// excludes tells whether tasks at p and q cannot be there at once.
func (p place) excludes(q place) bool { return p.writes&(q.writes|q.reads)|p.reads&q.writes != 0 }

// Check tells whether the certificate proves every rule for the model: it covers the initial states, no step leaves it, and no state in it
// breaks a rule. The error says where it does not.
func Check(m *sim.Model, c *Certificate) error {
	if m.Endless {
		return fmt.Errorf("progress is not covered: some task may loop for ever")
	}
	k, err := load(m, c)
	if err != nil {
		return err
	}
	for i := range m.Nodes {
		k.places = append(k.places, k.placeOf(&m.Nodes[i]))
	}
	for i := range m.Nodes {
		if err := k.checkHolds(i); err != nil {
			return err
		}
	}
	if err := k.checkInitials(); err != nil {
		return err
	}
	for n := range c.Ideals {
		if err := k.checkIdeal(&c.Ideals[n]); err != nil {
			return fmt.Errorf("ideal %d: %w", n, err)
		}
	}
	return k.checkOrder()
}

func (k *checker) bit(l spec.Lock) uint64 { return 1 << slices.Index(k.m.Locks, l) }

func (k *checker) placeOf(n *sim.Node) place {
	p := place{pins: n.Pins}
	for _, h := range n.Held {
		if h.Mode == spec.Write {
			p.writes |= k.bit(h.Lock)
		} else {
			p.reads |= k.bit(h.Lock)
		}
	}
	if o := n.Op; o.Kind == sim.OpLock && o.Lock.Class.KindIn(k.m.Kernel).PendingWriterBlocksReaders() {
		p.pending = k.bit(o.Lock)
	}
	return p
}

// checkHolds checks that a task which leaves node n has no lock more than before, but the one that it takes there. So no two tasks ever
// have what excludes one another, since whoever takes a lock waits until nobody has what excludes it.
func (k *checker) checkHolds(n int) error {
	o := k.m.Nodes[n].Op
	for answer, to := range k.m.Nodes[n].Next {
		may := k.places[n]
		switch {
		case o.Kind == sim.OpLock, o.Kind == sim.OpTryLock && answer == 1:
			may.writes |= k.bit(o.Lock)
		case o.Kind == sim.OpRLock, o.Kind == sim.OpTryRLock && answer == 1:
			may.reads |= k.bit(o.Lock)
		}
		if to != sim.NoNode && (k.places[to].writes&^may.writes|k.places[to].reads&^may.reads) != 0 {
			return fmt.Errorf("node %d: a task comes to have a lock that it did not take", n)
		}
	}
	return nil
}

// checkInitials looks for the initial states: idle tasks, and each block in any of the states of spec.BlockInits.
func (k *checker) checkInitials() error {
	values := make([]int, len(k.c.Values))
	for what, f := range k.fields {
		if v, ok := what.(spec.Var); ok {
			values[f] = v.Class.Init
		}
	}
	return k.checkBlocks(values, 0)
}

func (k *checker) checkBlocks(values []int, b spec.Block) error {
	if int(b) == k.m.Blocks {
		if i := k.ideals[key(values, nil)]; i == nil || !k.any[i.Any][0] {
			return fmt.Errorf("an initial state is not covered: %v", values)
		}
		return nil
	}
	for _, init := range spec.BlockInits() {
		v := slices.Clone(values)
		for what, f := range k.fields {
			switch o := what.(type) {
			case spec.Var:
				if x, ok := init.Values[o.Class]; ok && o == o.Class.Of(b) {
					v[f] = x
				}
			case spec.Lock:
				if o.Block == b && init.Visible {
					v[f] = 1
				}
			}
		}
		if err := k.checkBlocks(v, b+1); err != nil {
			return err
		}
	}
	return nil
}
