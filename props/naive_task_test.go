package props

import (
	"fmt"
	"slices"

	"memhp/spec"
)

// The naive explorer knows nothing of package sim: it has no automata, no merged nodes, no packed states and no reductions. Where a task
// is, is the list of the answers that its procedure got; the procedure is run again from its beginning to find out what it does next.

// naiveOp is what a procedure asks of its Task.
type naiveOp struct {
	name   string
	lock   spec.Lock
	v      spec.Var
	x, old int
	n      int  // of a choice
	fair   bool // it is marked eventually
	fresh  []spec.Assign
	rule   *spec.Invariant
}

// place is where a task is: the answers so far, and what follows from them.
type place struct {
	actor   int // -1 for the idle place
	block   spec.Block
	answers []int
	op      naiveOp // what it does next
	held    spec.Held
	pending bool // it has announced that it will take op.lock
	pins    []spec.Var
	stack   []*spec.Function
	broken  []string // the signatures of the rules that it breaks by coming here
	ended   bool     // it stays here for ever
}

// naiveTask runs a procedure against given answers and stops it before the next operation.
type naiveTask struct {
	kernel  spec.Kernel
	who     string
	answers []int
	used    int
	place   place
	again   int // the number of answers to which Again goes back, or -1
	stopped bool
}

type stopProcedure struct{}

// replay returns where an actor is after some answers. A task that starts over with nothing held is idle.
func (m *naive) replay(actor int, b spec.Block, answers []int) place {
	if actor < 0 {
		return place{actor: -1, op: naiveOp{name: "idle"}}
	}
	for {
		t := &naiveTask{kernel: m.kernel, who: m.actors[actor].Name, answers: answers, again: -1}
		t.place = place{actor: actor, block: b, answers: answers}
		t.run(m.actors[actor], b)
		switch {
		case t.again < 0:
			m.judge(&t.place)
			return t.place
		case t.again == 0 && len(t.place.held) == 0:
			return m.replay(-1, b, nil)
		case t.again >= len(answers):
			panic(t.who + " loops for ever without an operation")
		}
		answers = answers[:t.again]
	}
}

func (t *naiveTask) run(a spec.Actor, b spec.Block) {
	defer func() {
		switch p := recover(); p.(type) {
		case nil, stopProcedure:
		default:
			panic(p)
		}
	}()
	if a.Single != nil {
		t.take(a.Single.Of(spec.NoBlock), spec.Write)
	}
	a.Run(t, b)
	if a.Single != nil {
		t.drop(a.Single.Of(spec.NoBlock), spec.Write)
	}
	t.ask(naiveOp{name: "return"})
}

// ask returns the answer to an operation, or stops the procedure if there is none yet.
func (t *naiveTask) ask(o naiveOp) int {
	if t.stopped {
		return 0
	}
	if t.used == len(t.answers) {
		t.place.op = o
		t.halt()
	}
	t.used++
	t.place.broken = nil
	t.place.pending = o.name == "announce"
	return t.answers[t.used-1]
}

func (t *naiveTask) halt() {
	t.stopped = true
	panic(stopProcedure{})
}

func (t *naiveTask) take(l spec.Lock, m spec.Mode) {
	if !t.stopped {
		t.place.held = append(slices.Clone(t.place.held), spec.Hold{Lock: l, Mode: m})
	}
}

func (t *naiveTask) drop(l spec.Lock, m spec.Mode) {
	for i := len(t.place.held) - 1; i >= 0 && !t.stopped; i-- {
		if h := t.place.held[i]; h.Lock == l && h.Mode == m {
			t.place.held = slices.Delete(slices.Clone(t.place.held), i, i+1)
			return
		}
	}
}

func (t *naiveTask) Kernel() spec.Kernel { return t.kernel }

func (t *naiveTask) Lock(l spec.Lock) {
	if k := l.Class.KindIn(t.kernel); k == spec.Rwsem || k == spec.PercpuRwsem {
		t.ask(naiveOp{name: "announce", lock: l})
	}
	t.ask(naiveOp{name: "lock", lock: l})
	t.take(l, spec.Write)
}

func (t *naiveTask) RLock(l spec.Lock) {
	t.ask(naiveOp{name: "rlock", lock: l})
	t.take(l, spec.Read)
}

