package certify

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

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
	nd := &k.m.Nodes[n]
	switch {
	case slices.ContainsFunc(others, func(t int) bool { return k.places[t].excludes(k.places[n]) }):
		return nil // it is not there
	case len(nd.Breaks) > 0:
		return fmt.Errorf("node %d breaks %s", n, nd.Breaks[0].Rule)
	case nd.Ends:
		return nil
	}
	o, to := nd.Op, func(answer int, values []int, nobody place) error {
		return k.covered(i, others, nd.Next[answer], values, nobody)
	}
	f, hasField := k.fields[any(o.Var)]
	if o.Lock.Class != nil {
		f, hasField = k.fields[any(o.Lock)]
	}
	is := 0
	if hasField {
		is = i.Values[f]
	}
	with := func(x int) []int {
		v := slices.Clone(i.Values)
		if hasField {
			v[f] = x
		}
		return v
	}
	switch o.Kind {
	case sim.OpIdle:
		for _, s := range k.m.Starts {
			if err := k.covered(i, others, s.Node, i.Values, place{writes: k.places[s.Node].writes}); err != nil {
				return err
			}
		}
		return nil
	case sim.OpChoose:
		for answer := range nd.Next {
			if err := to(answer, i.Values, place{}); err != nil {
				return err
			}
		}
		return nil
	case sim.OpLock, sim.OpRLock, sim.OpDrain:
		return to(0, i.Values, k.needs(o))
	case sim.OpTryLock, sim.OpTryRLock:
		if hasField { // a kernfs node
			return to(is, i.Values, place{})
		}
		return k.checkTry(i, n, others, to)
	case sim.OpActivate:
		v := with(1)
		for _, a := range o.Fresh {
			if g, ok := k.fields[any(a.Var)]; ok {
				v[g] = a.Value
			}
		}
		return to(0, v, place{})
	case sim.OpDeactivate:
		return to(0, with(0), place{})
	case sim.OpRead:
		return to(is, i.Values, place{})
	case sim.OpSwap, sim.OpWrite:
		answer := 0
		if o.Kind == sim.OpSwap {
			if is != o.Old {
				return to(0, i.Values, place{})
			}
			answer = 1
		}
		if k.pinned(i, n, others) {
			return fmt.Errorf("node %d writes what another task pins", n)
		}
		return to(answer, with(o.Value), place{})
	case sim.OpWait, sim.OpAssert:
		if is != o.Value {
			return fmt.Errorf("node %d: %s is not as it must be", n, o.Var)
		}
	}
	return to(0, i.Values, place{})
}

// needs returns what no other task may have when a lock is taken.
func (k *checker) needs(o sim.Op) place {
	bit := k.bit(o.Lock)
	switch o.Kind {
	case sim.OpLock, sim.OpTryLock:
		return place{writes: bit, reads: bit}
	case sim.OpDrain:
		return place{reads: bit}
	}
	if !o.Lock.Class.KindIn(k.m.Kernel).PendingWriterBlocksReaders() {
		return place{writes: bit}
	}
	return place{writes: bit, pending: bit}
}

// checkTry checks a trylock: it fails if some task may have what it needs.
func (k *checker) checkTry(i *Ideal, n int, others []int, to func(int, []int, place) error) error {
	needs := k.needs(k.m.Nodes[n].Op)
	has := func(t int) bool { return k.places[t].has(needs) }
	if has(n) || slices.ContainsFunc(others, has) || slices.ContainsFunc(k.c.Any[i.Any], has) {
		if err := to(0, i.Values, place{}); err != nil {
			return err
		}
	}
	if has(n) {
		return nil
	}
	return to(1, i.Values, needs)
}

// pinned tells whether a task besides the one at node n may pin what it writes.
func (k *checker) pinned(i *Ideal, n int, others []int) bool {
	return slices.ContainsFunc(slices.Concat(others, k.c.Any[i.Any]), func(t int) bool {
		return slices.Contains(k.places[t].pins, k.m.Nodes[n].Op.Var) && !k.places[t].excludes(k.places[n])
	})
}

// covered checks that the states to which a step leads are in some ideal. Nobody has what is in nobody then.
func (k *checker) covered(i *Ideal, others []int, to int, values []int, nobody place) error {
	if to == sim.NoNode || slices.ContainsFunc(others, func(t int) bool { return k.places[t].has(nobody) }) {
		return nil // it cannot come to this (docs/semantics.md, theorem 1), or has to wait
	}
	counted := slices.ContainsFunc(k.m.Nodes[to].Held, func(h spec.Hold) bool {
		return h.Mode == spec.Write && slices.Contains(k.c.Counted, h.Lock.Class.Name)
	})
	tasks := others
	if counted {
		tasks = append(slices.Clip(others), to)
	}
	j := k.ideals[key(values, tasks)]
	if j == nil || !counted && !k.any[j.Any][to] {
		return fmt.Errorf("a step to node %d leads out: values %v, tasks %v", to, values, tasks)
	}
	if j.Any == i.Any {
		return nil
	}
	for _, a := range k.c.Any[i.Any] {
		p := k.places[a]
		gone := p.has(nobody) || p.excludes(k.places[to]) || slices.ContainsFunc(others, func(t int) bool { return p.excludes(k.places[t]) })
		if !gone && !k.any[j.Any][a] {
			return fmt.Errorf("a step to node %d forgets that a task may be at node %d", to, a)
		}
	}
	return nil
}
