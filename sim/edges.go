package sim

import "slices"

// edges are the steps of plain exploration, compiled: what a task can do at a node, as bits to compare and bits to change in a key. Nodes
// at which something may have to be reported have none, and there the stepper steps (docs/semantics.md, section 7).
type edges struct {
	all   []edge
	first []int32 // edges first[n] to first[n+1] leave node n
	has   []bits4 // what a task at a node has
}

// bits4 are sets of locks, and one of variables: held for writing, held for reading, a pending writer of, and pinned.
type bits4 struct{ ex, sh, pend, pins uint64 }

func (b bits4) or(o bits4) bits4 {
	return bits4{b.ex | o.ex, b.sh | o.sh, b.pend | o.pend, b.pins | o.pins}
}

func (b bits4) meets(o bits4) bool { return b.ex&o.ex|b.sh&o.sh|b.pend&o.pend|b.pins&o.pins != 0 }

// edge leads to node next. It is hindered if the other tasks have something of busy, or if the variables under mask are not want; it can be
// taken if it is not, and one that fails, like a trylock, if it is. Then those under clear become set, and by is added to the node of the task.
type edge struct {
	busy       bits4
	mask, want uint64
	clear, set uint64
	by         uint64
	next       int32
	fails      bool
}

// compileEdges returns the compiled steps, or nil if steps may be more than one operation, or a key is more than the nodes in their order.
func (a *automaton) compileEdges(p packing) *edges {
	if !a.plain || p.sorted || len(p.swaps) > 0 {
		return nil
	}
	c := &edges{}
	for n := range int32(len(a.nodes)) {
		c.first = append(c.first, int32(len(c.all)))
		c.has = append(c.has, bits4{a.ex[n], a.sh[n], a.pend[n], a.pins[n]})
		if a.harmless(n) {
			c.leave(a, n)
		}
	}
	c.first = append(c.first, int32(len(c.all)))
	return c
}

// harmless tells whether no step from node n breaks a rule, if nobody pins what it writes.
func (a *automaton) harmless(n int32) bool {
	in, next := &a.code[n], a.nodes[n].next
	if in.kind == opRoot {
		next = a.starts
	}
	for _, m := range next {
		if m != noNode && len(a.nodes[m].broken) > 0 {
			return false
		}
	}
	return !a.nodes[n].fatal && in.kind != opAssert && len(in.check) == 0
}

// leave adds the edges that leave node n.
func (c *edges) leave(a *automaton, n int32) {
	if a.code[n].kind == opRoot {
		for _, f := range a.starts {
			c.add(n, f, edge{busy: bits4{ex: a.ex[f]}})
		}
		return
	}
	for answer, next := range a.nodes[n].next {
		if next == noNode || a.again(n, answer) {
			continue
		}
		if e, ok := a.edge(n, answer); ok {
			c.add(n, next, e)
		}
	}
}

// again tells whether the stepper gives up the step from node n on this answer, since it came to the same loop head on another.
func (a *automaton) again(n int32, answer int) bool {
	next := a.nodes[n].next
	in := &a.code[next[answer]]
	return a.code[n].kind == opChoose && in.loop && in.escapes && slices.Contains(next[:answer], next[answer])
}

func (c *edges) add(n, next int32, e edge) {
	e.next, e.by = next, uint64(int64(next)-int64(n))
	c.all = append(c.all, e)
}

// edge returns when the operation at node n is done with an answer, and what it does; ok is false if that is never.
func (a *automaton) edge(n int32, answer int) (e edge, ok bool) {
	in := &a.code[n]
	field, is := in.mask<<in.shift, uint64(answer)<<in.shift
	switch in.kind {
	case opLock:
		return edge{busy: bits4{ex: in.bit, sh: in.bit}}, true
	case opRLock:
		return edge{busy: in.writers()}, true
	case opDrain:
		return edge{busy: bits4{sh: in.bit}}, true
	case opTryLock:
		return try(edge{busy: bits4{ex: in.bit, sh: in.bit}}, (a.ex[n]|a.sh[n])&in.bit != 0, answer)
	case opTryRLock:
		if in.mask != 0 {
			return edge{mask: 1 << in.shift, want: is}, true
		}
		return try(edge{busy: in.writers()}, a.ex[n]&in.bit != 0, answer)
	case opWait:
		return edge{mask: field, want: in.arg << in.shift}, true
	case opRead:
		return edge{mask: field, want: is & field}, in.mask != 0 || answer == int(in.arg)
	case opActivate:
		return edge{clear: in.clear, set: in.set | 1<<in.shift}, true
	case opDeactivate:
		return edge{clear: 1 << in.shift}, true
	case opWrite:
		return in.writes(edge{}), true
	case opSwap:
		e := edge{mask: field, want: in.old << in.shift, fails: answer == 0}
		if e.fails {
			return e, true
		}
		return in.writes(e), true
	}
	return edge{}, true
}

// writers is what others must not have for a task to take a lock for reading.
func (in *instr) writers() bits4 {
	b := bits4{ex: in.bit}
	if in.wpref {
		b.pend = in.bit
	}
	return b
}

// writes returns e with the write of the operation, if nobody pins the variable.
func (in *instr) writes(e edge) edge {
	e.busy.pins = in.pinBit
	e.clear = in.mask << in.shift
	e.set = in.arg << in.shift & e.clear
	return e
}

// try returns the edge of a trylock for an answer; it fails where the lock is busy, or mine already.
func try(e edge, mine bool, answer int) (edge, bool) {
	if mine {
		return edge{}, answer == 0
	}
	e.fails = answer == 0
	return e, true
}

// follow computes all steps from a state, as expand does.
func (w *worker) follow(k key) {
	c, p := w.e.edges, &w.e.packing
	w.state = p.unpack(k)
	s := &w.state
	var after [maxTasks + 1]bits4 // what the tasks from one on have
	for i := p.tasks - 1; i > 0; i-- {
		after[i] = after[i+1].or(c.has[s.node[i]])
	}
	var before bits4
	waiting := uint32(0)
	for i := range p.tasks {
		n := s.node[i]
		if !w.take(k, i, c.all[c.first[n]:c.first[n+1]], before.or(after[i+1])) && !w.stepper.step(s, i) {
			waiting |= 1 << i
		}
		before = before.or(c.has[n])
	}
	w.noteFresh()
	if waiting == 0 {
		return
	}
	if set := w.stepper.shrink(s, waiting); set != 0 {
		w.reportDeadlock(s, set)
	}
}

// take takes those of the edges of task i that can be taken in the state with key k, where the others have what they have, and tells
// whether there are any.
func (w *worker) take(k key, i int, from []edge, others bits4) (any bool) {
	at, inLo := w.e.packing.place(i)
	for j := range from {
		e := &from[j]
		if (others.meets(e.busy) || k.lo&e.mask != e.want) != e.fails {
			continue
		}
		any = true
		w.stepper.note(e.next)
		to := key{k.lo&^e.clear | e.set, k.hi}
		if inLo {
			to.lo += e.by << at
		} else {
			to.hi += e.by << at
		}
		w.out.add(to)
	}
	return any
}
