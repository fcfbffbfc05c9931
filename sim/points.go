package sim

import (
	"slices"

	"memhp/spec"
)

// points knows where other tasks must get a chance to run: before each operation that does not commute to the left
// with everything that other tasks can do (docs/semantics.md, theorem 2).
type points struct {
	a *automaton
	// tried are the locks that some trylock can see held.
	tried map[spec.Lock]bool
	// gated are the locks that are only ever held under another one, held for writing: nobody waits for them.
	gated map[spec.Lock]bool
	// roundTrip are the trylocks that, when they fail, lead back to where the task was idle, with nothing done.
	roundTrip map[int32]bool
}

func (a *automaton) findPoints() *points {
	p := &points{a: a, tried: map[spec.Lock]bool{}, gated: map[spec.Lock]bool{}}
	p.roundTrip = p.findRoundTrips()
	for i := range a.nodes {
		o := a.nodes[i].op
		tries := o.kind == opTryLock || o.kind == opTryRLock
		// Whether a reference to a kernfs node can be had does not depend on who holds one.
		if tries && !p.roundTrip[int32(i)] && o.lock.Class.KindIn(a.kernel) != spec.KernfsActive {
			p.tried[o.lock] = true
		}
	}
	for _, l := range a.locks {
		p.gated[l] = p.isGated(l)
	}
	return p
}

// schedules tells whether the operation at node n is a scheduling point.
func (p *points) schedules(n int32) bool {
	nd := &p.a.nodes[n]
	switch o := nd.op; o.kind {
	case opRoot, opTryLock, opTryRLock, opActivate, opDeactivate, opDrain, opWait:
		return true
	case opAnnounce, opLock, opRLock:
		return !p.gated[o.lock]
	case opUnlock, opRUnlock:
		return p.tried[o.lock]
	case opRead:
		return !nd.dead && p.exposed(o)
	case opWrite, opSwap, opPin, opUnpin, opAssert:
		return p.exposed(o)
	}
	return false
}

// exposed tells whether an access can meet one of another task: no lock protects the variable, or somebody waits for it.
func (p *points) exposed(o op) bool {
	return !slices.Contains(p.a.sliced, o.v.Class) && (!p.a.guards.protected(o.v) || p.awaited(o))
}

// awaited tells whether the operation writes a variable that some task waits for.
func (p *points) awaited(o op) bool {
	_, write := o.access()
	return write && slices.ContainsFunc(p.a.nodes, func(n node) bool { return n.op.kind == opWait && n.op.v == o.v })
}

// isGated tells whether some other lock is held for writing wherever l is requested or held.
func (p *points) isGated(l spec.Lock) bool {
	var gates []spec.Lock
	first := true
	for i := range p.a.nodes {
		n := &p.a.nodes[i]
		requests := n.op.lock == l && (n.op.kind == opLock || n.op.kind == opRLock || n.op.kind == opAnnounce || n.op.kind == opTryLock || n.op.kind == opTryRLock)
		if !requests && !n.held.Has(l, spec.Read) {
			continue
		}
		if first {
			first = false
			for _, h := range n.held {
				gates = append(gates, h.Lock)
			}
		}
		gates = slices.DeleteFunc(gates, func(g spec.Lock) bool { return g == l || !n.held.Has(g, spec.Write) })
	}
	return len(gates) > 0 && l.Class.KindIn(p.a.kernel) != spec.KernfsActive
}

// findRoundTrips returns the trylocks before which a task has only chosen and taken kernfs references since it was
// idle, and after whose failure it only drops them again.
func (p *points) findRoundTrips() map[int32]bool {
	early := p.early()
	out := map[int32]bool{}
	for n := range early {
		if p.a.nodes[n].op.kind == opTryLock && p.comesFrom(n, early) && p.onlyLeaves(p.a.nodes[n].next[0]) {
			out[n] = true
		}
	}
	return out
}

// early returns the nodes that a task can reach from idle by choices and by taking kernfs references.
func (p *points) early() map[int32]bool {
	out := map[int32]bool{}
	for todo := slices.Clone(p.a.starts); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == noNode || n == root || out[n] {
			continue
		}
		out[n] = true
		switch nd := &p.a.nodes[n]; {
		case nd.op.kind == opChoose:
			todo = append(todo, nd.next...)
		case nd.op.kind == opTryRLock && nd.op.lock.Class.KindIn(p.a.kernel) == spec.KernfsActive && !nd.fatal:
			todo = append(todo, nd.next[1])
		}
	}
	return out
}

// comesFrom tells whether node n is reached from the nodes of set alone, by those of its operations.
func (p *points) comesFrom(n int32, set map[int32]bool) bool {
	for m := range p.a.nodes {
		if slices.Contains(p.a.nodes[m].next, n) && (!set[int32(m)] || p.a.nodes[m].op.kind == opTryLock) {
			return false
		}
	}
	return true
}

// onlyLeaves tells whether the path from node n drops kernfs references and ends, breaking no rule.
func (p *points) onlyLeaves(n int32) bool {
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

// escapes tells whether a task at node n can choose its way to a scheduling point, whatever it reads.
func (p *points) escapes(n int32, passed map[int32]bool) bool {
	if p.schedules(n) || p.a.nodes[n].fatal {
		return true
	}
	if passed[n] {
		return false
	}
	passed[n] = true
	defer delete(passed, n)
	choice := p.a.nodes[n].op.kind == opChoose
	for _, m := range p.a.nodes[n].next {
		if m != noNode && p.escapes(m, passed) == choice {
			return choice
		}
	}
	return !choice
}
