package sim

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// replay is the spec.Task that runs a procedure against given answers. When they run out, it notes the
// operation that the procedure asks for next, and stops it.
type replay struct {
	kernel  spec.Kernel
	answers []int8
	pos     int // operations so far
	path    []op
	// from, if set, is a node on the way. Until the replay comes there it need not keep account of what the node knows.
	from *node

	held    spec.Held
	pins    []spec.Var
	wrote   []spec.Var
	fresh   []spec.Assign
	stack   []*spec.Function
	known   knowledge
	broken  []breach           // by calls since the last operation
	entries [][]*spec.Function // the call stacks of those calls

	events []event // calls since the last operation, if they are watched

	next node // the operation after the last answer
	// more, if set, is shown the operations after the last answer, one by one, and says how to answer each, if there is only one way.
	more  func(*node) (answer int8, only bool)
	came  bool   // to next
	rest  []node // to which that leads, after next
	again int    // depth to which Again went back, or -1
	cut   bool   // the procedure is being stopped: deferred calls do nothing
}

// stop is what unwinds a procedure that is stopped.
type stop struct{}

// resume takes what the task holds and knows from the node to which the replay has come.
func (r *replay) resume() {
	n := r.from
	r.held, r.pins, r.wrote, r.known = n.held, slices.Clone(n.pins), slices.Clone(n.wrote), slices.Clone(n.known)
	r.from = nil
}

// ignores tells whether the replay keeps no account: it is not yet where it matters, or the procedure is being stopped.
func (r *replay) ignores() bool { return r.cut || r.from != nil }

func (r *replay) learn(v spec.Var, x int) {
	if r.ignores() {
		return
	}
	under := make([]spec.Lock, len(r.held))
	for i, h := range r.held {
		under[i] = h.Lock
	}
	r.known = append(r.known.without(v), fact{v, x, under})
}

func (r *replay) forgetLock(l spec.Lock) {
	if r.held.Has(l, spec.Read) {
		return
	}
	for i := range r.known {
		r.known[i].under = slices.DeleteFunc(slices.Clone(r.known[i].under), func(m spec.Lock) bool { return m == l })
	}
}

// do performs an operation: it returns the given answer, or stops the procedure where the answers end.
func (r *replay) do(o op) int {
	if r.cut {
		return 0
	}
	if r.from != nil && r.pos == r.from.depth {
		r.resume()
	}
	if r.pos == len(r.answers) {
		r.come(node{op: o, held: r.held, pins: slices.Clone(r.pins), wrote: slices.Clone(r.wrote), fresh: r.fresh, stack: slices.Clone(r.stack),
			known: slices.Clone(r.known), broken: r.broken, entries: r.entries, before: r.events})
	}
	r.path = append(r.path, o)
	a := int(r.answers[r.pos])
	r.pos++
	r.broken, r.entries, r.events = nil, nil, nil
	return a
}

func (r *replay) stopped() bool { return r.cut }

// come notes an operation after the last answer. It stops the procedure there, unless there is only one way on.
func (r *replay) come(n node) {
	var answer int8
	only := false
	if r.more != nil {
		answer, only = r.more(&n)
	}
	if r.came {
		r.rest = append(r.rest, n)
	} else {
		r.next, r.came = n, true
	}
	if !only {
		r.halt()
	}
	r.answers = append(r.answers, answer)
}

func (r *replay) halt() {
	r.cut = true
	panic(stop{})
}

// run runs the procedure until it is stopped.
func (r *replay) run(a spec.Actor, b spec.Block) (err error) {
	r.again = -1
	defer func() {
		switch p := recover(); p.(type) {
		case nil, stop:
		default:
			err = fmt.Errorf("procedure %s: panic: %v", a.Name, p)
		}
	}()
	if a.Single != nil {
		r.held = r.held.With(spec.Hold{Lock: a.Single.Of(spec.NoBlock), Mode: spec.Write})
	}
	ret := a.Run(r, b)
	if a.Single != nil {
		r.held, _ = r.held.Without(a.Single.Of(spec.NoBlock), spec.Write)
	}
	r.do(op{kind: opReturn, arg: int(ret)})
	return nil
}

