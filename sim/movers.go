package sim

import (
	"slices"

	"memhp/spec"
)

// mover says how an operation commutes with what other tasks do next to it (docs/semantics.md, theorem 2).
type mover uint8

const (
	non   mover = iota
	right       // can be put off: what another task does directly after it can as well come before it
	left        // can be brought forward, and never waits
	both
)

// movers finds out which operations need not be interleaved with those of other tasks.
type movers struct {
	a *automaton
	// waits tells that somebody waits for a condition. Then any task may be the one that would make it true.
	waits bool
	// tried are the locks that some trylock can see held.
	tried map[spec.Lock]bool
	// gated are the locks that are only ever held under another one, held for writing: nobody waits for them.
	gated map[spec.Lock]bool
	circularWaits
	// early are the nodes before which a task has only chosen and taken kernfs references since it was idle.
	early map[int32]bool
	// roundTrip are the trylocks that, when they fail, lead back to where the task was idle, with nothing done.
	roundTrip map[int32]bool
	// settled tells of each drain whether its kernfs node stays inactive while the task is there.
	settled  map[int32]bool
	accesses map[spec.Var][]access
}

// access is a node that reads or writes a variable.
type access struct {
	node int32
	mode spec.Mode
}

func (a *automaton) findMovers(tasks int) *movers {
	p := &movers{a: a, early: a.findEarly(), gated: map[spec.Lock]bool{}}
	p.waits = slices.ContainsFunc(a.nodes, func(n node) bool { return n.op.kind == opWait })
	p.roundTrip = p.findRoundTrips()
	p.settled = p.findSettled()
	p.tried = p.findTried()
	for _, l := range a.locks {
		p.gated[l] = p.isGated(l)
	}
	p.circularWaits = a.findCycles(tasks)
	p.accesses = a.findAccesses()
	if a.endless != nil {
		p.restForLivelocks()
	}
	return p
}

// findTried returns the locks that some trylock, other than the round trips, can see held.
func (p *movers) findTried() map[spec.Lock]bool {
	out := map[spec.Lock]bool{}
	for i := range p.a.nodes {
		o := p.a.nodes[i].op
		tries := o.kind == opTryLock || o.kind == opTryRLock
		// Whether a reference to a kernfs node can be had does not depend on who holds one.
		if tries && !p.roundTrip[int32(i)] && o.lock.Class.KindIn(p.a.kernel) != spec.KernfsActive {
			out[o.lock] = true
		}
	}
	return out
}

// of returns how the operation at node n moves.
func (p *movers) of(n int32) mover {
	nd := &p.a.nodes[n]
	if p.a.restsAt(n) {
		return non
	}
	switch o := nd.op; o.kind {
	case opRoot, opActivate, opDeactivate, opWait:
		return non
	case opTryLock, opTryRLock:
		return when(p.roundTrip[n] && !p.tried[o.lock] || p.sheltered(n), right)
	case opDrain:
		return when(p.settled[n], right)
	case opLock, opRLock:
		if p.gated[o.lock] {
			return both
		}
		return when(!p.tried[o.lock] && !p.announced[o.lock], right)
	case opAnnounce:
		return when(p.gated[o.lock] || !p.tried[o.lock] && !p.announced[o.lock], both)
	case opUnlock, opRUnlock:
		if p.gated[o.lock] {
			return both
		}
		return when(!p.tried[o.lock], left)
	case opWrite:
		if p.exposed(n) && len(o.v.Class.Values) == 1 {
			return right
		}
		return when(!p.exposed(n), both)
	case opRead, opSwap, opPin, opUnpin, opAssert:
		return when(!p.exposed(n), both)
	}
	return both
}

func when(moves bool, m mover) mover {
	if moves {
		return m
	}
	return non
}

func (a *automaton) findAccesses() map[spec.Var][]access {
	out := map[spec.Var][]access{}
	for i := range a.nodes {
		n := &a.nodes[i]
		for _, f := range n.fresh { // a new object comes into being: a write like any other
			out[f.Var] = append(out[f.Var], access{int32(i), spec.Write})
		}
		switch read, write := n.op.access(); {
		case write:
			out[n.op.v] = append(out[n.op.v], access{int32(i), spec.Write})
		case read && !n.dead:
			out[n.op.v] = append(out[n.op.v], access{int32(i), spec.Read})
		}
	}
	return out
}

// exposed tells whether the access at node n can meet one of another task that does not commute with it, or is seen
// by a rule over several tasks or by a wait.
func (p *movers) exposed(n int32) bool {
	nd := &p.a.nodes[n]
	if nd.op.kind == opRead && nd.dead || slices.Contains(p.a.sliced, nd.op.v.Class) {
		return false
	}
	_, write := nd.op.access()
	if write && (p.awaited(nd.op.v) || p.watched(nd)) {
		return true
	}
	return slices.ContainsFunc(p.accesses[nd.op.v], func(m access) bool {
		return (write || m.mode == spec.Write) && !p.excludes(nd.held, p.a.nodes[m.node].held)
	})
}

// awaited tells whether some task waits for a value of v.
func (p *movers) awaited(v spec.Var) bool {
	return slices.ContainsFunc(p.a.nodes, func(n node) bool { return n.op.kind == opWait && n.op.v == v })
}

// watched tells whether an agreement looks at the variable that node n writes while no lock of the agreement is held.
func (p *movers) watched(n *node) bool {
	for _, g := range p.a.agree {
		for b := range spec.Block(p.a.blocks) {
			hidden := slices.ContainsFunc(g.Locks(b), func(l spec.Lock) bool { return n.held.Has(l, spec.Read) })
			if !hidden && slices.Contains(g.Vars(b), n.op.v) {
				return true
			}
		}
	}
	return false
}

// excludes tells whether two tasks cannot hold x and y at the same time.
func (p *movers) excludes(x, y spec.Held) bool {
	return slices.ContainsFunc(x, func(h spec.Hold) bool {
		other := spec.Write
		if h.Mode == spec.Write {
			other = spec.Read
		}
		return y.Has(h.Lock, other)
	})
}

// isGated tells whether some other lock is held for writing wherever l is held, and so wherever it is taken.
func (p *movers) isGated(l spec.Lock) bool {
	var gates []spec.Lock
	first := true
	for i := range p.a.nodes {
		n := &p.a.nodes[i]
		if !n.held.Has(l, spec.Read) {
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

// findSettled tells of each drain whether it comes directly after the deactivation of its kernfs node, and nobody activates that node
// meanwhile: then nobody takes a new reference.
func (p *movers) findSettled() map[int32]bool {
	out := map[int32]bool{}
	for i := range p.a.nodes {
		if n := &p.a.nodes[i]; n.op.kind == opDrain {
			out[int32(i)] = !slices.Contains(p.a.starts, int32(i)) && !p.activatedBeside(n)
		}
	}
	for i := range p.a.nodes {
		n := &p.a.nodes[i]
		for _, m := range n.next {
			if out[m] && (n.op.kind != opDeactivate || n.op.lock != p.a.nodes[m].op.lock) {
				out[m] = false
			}
		}
	}
	return out
}

// activatedBeside tells whether another task may activate the kernfs node that is drained at node n.
func (p *movers) activatedBeside(n *node) bool {
	for i := range p.a.nodes {
		if m := &p.a.nodes[i]; m.op.kind == opActivate && m.op.lock == n.op.lock && !p.excludes(m.held, n.held) {
			return true
		}
	}
	return false
}
