package sim

import (
	"slices"

	"memhp/spec"
)

// sheltered tells whether the reference to a kernfs node that is taken at node n leads, in the same piece, to a round trip
// or back, and its failure back: and whoever removes the kernfs node holds the lock that is tried until all references are gone.
func (p *movers) sheltered(n int32) bool {
	nd := &p.a.nodes[n]
	if !p.early[n] || nd.op.kind != opTryRLock {
		return false
	}
	return p.onlyLeaves(nd.next[0]) && p.leadsToTrip(nd.next[1], nd.op.lock, map[int32]bool{})
}

// leadsToTrip tells whether every choice from node n leads to a round trip or back; one that comes again to a passed node does not.
func (p *movers) leadsToTrip(n int32, kn spec.Lock, passed map[int32]bool) bool {
	switch nd := &p.a.nodes[n]; {
	case passed[n]:
		return false
	case nd.op.kind == opChoose:
		passed[n] = true
		defer delete(passed, n)
		return !slices.ContainsFunc(nd.next, func(m int32) bool { return !p.leadsToTrip(m, kn, passed) })
	case p.roundTrip[n]:
		return !p.tried[nd.op.lock] && p.removedUnder(kn, nd.op.lock)
	}
	return p.onlyLeaves(n)
}

// removedUnder tells whether l is held for writing at each deactivation of kn, and the drain comes next: so l is held until that is done.
func (p *movers) removedUnder(kn, l spec.Lock) bool {
	return !slices.ContainsFunc(p.a.nodes, func(n node) bool {
		if n.op.kind != opDeactivate || n.op.lock != kn {
			return false
		}
		next := &p.a.nodes[n.next[0]].op
		return !n.held.Has(l, spec.Write) || next.kind != opDrain || next.lock != kn
	})
}

// findRoundTrips returns the trylocks before which a task has only chosen and taken kernfs references since it was
// idle, and after whose failure it only drops them again.
func (p *movers) findRoundTrips() map[int32]bool {
	out := map[int32]bool{}
	for n := range p.early {
		if p.a.nodes[n].op.kind == opTryLock && p.onlyLeaves(p.a.nodes[n].next[0]) {
			out[n] = true
		}
	}
	return out
}

// findEarly returns the nodes to which a task comes from idle by choices and by taking kernfs references, and in no other way.
func (a *automaton) findEarly() map[int32]bool {
	out := a.reachedEarly()
	for shrunk := true; shrunk; {
		shrunk = false
		for m := range a.nodes {
			for _, n := range a.nodes[m].next {
				if out[n] && !(out[int32(m)] && slices.Contains(a.prelude(int32(m)), n)) {
					delete(out, n)
					shrunk = true
				}
			}
		}
	}
	return out
}

// reachedEarly returns the nodes to which a task may come from idle by choices and by taking kernfs references.
func (a *automaton) reachedEarly() map[int32]bool {
	out := map[int32]bool{}
	for todo := slices.Clone(a.starts); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n != noNode && n != root && !out[n] {
			out[n] = true
			todo = append(todo, a.prelude(n)...)
		}
	}
	return out
}

// prelude returns the nodes to which the operation at node n leads if it is a choice or takes a kernfs reference, and none if it is another.
func (a *automaton) prelude(n int32) []int32 {
	switch nd := &a.nodes[n]; {
	case nd.op.kind == opChoose:
		return nd.next
	case nd.op.kind == opTryRLock && nd.op.lock.Class.KindIn(a.kernel) == spec.KernfsActive && !nd.fatal:
		return nd.next[1:]
	}
	return nil
}

// onlyLeaves tells whether the path from node n drops kernfs references and ends, breaking no rule.
func (p *movers) onlyLeaves(n int32) bool {
	for n != root {
		if n == noNode || len(p.a.nodes[n].broken) > 0 || len(p.a.nodes[n].next) != 1 {
			return false
		}
		if k := p.a.nodes[n].op.kind; k != opRUnlock && k != opReturn {
			return false
		}
		n = p.a.nodes[n].next[0]
	}
	return true
}
