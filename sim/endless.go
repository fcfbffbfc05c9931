package sim

import "slices"

// endless says at which nodes a task may stay for ever without ending its operation: those on loops that no choice marked eventually
// leads out of.
type endless struct {
	at []bool
	// any tells that there is such a node. If there is none, every operation that is not kept waiting ends (docs/semantics.md, theorem L1).
	any bool
	// trips are the trylocks whose failing branch may be left out.
	trips map[int32]bool
}

// findEndless looks for loops in the automata. A restart goes back to idle there; here it goes back to where the operation began.
func (a *automaton) findEndless() *endless {
	f := &endless{at: make([]bool, len(a.nodes))}
	if p := (&movers{a: a, early: a.findEarly()}); p.tripsEnd() {
		f.trips = p.findRoundTrips()
	}
	for i := range f.at {
		f.at[i] = int32(i) != root && !a.nodes[i].fatal
	}
	for f.left(a) {
	}
	for i := range f.at {
		f.any = f.any || f.at[i]
	}
	return f
}

// left takes away the nodes that are on no loop, and the choices marked eventually that lead out of theirs: a run that stays makes
// such a choice only finitely often. It tells whether there were any of these.
func (f *endless) left(a *automaton) bool {
	loop := make([]int32, len(f.at))
	for i, c := range cyclic(int32(len(f.at)), func(n int32, visit func(int32)) { f.successors(a, n, visit) }) {
		for _, n := range c {
			loop[n] = int32(i + 1)
		}
	}
	again := false
	for n := range f.at {
		f.at[n] = loop[n] != 0
		if !f.at[n] || !a.nodes[n].op.fair {
			continue
		}
		for _, m := range a.nodes[n].next {
			if m != noNode && a.leaves(int32(n), m, loop) {
				f.at[n], again = false, true
			}
		}
	}
	return again
}

// leaves tells whether a step from n to m leads out of the loop: it ends the operation, or goes on elsewhere.
func (a *automaton) leaves(n, m int32, loop []int32) bool {
	return !slices.ContainsFunc(a.within(n, m), func(to int32) bool { return loop[to] == loop[n] })
}

// successors visits the nodes that follow node n within the same operation.
func (f *endless) successors(a *automaton, n int32, visit func(int32)) {
	if !f.at[n] {
		return
	}
	for answer, m := range a.nodes[n].next {
		if m == noNode || answer == 0 && f.trips[n] {
			continue
		}
		for _, m := range a.within(n, m) {
			if f.at[m] {
				visit(m)
			}
		}
	}
}

// within returns the nodes to which a step from n to m leads if the operation goes on: where it began, if it is restarted, and no node
// if it ends. Unless the nodes that restart are kept apart by their blocks, a restart may lead to where the actor begins on any block.
func (a *automaton) within(n, m int32) []int32 {
	switch {
	case m != root:
		return []int32{m}
	case !a.nodes[n].restarts():
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.starts), func(s int32) bool {
		return a.nodes[s].actor != a.nodes[n].actor || a.nodes[n].apart && a.nodes[s].block != a.nodes[n].block
	})
}

// restarts tells whether the operation at n may lead back to where the actor began.
func (n *node) restarts() bool {
	return n.op.kind != opRoot && n.op.kind != opReturn && slices.Contains(n.next, root)
}

// keepRestartsApart has nodes that restart on different blocks stay different, though nothing else tells them apart.
func (g *graph) keepRestartsApart() {
	for i := range g.nodes {
		g.nodes[i].apart = g.nodes[i].restarts()
	}
}

// tripsEnd tells whether nobody waits for a value, and every drain is settled: then the tasks that only try and restart take no new
// references, and keep no drain waiting for ever.
func (p *movers) tripsEnd() bool {
	for _, settled := range p.findSettled() {
		if !settled {
			return false
		}
	}
	return !slices.ContainsFunc(p.a.nodes, func(n node) bool { return n.op.kind == opWait })
}

// restForLivelocks makes tasks rest wherever one may have to wait, or may stay for ever: it is what the search for livelocks needs of the pieces (docs/semantics.md, theorem L3).
func (p *movers) restForLivelocks() {
	p.roundTrip = p.a.endless.trips
	p.tried = p.findTried()
	for _, l := range p.a.locks {
		p.announced[l] = true
	}
	for i := range p.a.nodes {
		if p.a.restsAt(int32(i)) {
			p.critical[int32(i)] = true
		}
	}
}

// restsAt tells whether a task always rests at node n, since the search for livelocks looks at it there.
func (a *automaton) restsAt(n int32) bool {
	return a.endless != nil && (a.endless.at[n] || a.nodes[n].op.kind.blocking())
}

// mayStay tells whether task i may be part of a livelock where it is: it may go round there, or wait, or is idle.
func (a *automaton) mayStay(n int32) bool {
	return n == root || a.endless.at[n] || a.nodes[n].op.kind.blocking() && !a.nodes[n].fatal
}
