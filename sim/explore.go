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
	stepper stepper
	table   *table
	inits   []initial

	found       map[string]bool
	seen        map[uint64]bool // cheap names of findings that were explained already
	discoveries []discovery
	reach       []uint32 // for each node, the state in which a task first came to it
	transitions int64
	depth       int
	current     uint32
	limit       string
	started     time.Time
	// look, if set, is shown each state.
	look func(*state)
	// enough, if set, tells whether the search may stop with a finding; stop tells that it did.
	enough func(distinct) bool
	stop   bool
}

// discovery is a violation and the state from which one more step shows it; a deadlock is shown by the state itself.
type discovery struct {
	distinct
	from     uint32
	deadlock bool
	// bystander tells that the actor did not write what disagrees, but was the first to let it be seen.
	bystander bool
}

// known tells whether d says nothing that another discovery, of an actor that takes part, does not say.
func (e *explorer) known(d discovery) bool {
	return d.bystander && slices.ContainsFunc(e.discoveries, func(o discovery) bool { return !o.bystander && o.invariant == d.invariant })
}

func newExplorer(c Config) (*explorer, error) {
	a, err := newAutomaton(c.Kernel, c.Actors, c.Tasks, c.Blocks, c.Reductions)
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
	e := &explorer{config: c, a: a, packing: p, table: newTable(), inits: a.initials(),
		found: map[string]bool{}, seen: map[uint64]bool{}, reach: make([]uint32, len(a.nodes)), started: time.Now()}
	for i := range e.reach {
		e.reach[i] = noParent
	}
	e.stepper = stepper{a: a, tasks: c.Tasks, arrived: make([]bool, len(a.nodes)),
		emit: e.emit, report: e.report}
	return e, nil
}

func (e *explorer) emit(s *state) {
	e.transitions++
	if e.table.put(e.packing.pack(s), e.current) {
		e.table.flush()
	}
}

// report notes a finding. The first of a kind is also the one with the fewest steps.
func (e *explorer) report(f finding) {
	name := f.name()
	if f.kind != brokenPin && f.kind != deadlock && e.seen[name] {
		return
	}
	e.seen[name] = true
	for _, d := range e.stepper.explain(f) {
		if !e.found[d.key()] {
			e.found[d.key()] = true
			e.stop = e.stop || e.enough != nil && e.enough(d)
			e.discoveries = append(e.discoveries, discovery{distinct: d, from: e.current, deadlock: f.kind == deadlock,
				bystander: f.kind == brokenAgreement && !f.at.mine})
		}
	}
}

// name tells apart findings that may be different violations, without looking into them.
func (f finding) name() uint64 {
	return uint64(f.kind)<<56 | uint64(f.at.rule)<<48 | uint64(f.at.block)<<40 | uint64(f.node)
}

// pollEvery is how many states are expanded between looks at the clock and at cancellation.
const pollEvery = 1 << 12

func (e *explorer) explore(ctx context.Context) error {
	e.current = noParent
	for i := range e.inits {
		e.table.add(e.packing.pack(&e.inits[i].state), noParent)
	}
	levelEnd := e.table.n
	for e.current = 0; e.current < e.table.n && !e.stop; e.current++ {
		if e.current == levelEnd {
			e.depth++
			levelEnd = e.table.n
		}
		full := e.config.Limits.States > 0 && int64(e.table.n) > e.config.Limits.States
		if (full || e.current%pollEvery == 0) && e.stopped(ctx) {
			return nil
		}
		e.expand()
		if e.stepper.err != nil {
			return e.stepper.err
		}
		if e.current+1 == levelEnd || e.current+1 == e.table.n {
			e.table.flush()
		}
	}
	return nil
}

// expand computes all steps from the current state. A task whose twin, at the same node, was
// tried already can do nothing new.
func (e *explorer) expand() {
	s := e.packing.unpack(e.table.key(e.current))
	if e.look != nil {
		e.look(&s)
	}
	blocked := false
	for i := 0; i < e.config.Tasks; i++ {
		if e.packing.sorted && i > 0 && s.node[i] == s.node[i-1] {
			continue
		}
		if !e.stepper.step(&s, i) {
			blocked = true
		}
	}
	e.noteArrivals()
	if !blocked {
		return
	}
	if set := e.stepper.stuck(&s); set != 0 {
		e.reportDeadlock(&s, set)
	}
}

func (e *explorer) reportDeadlock(s *state, set uint32) {
	name := uint64(deadlock)<<56 | deadlockName(s, set, e.config.Tasks)>>8
	if e.seen[name] {
		return
	}
	e.seen[name] = true
	for _, core := range e.stepper.cores(s, set) {
		e.report(finding{kind: deadlock, state: s, set: core})
	}
}

func deadlockName(s *state, set uint32, tasks int) uint64 {
	h := uint64(1)
	for i := 0; i < tasks; i++ {
		if set>>i&1 == 1 {
			h = key{h, uint64(s.node[i])}.hash()
		}
	}
	return h
}

// noteArrivals records the first arrival at each node.
func (e *explorer) noteArrivals() {
	for _, n := range e.stepper.fresh {
		e.reach[n] = e.current
	}
	e.stepper.fresh = e.stepper.fresh[:0]
}

// stopped tells whether a limit or the user stops the search, and why.
func (e *explorer) stopped(ctx context.Context) bool {
	elapsed := time.Since(e.started)
	if e.config.Progress != nil {
		e.config.Progress(Progress{e.config.Kernel.String(), int64(e.table.n), int64(e.current), e.depth, len(e.discoveries), elapsed})
	}
	l := e.config.Limits
	switch {
	case ctx.Err() != nil:
		e.limit = "interrupted"
	case l.States > 0 && int64(e.table.n) > l.States:
		e.limit = fmt.Sprintf("more than %d states", l.States)
	case l.Bytes > 0 && e.table.bytes() > l.Bytes:
		e.limit = fmt.Sprintf("more than %d bytes", l.Bytes)
	case l.Time > 0 && elapsed > l.Time:
		e.limit = fmt.Sprintf("longer than %s", l.Time)
	case e.table.n > maxStates:
		e.limit = "more than 4 G states"
	}
	return e.limit != ""
}

const maxStates = 1<<32 - 1<<24

// lockGraph returns the lock order that the reached paths make, and for each site the node that makes it.
func (e *explorer) lockGraph() (*spec.Graph, map[spec.Site][]int32) {
	g := spec.NewGraph(e.a.kernel)
	at := map[spec.Site][]int32{}
	for n := range e.a.nodes {
		nd := &e.a.nodes[n]
		m, ok := nd.op.kind.acquires()
		if !ok || e.reach[n] == noParent {
			continue
		}
		site := spec.Site{Actor: e.a.actorName(int32(n)), Function: e.a.functionAt(int32(n))}
		g.Add(nd.held, nd.op.lock, m, site)
		at[site] = append(at[site], int32(n))
	}
	return g, at
}
