package sim

import (
	"slices"

	"memhp/spec"
)

// aside is the block beside block 0 in a focused automaton: only tasks that hold a lock for a moment come there.
const aside = spec.Block(1)

// focus leaves out of the automaton what tasks do to other blocks than block 0, if that changes nothing that is found
// (docs/semantics.md, theorem 7): blocks are interchangeable, a task works on one of them, what it does there matters to
// tasks on others only by the locks that it holds, and no circular wait goes through two blocks.
func (a *automaton) focus(tasks int) {
	a.locks = locksOf(a.nodes)
	if a.blocks == 1 || len(a.locks) > maxLocks || !a.separate() || a.newCycleFinder(tasks).across() {
		return
	}
	init, holders, ok := a.holders(a.findMovers(tasks).tried)
	if !ok {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(a.starts), func(n int32) bool {
		b := a.nodes[n].block
		return b != spec.NoBlock && b != 0 && !slices.Contains(holders, n)
	})
	a.blocks = 1
	if len(holders) > 0 {
		a.aside = &init
	}
	a.keep(kept)
}

// keep leaves the nodes that tasks reach from the given starts. Variables of the block aside never change.
func (a *automaton) keep(starts []int32) {
	to := make([]int32, len(a.nodes))
	for i := range to {
		to[i] = noNode
	}
	g := &graph{}
	for _, n := range append([]int32{root}, a.reachable(starts)...) {
		to[n] = int32(len(g.nodes))
		g.nodes = append(g.nodes, a.nodes[n])
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		n.next = slices.Clone(n.next)
		for answer, m := range n.next {
			if m != noNode {
				n.next[answer] = to[m]
			}
			if !a.answers(n, answer) {
				n.next[answer] = noNode
			}
		}
	}
	for _, s := range starts {
		g.starts = append(g.starts, to[s])
	}
	a.mergeNodes(g)
}

// reachable returns the nodes on the paths from the given starts to idle.
func (a *automaton) reachable(starts []int32) []int32 {
	var out []int32
	seen := make([]bool, len(a.nodes))
	seen[root] = true
	for todo := slices.Clone(starts); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == noNode || seen[n] {
			continue
		}
		seen[n] = true
		out = append(out, n)
		for answer, m := range a.nodes[n].next {
			if a.answers(&a.nodes[n], answer) {
				todo = append(todo, m)
			}
		}
	}
	return out
}

// answers tells whether an operation can get an answer, as far as the block aside decides that.
func (a *automaton) answers(n *node, answer int) bool {
	if a.aside == nil || n.op.kind != opRead || n.op.v.Block != aside {
		return true
	}
	return answer == a.aside.Value(n.op.v.Class)
}

// separate tells whether renaming blocks changes nothing, each task works on at most one block at a time, and leaves
// nothing behind that a task on another block could see.
func (a *automaton) separate() bool {
	for _, to := range permutations(a.blocks) {
		mirror := slices.Repeat([]int32{noNode}, len(a.nodes))
		mirror[root] = root
		if !a.mirrorNodes(to, mirror) {
			return false
		}
	}
	pinned, written := map[spec.Var]bool{}, map[spec.Var]bool{}
	for _, s := range a.starts {
		b := a.nodes[s].block
		for _, n := range a.reachable([]int32{s}) {
			if nd := &a.nodes[n]; nd.op.kind == opWait || !nd.within(b) || b != spec.NoBlock && nd.publishes() {
				return false
			}
			if b != spec.NoBlock {
				a.notePins(n, pinned, written)
			}
		}
	}
	for v := range pinned {
		if v.Block == spec.NoBlock && written[v] {
			return false
		}
	}
	return true
}

func (a *automaton) notePins(n int32, pinned, written map[spec.Var]bool) {
	nd := &a.nodes[n]
	for _, v := range nd.pins {
		pinned[v] = true
	}
	if nd.op.kind == opPin {
		pinned[nd.op.v] = true
	}
	if _, write := nd.op.access(); write {
		written[nd.op.v] = true
	}
}

// within tells whether a node names no objects but those of block b and those of no block.
func (n *node) within(b spec.Block) bool {
	in := func(o spec.Block) bool { return o == spec.NoBlock || o == b }
	return (n.op.lock.Class == nil || in(n.op.lock.Block)) && (n.op.v.Class == nil || in(n.op.v.Block)) &&
		!slices.ContainsFunc(n.held, func(h spec.Hold) bool { return !in(h.Lock.Block) }) &&
		!slices.ContainsFunc(n.pins, func(v spec.Var) bool { return !in(v.Block) }) &&
		!slices.ContainsFunc(n.fresh, func(f spec.Assign) bool { return !in(f.Var.Block) })
}

