package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"memhp/spec"
)

// explorer is a breadth-first search: it finds each violation with the fewest scheduling steps.
type explorer struct {
	config  Config
	a       *automaton
	packing packing
	edges   *edges // nil where steps are not compiled
	table   *table
	inits   []initial
	workers []*worker
	batches []*batch // of one round

	found       map[string]bool
	discoveries []discovery
	reach       []arrival // for each node, how a task first came to it
	arrivals    int
	transitions int64
	expanded    int64
	depth       int
	limit       string
	started     time.Time
	// look, if set, is shown each state, in order.
	look func(stateID, *state)
	// enough, if set, tells whether the search may stop with a finding; stop tells that it did.
	enough func(distinct) bool
	stop   bool
}

// arrival says from which state a task first came to a node, and which of all first arrivals that was.
type arrival struct {
	node  int32
	from  stateID
	order int
}

// discovery is a violation and the state from which one more step shows it; a deadlock is shown by the state itself.
type discovery struct {
	distinct
	from     stateID
	deadlock bool
	// bystander tells that the actor did not write what disagrees, but was the first to let it be seen.
	bystander bool
}

// known tells whether d says nothing that another discovery, of an actor that takes part, does not say.
func (e *explorer) known(d discovery) bool {
	return d.bystander && slices.ContainsFunc(e.discoveries, func(o discovery) bool { return !o.bystander && o.invariant == d.invariant })
}

func newExplorer(c Config) (*explorer, error) {
	var mark []func(*graph)
	if c.livelocks { // the search asks where a restart leads
		mark = append(mark, (*graph).keepRestartsApart)
	}
	a, err := newAutomaton(c.Kernel, c.Actors, c.Tasks, c.Blocks, c.Reductions, c.scene, mark...)
	if err != nil {
		return nil, err
	}
	if c.livelocks {
		a.endless = a.findEndless()
		a.compile(c.Tasks, !c.Reductions.NoLipton)
	}
	p, err := newPacking(a, c.Tasks, c.Reductions)
	if err != nil {
		return nil, err
	}
	e := &explorer{config: c, a: a, packing: p, edges: a.compileEdges(p), table: new(table), inits: a.initials(),
		found: map[string]bool{}, reach: make([]arrival, len(a.nodes)), started: time.Now()}
	for i := range e.reach {
		e.reach[i].from = noState
	}
	for range c.jobs() {
		e.workers = append(e.workers, e.newWorker())
	}
	return e, nil
}

// explore expands the states level by level. A level is expanded in rounds: many blocks of states at once, and then their
// successors are added to the table, many shards at once. Whoever does the work, what comes first in the order of the blocks counts
// as found first; so the result does not depend on the number of workers.
func (e *explorer) explore(ctx context.Context) error {
	for i := range e.inits {
		e.table.start(e.packing.pack(&e.inits[i].state))
	}
	for at, end := stateID(0), e.table.n; at < end; end = e.table.n {
		for at < end {
			n := min(end-at, roundStates)
			if e.stopped(ctx) {
				return nil
			}
			if err := e.round(at, n); err != nil || e.stop {
				return err
			}
			at += n
		}
		if e.table.n > end {
			e.depth++
		}
	}
	return nil
}

const (
	blockStates = 256              // that one worker expands at a time
	roundStates = 16 * blockStates // few, so that what a round finds is in the cache when it is added to the table
	// fewStates are not worth a second worker.
	fewStates = 256
)

// round expands n states from the first on, and adds what comes of it in the order in which it was found.
func (e *explorer) round(first, n stateID) error {
	batches, workers := e.batchesOf(first, n), e.workers
	if n < fewStates {
		workers = workers[:1]
	}
	share(workers, len(batches), func(w *worker, i int) { w.expandBlock(batches[i]) })
	for _, b := range batches {
		if b.err != nil {
			return b.err
		}
	}
	e.table.add(batches, func(n int, do func(int)) { share(workers, n, func(_ *worker, i int) { do(i) }) })
	e.expanded += int64(n)
	e.showEach(first, n)
	for _, b := range batches {
		if !e.stop {
			e.collect(b)
		}
	}
	return nil
}

// batchesOf cuts n states into blocks.
func (e *explorer) batchesOf(first, n stateID) []*batch {
	count := 0
	for end := first + n; first < end; first += blockStates {
		if count == len(e.batches) {
			e.batches = append(e.batches, new(batch))
		}
		e.batches[count].first, e.batches[count].states = first, min(end-first, blockStates)
		count++
	}
	return e.batches[:count]
}

func (e *explorer) showEach(first, n stateID) {
	if e.look == nil {
		return
	}
	for id := first; id < first+n; id++ {
		s := e.packing.unpack(e.table.key(id))
		e.look(id, &s)
	}
}

// collect takes what a block brought. The blocks come in order, so the first of a kind is the same whoever found it.
func (e *explorer) collect(b *batch) {
	e.transitions += int64(len(b.keys))
	for _, d := range b.discoveries {
		if !e.found[d.key()] {
			e.found[d.key()] = true
			e.stop = e.stop || e.enough != nil && e.enough(d.distinct)
			e.discoveries = append(e.discoveries, d)
		}
	}
	for _, n := range b.reached {
		if e.reach[n.node].from == noState {
			e.arrivals++
			e.reach[n.node] = arrival{n.node, n.from, e.arrivals}
		}
	}
}

// stopped tells whether a limit or the user stops the search, and why.
func (e *explorer) stopped(ctx context.Context) bool {
	elapsed, n := time.Since(e.started), e.table.len()
	if e.config.Progress != nil {
		e.config.Progress(Progress{e.config.Kernel.String(), n, e.expanded, e.depth, len(e.discoveries), elapsed})
	}
	l := e.config.Limits
	switch {
	case ctx.Err() != nil:
		e.limit = "interrupted"
	case l.States > 0 && n > l.States:
		e.limit = fmt.Sprintf("more than %d states", l.States)
	case l.Bytes > 0 && e.table.bytes() > l.Bytes:
		e.limit = fmt.Sprintf("more than %d bytes", l.Bytes)
	case l.Time > 0 && elapsed > l.Time:
		e.limit = fmt.Sprintf("longer than %s", l.Time)
	case n > maxStates:
		e.limit = "more than 4 G states"
	}
	return e.limit != ""
}

const maxStates = 1<<32 - 1<<29

// lockGraph returns the lock order that the reached paths make, and for each site the node that makes it.
func (e *explorer) lockGraph() (*spec.Graph, map[spec.Site][]int32) {
	g := spec.NewGraph(e.a.kernel)
	at := map[spec.Site][]int32{}
	for n := range e.a.nodes {
		nd := &e.a.nodes[n]
		m, ok := nd.op.kind.acquires()
		if !ok || e.reach[n].from == noState {
			continue
		}
		site := spec.Site{Actor: e.a.actorName(int32(n)), Function: e.a.functionAt(int32(n))}
		g.Add(nd.held, nd.op.lock, m, site)
		at[site] = append(at[site], int32(n))
	}
	return g, at
}
