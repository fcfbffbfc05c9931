package sim

import (
	"slices"

	"memhp/spec"
)

// waitEdge says that a task that holds one lock object may wait for another, while it holds the locks of ex for writing.
type waitEdge struct {
	from, to         spec.Lock
	fromMode, toMode spec.Mode
	ex               uint64
}

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
}

// findCycles returns where circular waits of at most the given number of tasks may be made.
func (a *automaton) findCycles(tasks int) circularWaits {
	f := &cycleFinder{a: a, tasks: tasks, edges: map[spec.Lock][]waitEdge{}, sites: map[waitEdge][]int32{},
		written: map[spec.Lock]bool{}, found: circularWaits{map[int32]bool{}, map[spec.Lock]bool{}}, budget: cycleBudget}
	for n := range a.nodes {
		f.addEdges(int32(n))
	}
	for _, l := range a.locks {
		for _, e := range f.edges[l] {
			f.extend([]waitEdge{e})
		}
	}
	if f.budget < 0 {
		f.giveUp()
	}
	return f.found
}

func (f *cycleFinder) addEdges(at int32) {
	n := &f.a.nodes[at]
	m, ok := n.op.kind.acquires()
	if !ok {
		return
	}
	l := n.op.lock
	f.written[l] = f.written[l] || m == spec.Write
	var ex uint64
	for _, h := range n.held {
		if h.Mode == spec.Write {
			ex |= f.a.bit(h.Lock)
		}
	}
	for _, h := range n.held {
		e := waitEdge{h.Lock, l, h.Mode, m, ex}
		if h.Lock == l {
			continue
		}
		if f.sites[e] == nil {
			f.edges[h.Lock] = append(f.edges[h.Lock], e)
		}
		f.sites[e] = append(f.sites[e], at)
	}
}

// extend notes every cycle that begins with path.
func (f *cycleFinder) extend(path []waitEdge) {
	if f.budget--; f.budget < 0 {
		return
	}
	first, last := path[0], path[len(path)-1]
	if last.to == first.from && f.conflict(last, first) {
		f.note(path)
	}
	if len(path) == f.tasks {
		return
	}
	for _, e := range f.edges[last.to] {
		together := slices.ContainsFunc(path, func(d waitEdge) bool { return d.from == e.from || d.ex&e.ex != 0 })
		if !together && f.conflict(last, e) {
			f.extend(append(path, e))
		}
	}
}

// note notes a cycle.
func (f *cycleFinder) note(cycle []waitEdge) {
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