// publishes tells whether the operation changes what tasks on every block can see.
func (n *node) publishes() bool {
	global := func(v spec.Var) bool { return v.Class != nil && v.Block == spec.NoBlock && len(v.Class.Values) > 1 }
	_, write := n.op.access()
	return write && global(n.op.v) || (n.op.kind == opActivate || n.op.kind == opDeactivate) && n.op.lock.Block == spec.NoBlock ||
		slices.ContainsFunc(n.fresh, func(f spec.Assign) bool { return global(f.Var) })
}

// across tells whether tasks on two blocks may wait for each other in a circle, as far as the search tells.
func (f *cycleFinder) across() bool {
	across := false
	f.onCycle = func(cycle []waitEdge) { across = across || f.acrossBlocks(cycle) }
	return !f.search() || across
}

// acrossBlocks tells whether two of the tasks on a cycle, pending writers between readers among them, may be on two blocks.
func (f *cycleFinder) acrossBlocks(cycle []waitEdge) bool {
	var seats []map[spec.Block]bool
	for i, e := range cycle {
		seats = append(seats, f.a.blocksOf(f.sites[e]))
		if between(cycle[(i+len(cycle)-1)%len(cycle)], e) == 1 {
			seats = append(seats, f.a.blocksOf(f.a.writersOf(e.from)))
		}
	}
	for i, s := range seats {
		for _, t := range seats[i+1:] {
			for b := range s {
				if len(t) > 1 || len(t) == 1 && !t[b] {
					return true
				}
			}
		}
	}
	return false
}

// blocksOf returns the blocks on which tasks at these nodes work.
func (a *automaton) blocksOf(nodes []int32) map[spec.Block]bool {
	out := map[spec.Block]bool{}
	for _, n := range nodes {
		for _, s := range a.starts {
			if b := a.nodes[s].block; b != spec.NoBlock && slices.Contains(a.reachable([]int32{s}), n) {
				out[b] = true
			}
		}
	}
	return out
}

// writersOf returns the nodes at which a task is about to take l for writing.
func (a *automaton) writersOf(l spec.Lock) []int32 {
	var out []int32
	for n := range a.nodes {
		if o := a.nodes[n].op; o.kind == opLock && o.lock == l {
			out = append(out, int32(n))
		}
	}
	return out
}

// holders returns, for the locks that a trylock can see held, the first nodes of actors that hold one for a moment
// while the block aside is as init says, and do nothing else. It tells whether each lock has one.
func (a *automaton) holders(tried map[spec.Lock]bool) (spec.BlockInit, []int32, bool) {
	for _, init := range spec.BlockInits() {
		var out []int32
		missing := false
		for _, l := range a.locks {
			if !tried[l] || l.Block != spec.NoBlock {
				continue // a lock of a block is held by tasks on that block only
			}
			i := slices.IndexFunc(a.starts, func(n int32) bool { return a.holds(n, l, init) })
			if missing = missing || i < 0; !missing {
				out = append(out, a.starts[i])
			}
		}
		if !missing {
			return init, out, true
		}
	}
	return spec.BlockInit{}, nil, false
}

// holds tells whether an actor that begins at node n on the block aside takes l first and lets it go, and nothing else. It may begin whatever
// others do, so it is no work of which one at a time is run.
func (a *automaton) holds(n int32, l spec.Lock, init spec.BlockInit) bool {
	nd := &a.nodes[n]
	return nd.block == aside && len(nd.held) == 0 && nd.op.kind == opLock && nd.op.lock == l && a.quiet(n, l, init, map[int32]bool{})
}

// quiet tells whether all that a task does from node n on is to hold l and to let it go.
func (a *automaton) quiet(n int32, l spec.Lock, init spec.BlockInit, passed map[int32]bool) bool {
	nd := &a.nodes[n]
	if n == root {
		return true
	}
	if passed[n] || nd.fatal || len(nd.broken) > 0 || l.Class.KindIn(a.kernel) != spec.Mutex {
		return false
	}
	passed[n] = true
	defer delete(passed, n)
	switch nd.op.kind {
	case opLock, opUnlock:
		if nd.op.lock != l {
			return false
		}
	case opRead:
		if nd.op.v.Block == aside {
			return a.quiet(nd.next[init.Value(nd.op.v.Class)], l, init, passed)
		}
		return false
	case opReturn:
	default:
		return false
	}
	return a.quiet(nd.next[0], l, init, passed)
}