func (t *naiveTask) TryLock(l spec.Lock) bool {
	ok := t.ask(naiveOp{name: "trylock", lock: l}) == 1
	if ok {
		t.take(l, spec.Write)
	}
	return ok
}

func (t *naiveTask) TryRLock(l spec.Lock) bool {
	ok := t.ask(naiveOp{name: "tryrlock", lock: l}) == 1
	if ok {
		t.take(l, spec.Read)
	}
	return ok
}

func (t *naiveTask) Unlock(l spec.Lock) {
	t.ask(naiveOp{name: "unlock", lock: l})
	t.drop(l, spec.Write)
}

func (t *naiveTask) RUnlock(l spec.Lock) {
	t.ask(naiveOp{name: "runlock", lock: l})
	t.drop(l, spec.Read)
}

func (t *naiveTask) Activate(l spec.Lock, fresh ...spec.Assign) {
	t.ask(naiveOp{name: "activate", lock: l, fresh: fresh})
}

func (t *naiveTask) Deactivate(l spec.Lock) { t.ask(naiveOp{name: "deactivate", lock: l}) }

func (t *naiveTask) Drain(l spec.Lock) { t.ask(naiveOp{name: "drain", lock: l}) }

func (t *naiveTask) Read(v spec.Var) int { return t.ask(naiveOp{name: "read", v: v}) }

func (t *naiveTask) Write(v spec.Var, x int) { t.ask(naiveOp{name: "write", v: v, x: x}) }

func (t *naiveTask) Swap(v spec.Var, old, x int) bool {
	return t.ask(naiveOp{name: "swap", v: v, old: old, x: x}) == 1
}

func (t *naiveTask) Wait(v spec.Var, x int) { t.ask(naiveOp{name: "wait", v: v, x: x}) }

func (t *naiveTask) Pin(v spec.Var) {
	t.ask(naiveOp{name: "pin", v: v})
	if !t.stopped {
		t.place.pins = append(slices.Clone(t.place.pins), v)
	}
}

func (t *naiveTask) Unpin(v spec.Var) {
	t.ask(naiveOp{name: "unpin", v: v})
	if !t.stopped {
		if i := slices.Index(t.place.pins, v); i >= 0 {
			t.place.pins = slices.Delete(slices.Clone(t.place.pins), i, i+1)
		}
	}
}

func (t *naiveTask) Assert(v spec.Var, x int, inv *spec.Invariant) {
	t.ask(naiveOp{name: "assert", v: v, x: x, rule: inv})
}

func (t *naiveTask) Choose(_ string, n int) int { return t.ask(naiveOp{name: "choose", n: n}) }

func (t *naiveTask) Eventually(_ string, n int, _ string) int {
	return t.ask(naiveOp{name: "choose", n: n, fair: true})
}

// Call checks what the contract of f says of what the caller holds.
func (t *naiveTask) Call(f *spec.Function) func(...*spec.Errno) {
	if t.stopped {
		return func(...*spec.Errno) {}
	}
	depth := len(t.place.stack)
	t.place.stack = append(slices.Clone(t.place.stack), f)
	for _, c := range f.Clauses {
		holds := slices.ContainsFunc(t.place.held, func(h spec.Hold) bool {
			return h.Lock.Class == c.Lock && (h.Mode == spec.Write || c.Mode == spec.Read)
		})
		if c.In(t.kernel) && (c.Demand == spec.Requires && !holds || c.Demand == spec.Forbids && holds) {
			t.place.broken = append(slices.Clone(t.place.broken), naiveSignature(c.Rule, f.Name, t.who))
		}
	}
	return func(...*spec.Errno) {
		if !t.stopped {
			t.place.stack = t.place.stack[:depth]
		}
	}
}

func (t *naiveTask) Bug(what string) {
	t.ask(naiveOp{name: "bug"})
	if !t.stopped {
		panic(fmt.Sprintf("%s goes on after BUG(): %s", t.who, what))
	}
}

func (t *naiveTask) Mark() spec.Point { return spec.Point(t.used) }

func (t *naiveTask) Again(p spec.Point) {
	if !t.stopped {
		t.again = int(p)
		t.halt()
	}
}
