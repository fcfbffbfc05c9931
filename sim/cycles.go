package sim

import (
	"slices"

	"memhp/spec"
)

// waitEdge says that a task that holds one lock object may wait for another, while it holds the locks of ex for writing
// and those of sh for reading.
type waitEdge struct {
	from, to         spec.Lock
	fromMode, toMode spec.Mode
	ex, sh           uint64
}

// together tells whether two tasks may be on the two edges at once: neither holds for writing what the other holds.
func (d waitEdge) together(e waitEdge) bool { return d.ex&(e.ex|e.sh)|d.sh&e.ex == 0 }

// circularWaits says where circular waits may be made.
type circularWaits struct {
	// critical are the requests at which a task may wait as part of one.
	critical map[int32]bool
	// announced are the locks at which one may go through a pending writer, which holds off readers.
	announced map[spec.Lock]bool
}

// cycleBudget bounds the steps of the search for cycles; beyond it, whatever may lie on one counts as if it did.
const cycleBudget = 1 << 20

// cycleFinder looks for the circular waits that a number of tasks could make, by the locks that each node holds and
// requests. It sees every node of the automata, reachable or not, so it finds at least those that can occur.
type cycleFinder struct {
	a       *automaton
	tasks   int
	edges   map[spec.Lock][]waitEdge
	sites   map[waitEdge][]int32
	written map[spec.Lock]bool
	found   circularWaits
	budget  int
	onCycle func(cycle []waitEdge) // told each cycle, if set
}

// findCycles returns where circular waits of at most the given number of tasks may be made.
func (a *automaton) findCycles(tasks int) circularWaits {
	f := a.newCycleFinder(tasks)
	if !f.search() {
		f.giveUp()
	}
	return f.found
}

func (a *automaton) newCycleFinder(tasks int) *cycleFinder {
	f := &cycleFinder{a: a, tasks: tasks, edges: map[spec.Lock][]waitEdge{}, sites: map[waitEdge][]int32{},
		written: map[spec.Lock]bool{}, found: circularWaits{map[int32]bool{}, map[spec.Lock]bool{}}, budget: cycleBudget}
	for n := range a.nodes {
		f.addEdges(int32(n))
	}
	return f
}

// search notes all cycles, and tells whether it came to an end.
func (f *cycleFinder) search() bool {
	for _, l := range f.a.locks {
		for _, e := range f.edges[l] {
			f.extend([]waitEdge{e}, 1)
		}
	}
	return f.budget >= 0
}

func (f *cycleFinder) addEdges(at int32) {
	n := &f.a.nodes[at]
	m, ok := n.op.kind.acquires()
	if !ok {
		return
	}
	l := n.op.lock
	f.written[l] = f.written[l] || m == spec.Write
	var ex, sh uint64
	for _, h := range n.held {
		if h.Mode == spec.Write {
			ex |= f.a.bit(h.Lock)
		} else {
			sh |= f.a.bit(h.Lock)
		}
	}
	for _, h := range n.held {
		e := waitEdge{h.Lock, l, h.Mode, m, ex, sh}
		if h.Lock == l {
			continue
		}
		if f.sites[e] == nil {
			f.edges[h.Lock] = append(f.edges[h.Lock], e)
		}
		f.sites[e] = append(f.sites[e], at)
	}
}

// extend notes every cycle that begins with path, which so many tasks make: one an edge, and one for each pending writer
// between two readers.
func (f *cycleFinder) extend(path []waitEdge, tasks int) {
	if f.budget--; f.budget < 0 || tasks > f.tasks {
		return
	}
	first, last := path[0], path[len(path)-1]
	if last.to == first.from && f.conflict(last, first) && tasks+between(last, first) <= f.tasks && !f.shortcut(path) {
		f.note(path)
	}
	for _, e := range f.edges[last.to] {
		apart := slices.ContainsFunc(path, func(d waitEdge) bool { return d.from == e.from || !d.together(e) })
		if !apart && f.conflict(last, e) {
			f.extend(append(path, e), tasks+1+between(last, e))
		}
	}
}

// between returns how many pending writers stand between the request of d and the hold of e.
func between(d, e waitEdge) int { return b2i(d.toMode == spec.Read && e.fromMode == spec.Read) }

// shortcut tells whether a task of the cycle waits for another one than the next, too: then fewer of them are stuck. A reader that waits for
// readers only does so since a writer is pending, and one that waits for a writer finds no other task that reads.
func (f *cycleFinder) shortcut(cycle []waitEdge) bool {
	for i, d := range cycle {
		next := cycle[(i+1)%len(cycle)]
		for j, e := range cycle {
			if j != i && e != next && (e.ex|e.sh)&f.a.bit(d.to) != 0 {
				return true
			}
		}
	}
	return false
}

// note notes a cycle.
func (f *cycleFinder) note(cycle []waitEdge) {
	if f.onCycle != nil {
		f.onCycle(cycle)
	}
	for i, e := range cycle {
		f.mark(e)
		if before := cycle[(i+len(cycle)-1)%len(cycle)]; before.toMode == spec.Read && e.fromMode == spec.Read {
			f.found.announced[e.from] = true
		}
	}
}

func (f *cycleFinder) mark(e waitEdge) {
	for _, n := range f.sites[e] {
		f.found.critical[n] = true
	}
}

// conflict tells whether the request of d may wait for the hold of e. Between two readers a pending writer may stand.
func (f *cycleFinder) conflict(d, e waitEdge) bool {
	return d.toMode == spec.Write || e.fromMode == spec.Write ||
		d.to.Class.KindIn(f.a.kernel).PendingWriterBlocksReaders() && f.written[d.to]
}

// giveUp marks every edge from whose end a way leads back to its beginning.
func (f *cycleFinder) giveUp() {
	for e := range f.sites {
		if f.leads(e.to, e.from) {
			f.mark(e)
			f.found.announced[e.from] = true
		}
	}
}

// leads tells whether a way along edges leads from one lock to another.
func (f *cycleFinder) leads(from, to spec.Lock) bool {
	seen := map[spec.Lock]bool{}
	for todo := []spec.Lock{from}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at == to {
			return true
		}
		for _, e := range f.edges[at] {
			if !seen[e.to] {
				seen[e.to] = true
				todo = append(todo, e.to)
			}
		}
	}
	return false
}
