package sim

import (
	"sync"
	"sync/atomic"
)

// worker expands states. What it finds goes into the batch of the block that it works on; it changes nothing that others see.
type worker struct {
	e       *explorer
	stepper stepper
	seen    map[uint64]bool // cheap names of findings that it explained already
	out     *batch
	current stateID
}

// batch is what the states of a block lead to.
type batch struct {
	next    [shards][]entry // successors, by shard
	ids     []stateID       // of all successors, in the order in which they were found, if they are new
	found   []discovery
	reached []arrival
	err     error
}

func (e *explorer) newWorker() *worker {
	w := &worker{e: e, seen: map[uint64]bool{}}
	w.stepper = stepper{a: e.a, tasks: e.config.Tasks, arrived: make([]bool, len(e.a.nodes)), emit: w.emit, report: w.report}
	return w
}

// share lets the workers do n things: each takes the next that nobody has taken.
func share(workers []*worker, n int, do func(w *worker, i int)) {
	if len(workers) == 1 {
		for i := range n {
			do(workers[0], i)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(w, int(i))
			}
		})
	}
	all.Wait()
}

func (w *worker) expandBlock(states []stateID, out *batch) {
	w.out = out
	for s := range out.next {
		out.next[s] = out.next[s][:0]
	}
	out.ids, out.found, out.reached = out.ids[:0], out.found[:0], out.reached[:0]
	var keys [blockStates]key // all at once: each is a miss of the cache, and the processor fetches several at the same time
	for i, id := range states {
		keys[i] = w.e.table.key(id)
	}
	for i, id := range states {
		w.current = id
		w.expand(w.e.packing.unpack(keys[i]))
	}
	out.err = w.stepper.err
}

// expand computes all steps from a state. A task whose twin, at the same node, was tried already can do nothing new.
func (w *worker) expand(s state) {
	blocked := false
	for i := 0; i < w.stepper.tasks; i++ {
		if w.e.packing.sorted && i > 0 && s.node[i] == s.node[i-1] {
			continue
		}
		if !w.stepper.step(&s, i) {
			blocked = true
		}
	}
	for _, n := range w.stepper.fresh {
		w.out.reached = append(w.out.reached, arrival{node: n, from: w.current})
	}
	w.stepper.fresh = w.stepper.fresh[:0]
	if !blocked {
		return
	}
	if set := w.stepper.stuck(&s); set != 0 {
		w.reportDeadlock(&s, set)
	}
}

func (w *worker) emit(s *state) {
	k := w.e.packing.pack(s)
	h := k.hash()
	next := &w.out.next[shardOf(h)]
	*next = append(*next, entry{key: k, tag: tagOf(h), parent: w.current, number: uint32(len(w.out.ids))})
	w.out.ids = append(w.out.ids, noState)
}

// report notes a finding, if it may be the first of its kind.
func (w *worker) report(f finding) {
	if name := w.stepper.nameOf(f); f.kind != deadlock {
		if w.seen[name] {
			return
		}
		w.seen[name] = true
	}
	for _, d := range w.stepper.explain(f) {
		w.out.found = append(w.out.found, discovery{distinct: d, from: w.current, deadlock: f.kind == deadlock,
			bystander: f.kind == brokenAgreement && !f.at.mine})
	}
}

func (w *worker) reportDeadlock(s *state, set uint32) {
	name := uint64(deadlock)<<56 | w.stepper.nameAt(s, set)>>8
	if w.seen[name] {
		return
	}
	w.seen[name] = true
	for _, core := range w.stepper.cores(s, set) {
		w.report(finding{kind: deadlock, state: s, set: core})
	}
}

// nameOf tells apart findings that may be different violations, without looking into them.
func (x *stepper) nameOf(f finding) uint64 {
	name := uint64(f.kind)<<56 | uint64(f.at.rule)<<48 | uint64(f.at.block)<<40 | uint64(f.node)
	if f.kind != brokenPin {
		return name
	}
	var who uint32
	for t := 0; t < x.tasks; t++ {
		if t != f.task && x.a.pins[f.state.node[t]]&x.a.code[f.node].pinBit != 0 {
			who |= 1 << t
		}
	}
	return uint64(f.kind)<<56 | key{name, x.nameAt(f.state, who)}.hash()>>8
}

// nameAt names the places of some tasks.
func (x *stepper) nameAt(s *state, set uint32) uint64 {
	h := uint64(1)
	for i := 0; i < x.tasks; i++ {
		if set>>i&1 == 1 {
			h = key{h, uint64(s.node[i])}.hash()
		}
	}
	return h
}
