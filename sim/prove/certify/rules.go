package certify

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// look lets a predicate look at a state of an ideal in which just these locks are held.
type look struct {
	k    *checker
	i    *Ideal
	held []spec.Lock
}

// Value implements spec.State.
func (l look) Value(v spec.Var) int {
	if f, ok := l.k.fields[v]; ok {
		return l.i.Values[f]
	}
	return v.Class.Init
}

// Held implements spec.State.
func (l look) Held(lock spec.Lock) bool { return slices.Contains(l.held, lock) }

// Active implements spec.State.
func (l look) Active(lock spec.Lock) bool {
	f, ok := l.k.fields[lock]
	return ok && l.i.Values[f] == 1
}

// checkRules checks the rules that a task at node n may break; others are the counted tasks besides.
func (k *checker) checkRules(i *Ideal, n int, others []int) error {
	nd := &k.m.Nodes[n]
	o := nd.Op
	pins := func(t int) bool {
		return slices.Contains(k.m.Nodes[t].Pins, o.Var) && !k.places[t].excludes(k.places[n])
	}
	is := k.value(i, o)
	switch {
	case len(nd.Breaks) > 0:
		return fmt.Errorf("node %d breaks %s", n, nd.Breaks[0].Rule)
	case (o.Kind == sim.OpAssert || o.Kind == sim.OpWait) && is != o.Value:
		return fmt.Errorf("node %d: %s is not as it must be", n, o.Var)
	case (o.Kind == sim.OpWrite || o.Kind == sim.OpSwap && is == o.Old) && slices.ContainsFunc(slices.Concat(others, k.c.Any[i.Any]), pins):
		return fmt.Errorf("node %d writes what another task pins", n)
	}
	return nil
}

// checkState checks the predicates over states.
func (k *checker) checkState(i *Ideal) error {
	for _, g := range spec.Agreements() {
		for b := range spec.Block(k.m.Blocks) {
			if err := k.checkAgreement(i, g, b, g.Locks(b), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkAgreement checks g with the locks of held and with each choice of those of open that may be held.
func (k *checker) checkAgreement(i *Ideal, g spec.Agreement, b spec.Block, open, held []spec.Lock) error {
	if len(open) == 0 {
		if l := (look{k, i, held}); !g.Holds(l, b) {
			return fmt.Errorf("%s is broken: %s", g.Invariant, g.Why(l, b))
		}
		return nil
	}
	has := func(n int) bool {
		return slices.ContainsFunc(k.m.Nodes[n].Held, func(h spec.Hold) bool { return h.Lock == open[0] })
	}
	surely := slices.ContainsFunc(i.Tasks, has)
	if surely || slices.ContainsFunc(k.c.Any[i.Any], has) {
		if err := k.checkAgreement(i, g, b, open[1:], append(slices.Clip(held), open[0])); err != nil {
			return err
		}
	}
	if surely {
		return nil
	}
	return k.checkAgreement(i, g, b, open[1:], held)
}

// checkOrder checks that the requests at the nodes that some ideal has make no harmful cycle of the lock order. Then no tasks wait in
// a circle either (docs/semantics.md, lemma 5).
func (k *checker) checkOrder() error {
	g := spec.NewGraph(k.m.Kernel)
	in := slices.Clone(k.any[0])
	for _, i := range k.c.Ideals {
		for _, n := range slices.Concat(i.Tasks, k.c.Any[i.Any]) {
			in[n] = true
		}
	}
	for n, covered := range in {
		o := k.m.Nodes[n].Op
		switch mode := spec.Write; {
		case !covered:
		case o.Kind == sim.OpRLock:
			g.Add(k.m.Nodes[n].Held, o.Lock, spec.Read, spec.Site{})
		case o.Kind == sim.OpLock, o.Kind == sim.OpDrain:
			g.Add(k.m.Nodes[n].Held, o.Lock, mode, spec.Site{})
		}
	}
	if cycles := g.CyclesUpTo(len(k.m.Locks)); len(cycles) > 0 {
		return fmt.Errorf("%s is broken by the cycle %v", spec.LockOrder, cycles[0].Classes())
	}
	return nil
}
