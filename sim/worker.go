package sim

import (
	"fmt"
	"slices"
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
	state   state
}

// batch is a block of states, and what they lead to.
type batch struct {
	first, states stateID

	keys  []key           // of all successors, in the order in which they were found
	ends  []int           // for each state, how many successors it and those before it have
	next  [shards][]entry // successors, by shard
	place []uint32        // for each successor, its place in the index + 1 if it is new
	fresh [shards]uint32  // how many are new, by shard
	found stateID         // the number of the first that is new

	discoveries []discovery
	reached     []arrival
	err         error
}

// entry is a successor, by its number in the batch, and its tag.
type entry struct{ tag, number uint32 }

func (b *batch) reset() {
	for s := range b.next {
		b.next[s] = b.next[s][:0]
	}
	b.keys, b.ends, b.discoveries, b.reached, b.err = b.keys[:0], b.ends[:0], b.discoveries[:0], b.reached[:0], nil
}

func (b *batch) add(k key) {
	h := k.hash()
	next := &b.next[shardOf(h)]
	*next = append(*next, entry{tagOf(h), uint32(len(b.keys))})
	b.keys = append(b.keys, k)
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

func (w *worker) expandBlock(out *batch) {
	out.reset()
	w.out = out
	compiled := w.e.edges != nil && w.stepper.seen == nil
	for i := range out.states {
		w.current = out.first + i
		if k := w.e.table.key(w.current); compiled {
			w.follow(k)
		} else {
			w.expand(w.e.packing.unpack(k))
		}
		out.ends = append(out.ends, len(out.keys))
	}
	out.place = slices.Grow(out.place[:0], len(out.keys))[:len(out.keys)]
	clear(out.place)
	if out.err = w.stepper.err; out.err == nil && len(out.keys) >= 1<<inBatchBits {
		out.err = fmt.Errorf("%d states have %d successors, and at most %d are handled", out.states, len(out.keys), 1<<inBatchBits-1)
	}
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
	w.noteFresh()
	if !blocked {
		return
	}
	if set := w.stepper.stuck(&s); set != 0 {
		w.reportDeadlock(&s, set)
	}
}

func (w *worker) emit(s *state) { w.out.add(w.e.packing.pack(s)) }

// report notes a finding, if it may be the first of its kind.
func (w *worker) report(f finding) {
	if name := w.stepper.nameOf(f); f.kind != deadlock {
		if w.seen[name] {
			return
		}
		w.seen[name] = true
	}
	for _, d := range w.stepper.explain(f) {
		w.out.discoveries = append(w.out.discoveries, discovery{distinct: d, from: w.current, deadlock: f.kind == deadlock,
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

// noteFresh notes the nodes to which a task came for the first time.
func (w *worker) noteFresh() {
	if len(w.stepper.fresh) == 0 {
		return
	}
	for _, n := range w.stepper.fresh {
		w.out.reached = append(w.out.reached, arrival{node: n, from: w.current})
	}
	w.stepper.fresh = w.stepper.fresh[:0]
}
