package sim

import (
	"slices"

	"memhp/spec"
)

// protection says, for each variable, which locks are held at every access: for writing at every write, and at
// least for reading at every read. A variable that is missing is not written, or not known yet, and every lock counts.
type protection map[spec.Var][]spec.Lock

// allows tells whether l protects v.
func (p protection) allows(v spec.Var, l spec.Lock) bool {
	locks, ok := p[v]
	return !ok || slices.Contains(locks, l)
}

// protectionOf finds the locks that protect the variables on the paths of g.
func protectionOf(g *graph) protection {
	p := protection{}
	for i := range g.nodes {
		n := &g.nodes[i]
		for _, f := range n.fresh { // a new object comes into being: a write like any other
			p.narrow(n, f.Var, spec.Write)
		}
		switch read, write := n.op.access(); {
		case write:
			p.narrow(n, n.op.v, spec.Write)
		case read && !n.dead:
			p.narrow(n, n.op.v, spec.Read)
		}
	}
	return p
}

// narrow takes from the locks that may protect v those that node n does not hold in mode m.
func (p protection) narrow(n *node, v spec.Var, m spec.Mode) {
	locks, seen := p[v]
	if !seen {
		for _, h := range n.held {
			locks = append(locks, h.Lock)
		}
	}
	p[v] = slices.DeleteFunc(slices.Clone(locks), func(l spec.Lock) bool {
		return !n.held.Has(l, m)
	})
}

// meet returns what both p and q say.
func (p protection) meet(q protection) (out protection, same bool) {
	out, same = protection{}, true
	for v, locks := range q {
		out[v] = slices.DeleteFunc(slices.Clone(locks), func(l spec.Lock) bool { return !p.allows(v, l) })
	}
	for v, locks := range out {
		if before, ok := p[v]; !ok || len(before) != len(locks) {
			same = false
		}
	}
	return out, same
}

// markDeadReads finds the reads after which the procedure does the same on every answer: they are no accesses.
func (g *graph) markDeadReads() {
	class, _ := merge(g, nil)
	for i := range g.nodes {
		n := &g.nodes[i]
		n.dead = n.op.kind == opRead && oneClass(class, n.next, func(m int32) int32 { return m })
	}
}

// unrollProtected unrolls the actors against the answers that can occur. Which answers can occur depends on which locks
// protect which variables, and that on the paths: it starts with every lock and weakens until the paths keep what
// they assumed (docs/semantics.md, theorem 1).
func unrollProtected(k spec.Kernel, actors []spec.Actor, blocks int, only *scene) (*graph, error) {
	assumed := protection{}
	for {
		g, err := unroll(k, actors, blocks, assumed, only)
		if err != nil {
			return nil, err
		}
		g.markDeadReads()
		found, same := assumed.meet(protectionOf(g))
		if same {
			return g, nil
		}
		assumed = found
	}
}