func (r *replay) hold(l spec.Lock, m spec.Mode, try bool) {
	if r.ignores() {
		return
	}
	r.held = r.held.With(spec.Hold{Lock: l, Mode: m, Trylock: try})
}

func (r *replay) release(l spec.Lock, m spec.Mode) {
	if r.ignores() {
		return
	}
	r.held, _ = r.held.Without(l, m)
	r.forgetLock(l)
	r.wrote = slices.DeleteFunc(slices.Clone(r.wrote), func(v spec.Var) bool { return !r.hides(v) })
}

// Kernel implements spec.Task.
func (r *replay) Kernel() spec.Kernel { return r.kernel }

// Lock implements spec.Task. A writer of a kind whose readers a pending writer holds off announces itself first.
func (r *replay) Lock(l spec.Lock) {
	if l.Class.KindIn(r.kernel).PendingWriterBlocksReaders() {
		r.do(op{kind: opAnnounce, lock: l})
	}
	r.do(op{kind: opLock, lock: l})
	r.hold(l, spec.Write, false)
}

// RLock implements spec.Task.
func (r *replay) RLock(l spec.Lock) {
	r.do(op{kind: opRLock, lock: l})
	r.hold(l, spec.Read, false)
}

// TryLock implements spec.Task.
func (r *replay) TryLock(l spec.Lock) bool {
	ok := r.do(op{kind: opTryLock, lock: l}) == 1
	if ok {
		r.hold(l, spec.Write, true)
	}
	return ok
}

// TryRLock implements spec.Task.
func (r *replay) TryRLock(l spec.Lock) bool {
	ok := r.do(op{kind: opTryRLock, lock: l}) == 1
	if ok {
		r.hold(l, spec.Read, true)
	}
	return ok
}

// Unlock implements spec.Task.
func (r *replay) Unlock(l spec.Lock) {
	r.settle(l)
	r.do(op{kind: opUnlock, lock: l})
	r.release(l, spec.Write)
}

// RUnlock implements spec.Task.
func (r *replay) RUnlock(l spec.Lock) {
	r.do(op{kind: opRUnlock, lock: l})
	r.release(l, spec.Read)
}

// Activate implements spec.Task.
func (r *replay) Activate(l spec.Lock, fresh ...spec.Assign) {
	r.fresh = fresh
	r.do(op{kind: opActivate, lock: l, what: fmt.Sprint(fresh)})
	r.fresh = nil
	for _, f := range fresh {
		r.known = r.known.without(f.Var)
	}
}

// Deactivate implements spec.Task.
func (r *replay) Deactivate(l spec.Lock) { r.do(op{kind: opDeactivate, lock: l}) }

// Drain implements spec.Task.
func (r *replay) Drain(l spec.Lock) { r.do(op{kind: opDrain, lock: l}) }

// Read implements spec.Task.
func (r *replay) Read(v spec.Var) int {
	x := r.do(op{kind: opRead, v: v})
	r.learn(v, x)
	return x
}

// Write implements spec.Task.
func (r *replay) Write(v spec.Var, x int) {
	r.do(op{kind: opWrite, v: v, arg: x})
	r.noteWrite(v)
	r.learn(v, x)
}

// noteWrite remembers that the task wrote v, if it holds a lock that hides v from some agreement: a disagreement that
// shows when it releases that lock is its own.
func (r *replay) noteWrite(v spec.Var) {
	if r.ignores() || slices.Contains(r.wrote, v) || !r.hides(v) {
		return
	}
	r.wrote = append(r.wrote, v)
	slices.SortFunc(r.wrote, func(a, b spec.Var) int { return strings.Compare(a.String(), b.String()) })
}

// hides tells whether the task holds a lock under which an agreement may be broken that looks at v.
func (r *replay) hides(v spec.Var) bool {
	return slices.ContainsFunc(spec.Agreements(), func(g spec.Agreement) bool {
		return v.Block != spec.NoBlock && slices.Contains(g.Vars(v.Block), v) &&
			slices.ContainsFunc(g.Locks(v.Block), func(l spec.Lock) bool { return r.held.Has(l, spec.Read) })
	})
}

