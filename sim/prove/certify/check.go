package certify

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// place is what a task at a node has, as sets of locks.
type place struct{ writes, reads, pending uint64 }

// has tells whether p has some of q.
func (p place) has(q place) bool {
	return p.writes&q.writes|p.reads&q.reads|p.pending&q.pending != 0
}

// excludes tells whether tasks at p and q cannot be there at once.
func (p place) excludes(q place) bool { return p.writes&(q.writes|q.reads)|p.reads&q.writes != 0 }

// step is one way in which a task leaves a node. Nobody else has some of nobody then.
type step struct {
	to     int
	values []int
	nobody place
}

// Check tells whether the certificate proves every rule for the model: it covers the initial states, no step leaves it, and no state in it
// breaks a rule (docs/semantics.md, theorem 8). The error says where it does not.
func Check(m *sim.Model, c *Certificate) error {
	k, err := load(m, c)
	if err == nil {
		err = k.checkHolds()
	}
	if err == nil {
		err = k.checkInitials(make([]int, len(c.Values)), -1)
	}
	for n := 0; n < len(c.Ideals) && err == nil; n++ {
		if err = k.checkIdeal(&c.Ideals[n]); err != nil {
			return fmt.Errorf("ideal %d: %w", n, err)
		}
	}
	if err == nil {
		err = k.checkOrder()
	}
	return err
}

// checkHolds checks that a task has no lock more than at the node before, but the one that it took there. So no two tasks ever have
// what excludes one another, since whoever takes a lock waits until nobody has what excludes it.
func (k *checker) checkHolds() error {
	for n := range k.m.Nodes {
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
	}
	return nil
}

// checkInitials looks for the initial states: idle tasks, and each block after b in any of the states of spec.BlockInits.
func (k *checker) checkInitials(values []int, b spec.Block) error {
	if int(b) == k.m.Blocks {
		if i := k.ideals[key(values, nil)]; i == nil || !k.any[i.Any][0] {
			return fmt.Errorf("an initial state is not covered: %v", values)
		}
		return nil
	}
	inits := spec.BlockInits()
	if b == spec.NoBlock {
		inits = []spec.BlockInit{{}}
	}
	for _, init := range inits {
		for what, f := range k.fields {
			switch o := what.(type) {
			case spec.Var:
				if x, ok := init.Values[o.Class]; o.Block == b && ok {
					values[f] = x
				} else if o.Block == b {
					values[f] = o.Class.Init
				}
			case spec.Lock:
				if o.Block == b {
					values[f] = map[bool]int{true: 1}[init.Visible]
				}
			}
		}
		if err := k.checkInitials(values, b+1); err != nil {
			return err
		}
	}
	return nil
}

// checkIdeal checks that no step leads from the states of i to one that is not covered, and that none of them breaks a rule.
func (k *checker) checkIdeal(i *Ideal) error {
	for at, n := range i.Tasks {
		if err := k.checkTask(i, n, slices.Delete(slices.Clone(i.Tasks), at, at+1)); err != nil {
			return err
		}
	}
	for _, n := range k.c.Any[i.Any] {
		if err := k.checkTask(i, n, i.Tasks); err != nil {
			return err
		}
	}
	return k.checkState(i)
}

// checkTask checks the steps of a task at node n; others are the counted tasks besides.
func (k *checker) checkTask(i *Ideal, n int, others []int) error {
	if slices.ContainsFunc(others, func(t int) bool { return k.places[t].excludes(k.places[n]) }) {
		return nil // it is not there
	}
	if err := k.checkRules(i, n, others); err != nil || k.m.Nodes[n].Ends {
		return err
	}
	for _, s := range k.steps(i, n, others) {
		waits := slices.ContainsFunc(others, func(t int) bool { return k.places[t].has(s.nobody) })
		if s.to == sim.NoNode || waits { // it cannot come to this answer (docs/semantics.md, theorem 1)
			continue
		}
		if err := k.checkCovered(i, others, s); err != nil {
			return err
		}
	}
	return nil
}

// checkCovered checks that the states to which a step leads are in some ideal.
func (k *checker) checkCovered(i *Ideal, others []int, s step) error {
	counted := slices.ContainsFunc(k.m.Nodes[s.to].Held, func(h spec.Hold) bool {
		return h.Mode == spec.Write && slices.Contains(k.c.Counted, h.Lock.Class.Name)
	})
	tasks := others
	if counted {
		tasks = append(slices.Clip(others), s.to)
	}
	j := k.ideals[key(s.values, tasks)]
	if j == nil || !counted && !k.any[j.Any][s.to] {
		return fmt.Errorf("a step to node %d leads out: values %v, tasks %v", s.to, s.values, tasks)
	}
	for _, a := range k.c.Any[i.Any] {
		if k.any[j.Any][a] {
			continue
		}
		p := k.places[a]
		gone := p.has(s.nobody) || p.excludes(k.places[s.to]) || slices.ContainsFunc(others, func(t int) bool { return p.excludes(k.places[t]) })
		if !gone {
			return fmt.Errorf("a step to node %d forgets that a task may be at node %d", s.to, a)
		}
	}
	return nil
}