// settle forgets the writes to variables that, as far as this task knows, agree when it releases l: if they
// disagree later, it is somebody else's doing.
func (r *replay) settle(l spec.Lock) {
	if r.ignores() {
		return
	}
	for _, g := range spec.Agreements() {
		if l.Block == spec.NoBlock || !slices.Contains(g.Locks(l.Block), l) {
			continue
		}
		vars := g.Vars(l.Block)
		knows := !slices.ContainsFunc(vars, func(v spec.Var) bool { _, ok := r.known.last(v); return !ok })
		if knows && g.Holds(r.known, l.Block) {
			r.wrote = slices.DeleteFunc(slices.Clone(r.wrote), func(v spec.Var) bool { return slices.Contains(vars, v) })
		}
	}
}

// Swap implements spec.Task.
func (r *replay) Swap(v spec.Var, old, x int) bool {
	ok := r.do(op{kind: opSwap, v: v, old: old, arg: x}) == 1
	if ok {
		r.learn(v, x)
	}
	return ok
}

// Wait implements spec.Task.
func (r *replay) Wait(v spec.Var, x int) {
	r.do(op{kind: opWait, v: v, arg: x})
	r.learn(v, x)
}

// Pin implements spec.Task.
func (r *replay) Pin(v spec.Var) {
	r.do(op{kind: opPin, v: v})
	r.pins = append(r.pins, v)
}

// Unpin implements spec.Task.
func (r *replay) Unpin(v spec.Var) {
	r.do(op{kind: opUnpin, v: v})
	if i := slices.Index(r.pins, v); i >= 0 { // pins nest, as readers of a counter lock do
		r.pins = slices.Delete(r.pins, i, i+1)
	}
}

// Assert implements spec.Task.
func (r *replay) Assert(v spec.Var, x int, inv *spec.Invariant) {
	r.do(op{kind: opAssert, v: v, arg: x, rule: inv})
}

// Choose implements spec.Task.
func (r *replay) Choose(what string, n int) int { return r.choose(what, n, false) }

// Eventually implements spec.Task.
func (r *replay) Eventually(what string, n int, _ string) int { return r.choose(what, n, true) }

func (r *replay) choose(what string, n int, fair bool) int {
	if n < 1 {
		panic(fmt.Sprintf("Choose(%q, %d): nothing to choose from", what, n))
	}
	return r.do(op{kind: opChoose, what: what, arg: n, fair: fair})
}

// Call implements spec.Task: the contract is checked against what the caller holds.
func (r *replay) Call(f *spec.Function) func(...*spec.Errno) {
	if r.cut {
		return func(...*spec.Errno) {}
	}
	r.stack = append(r.stack, f)
	if !r.ignores() {
		r.checkContract(f)
	}
	depth := len(r.stack)
	return func(...*spec.Errno) {
		if !r.cut {
			r.stack = r.stack[:depth-1]
		}
	}
}

// checkContract notes the clauses of the contract of f, which is called, that the caller breaks.
func (r *replay) checkContract(f *spec.Function) {
	for _, c := range r.held.Broken(f, r.kernel) {
		r.broken = append(r.broken, breach{rule: c.Rule, function: f, lock: c.Lock.Name, call: true,
			why: fmt.Sprintf("%s() %s %s, which its caller %s", f.Name, c.Demand, c.Lock.Name, does(c, r.held))})
		r.entries = append(r.entries, slices.Clone(r.stack))
	}
}

// does says what a caller who holds s does about a clause that it breaks.
func does(c spec.Clause, s spec.Held) string {
	switch {
	case c.Demand == spec.Forbids:
		return "holds"
	case s.HasClass(c.Lock, spec.Read):
		return "holds only for reading"
	}
	return "does not hold"
}

// Bug implements spec.Task.
func (r *replay) Bug(what string) {
	r.do(op{kind: opBug, what: what})
	if !r.cut {
		r.halt()
	}
}

// Mark implements spec.Task. What was known of variables is forgotten, since Again comes back here without it.
func (r *replay) Mark() spec.Point {
	r.known = nil
	return spec.Point(r.pos)
}

// Again implements spec.Task.
func (r *replay) Again(p spec.Point) {
	if r.cut {
		return
	}
	r.again = int(p)
	r.halt()
}
