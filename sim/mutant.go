package sim

import (
	"fmt"
	"slices"

	"memhp/spec"
)

// Mutation is a small change to the procedures of a kernel: what a mistake in a patch may look like.
type Mutation struct {
	// Kind is what is done, one of the constants below.
	Kind string `json:"kind"`
	// Function, Op, Object and Ordinal name the place: the n-th such operation on an object of this class in one call of the function.
	Function string `json:"function"`
	Op       string `json:"op"`
	Object   string `json:"object"`
	Ordinal  int    `json:"ordinal"`
	// Value is the answer that a check is given.
	Value int `json:"value,omitempty"`
	value string
}

// The kinds of mutation.
const (
	DropLock       = "drop-lock"       // a lock is not taken, nor released
	DropUnlock     = "drop-unlock"     // a lock is not released
	DropCall       = "drop-call"       // a function that takes locks is not called, nor the one that releases them
	SwapLocks      = "swap-locks"      // two locks that are taken one after the other are taken in the other order
	ReadForWrite   = "read-for-write"  // a lock is taken for reading instead of writing
	WaitForTry     = "wait-for-try"    // a trylock waits
	DropCheck      = "drop-check"      // a value is not looked at, and taken to be the given one
	DropWrite      = "drop-write"      // a variable is not written
	DropDeactivate = "drop-deactivate" // a kernfs node is not deactivated
	DropDrain      = "drop-drain"      // the users of a kernfs node are not waited for
	NotEventually  = "not-eventually"  // a loop that ends eventually may go on for ever
)

func (m Mutation) String() string {
	s := fmt.Sprintf("%s: %s of %s in %s()", m.Kind, m.Op, m.Object, m.Function)
	if m.Ordinal > 0 {
		s += fmt.Sprintf(", number %d", m.Ordinal+1)
	}
	if m.Kind == DropCheck {
		s += ", as if it were " + m.value
	}
	return s
}

// site is a place in a procedure.
type site struct {
	function, op, object string
	ordinal              int
}

// wrappers are the functions that take locks for their caller.
var wrappers = [...]*spec.Function{spec.MemHotplugBegin, spec.LockDeviceHotplug, spec.LockDeviceHotplugSysfs}

// mutant is the spec.Task under which a mutated procedure runs: it passes everything on, but for the operation at one site.
type mutant struct {
	spec.Task
	mutation Mutation
	// visit, if set, is told each site that is passed, with the values that an answer may have.
	visit  func(s site, values []string)
	frames []frame
	// dropped counts the locks that were not taken, weak those that were taken for reading instead of writing.
	dropped, weak map[spec.Lock]int
	// skipping is the number of frames above which locks are not taken, or 0.
	skipping int
	// late is the acquisition that waits for the next one, and adjacent the site of the last operation if it was one.
	late     func()
	adjacent *site
}

// frame is a call of a function, and how often it came to each kind of place.
type frame struct {
	function string
	count    map[site]int
}

// mutated returns the actors with the mutation in their procedures; visit may be nil.
func mutated(actors []spec.Actor, m Mutation, visit func(site, []string)) []spec.Actor {
	out := slices.Clone(actors)
	for i, a := range actors {
		out[i].Run = func(t spec.Task, b spec.Block) spec.Errno {
			x := &mutant{Task: t, mutation: m, visit: visit, dropped: map[spec.Lock]int{}, weak: map[spec.Lock]int{},
				frames: []frame{{a.Name, map[site]int{}}}}
			ret := a.Run(x, b)
			x.settle()
			return ret
		}
	}
	return out
}

// stoppable is a task that may be about to stop its procedure: what the procedure does then, in deferred calls, is not part of it.
type stoppable interface{ stopped() bool }

// cut tells whether the procedure is being stopped: what it does then is not part of it.
func (x *mutant) cut() bool {
	t, ok := x.Task.(stoppable)
	return ok && t.stopped()
}

// at tells whether the mutation of the given kind applies to this operation. It counts the operation.
func (x *mutant) at(op, object string, values []string) func(kind string) bool {
	if x.cut() {
		return func(string) bool { return false }
	}
	f := &x.frames[len(x.frames)-1]
	s := site{f.function, op, object, 0}
	s.ordinal = f.count[s]
	f.count[site{f.function, op, object, 0}]++
	if x.visit != nil {
		x.visit(s, values)
		acquires := op == "lock" || op == "rlock"
		if acquires && x.adjacent != nil && x.adjacent.object != object {
			x.visit(site{x.adjacent.function, "swap", x.adjacent.object, x.adjacent.ordinal}, []string{x.adjacent.op})
		}
		x.adjacent = nil
		if acquires {
			x.adjacent = &s
		}
	}
	return func(kind string) bool {
		m := x.mutation
		return m.Kind == kind && m.Function == s.function && m.Op == s.op && m.Object == s.object && m.Ordinal == s.ordinal
	}
}

// settle takes the lock that waited for the next one to be taken first.
func (x *mutant) settle() {
	if f := x.late; f != nil {
		x.late = nil
		f()
	}
}

// acquire takes a lock that may be late, or have to be taken after the next one.
func (x *mutant) acquire(is func(string) bool, l spec.Lock, take func()) {
	switch {
	case is(DropLock) || x.skipping > 0 && !x.cut():
		x.settle()
		x.dropped[l]++
	case is(SwapLocks):
		x.settle()
		x.late = take
	default:
		take()
		x.settle()
	}
}

// Lock implements spec.Task.
func (x *mutant) Lock(l spec.Lock) {
	var modes []string
	if l.Class.KindIn(x.Kernel()).Shared() {
		modes = []string{"read", "write"}
	}
	is := x.at("lock", l.Class.Name, modes)
	x.acquire(is, l, func() {
		if is(ReadForWrite) {
			x.weak[l]++
			x.Task.RLock(l)
			return
		}
		x.Task.Lock(l)
	})
}

// RLock implements spec.Task.
func (x *mutant) RLock(l spec.Lock) {
	x.acquire(x.at("rlock", l.Class.Name, nil), l, func() { x.Task.RLock(l) })
}

// TryLock implements spec.Task.
func (x *mutant) TryLock(l spec.Lock) bool {
	x.settle()
	is := x.at("trylock", l.Class.Name, nil)
	switch {
	case is(DropLock) || x.skipping > 0 && !x.cut():
		x.dropped[l]++
		return true
	case is(WaitForTry):
		x.Task.Lock(l)
		return true
	}
	return x.Task.TryLock(l)
}

// TryRLock implements spec.Task.
func (x *mutant) TryRLock(l spec.Lock) bool {
	x.settle()
	if x.at("tryrlock", l.Class.Name, nil)(DropLock) {
		x.dropped[l]++
		return true
	}
	return x.Task.TryRLock(l)
}

// Unlock implements spec.Task.
func (x *mutant) Unlock(l spec.Lock) {
	x.settle()
	if is := x.at("unlock", l.Class.Name, nil); x.undone(is, l) {
		return
	}
	if x.weak[l] > 0 {
		x.weak[l]--
		x.Task.RUnlock(l)
		return
	}
	x.Task.Unlock(l)
}

// RUnlock implements spec.Task.
func (x *mutant) RUnlock(l spec.Lock) {
	x.settle()
	if is := x.at("runlock", l.Class.Name, nil); !x.undone(is, l) {
		x.Task.RUnlock(l)
	}
}

// undone tells whether a lock is not to be released: it was not taken, or the release is what is dropped.
func (x *mutant) undone(is func(string) bool, l spec.Lock) bool {
	if x.dropped[l] > 0 {
		x.dropped[l]--
		return true
	}
	return is(DropUnlock)
}

// Activate implements spec.Task.
func (x *mutant) Activate(l spec.Lock, fresh ...spec.Assign) {
	x.settle()
	x.Task.Activate(l, fresh...)
}

// Deactivate implements spec.Task.
func (x *mutant) Deactivate(l spec.Lock) {
	x.settle()
	if !x.at("deactivate", l.Class.Name, nil)(DropDeactivate) {
		x.Task.Deactivate(l)
	}
}

// Drain implements spec.Task.
func (x *mutant) Drain(l spec.Lock) {
	x.settle()
	if !x.at("drain", l.Class.Name, nil)(DropDrain) {
		x.Task.Drain(l)
	}
}

// Read implements spec.Task.
func (x *mutant) Read(v spec.Var) int {
	x.settle()
	if x.at("read", v.Class.Name, v.Class.Values)(DropCheck) {
		return x.mutation.Value
	}
	return x.Task.Read(v)
}

// Write implements spec.Task.
func (x *mutant) Write(v spec.Var, value int) {
	x.settle()
	if !x.at("write", v.Class.Name, v.Class.Values)(DropWrite) {
		x.Task.Write(v, value)
	}
}

// Swap implements spec.Task.
func (x *mutant) Swap(v spec.Var, old, value int) bool {
	x.settle()
	if x.at("swap", v.Class.Name, []string{"fails", "succeeds"})(DropCheck) {
		if x.mutation.Value == 1 {
			x.Task.Write(v, value)
		}
		return x.mutation.Value == 1
	}
	return x.Task.Swap(v, old, value)
}

// Wait implements spec.Task.
func (x *mutant) Wait(v spec.Var, value int) { x.settle(); x.Task.Wait(v, value) }

// Pin implements spec.Task.
func (x *mutant) Pin(v spec.Var) { x.settle(); x.Task.Pin(v) }

// Unpin implements spec.Task.
func (x *mutant) Unpin(v spec.Var) { x.settle(); x.Task.Unpin(v) }

// Assert implements spec.Task.
func (x *mutant) Assert(v spec.Var, value int, inv *spec.Invariant) {
	x.settle()
	x.Task.Assert(v, value, inv)
}

// Choose implements spec.Task.
func (x *mutant) Choose(what string, n int) int { x.settle(); return x.Task.Choose(what, n) }

// Eventually implements spec.Task.
func (x *mutant) Eventually(what string, n int, because string) int {
	x.settle()
	if x.at("choose", what, nil)(NotEventually) {
		return x.Task.Choose(what, n)
	}
	return x.Task.Eventually(what, n, because)
}

// Call implements spec.Task.
func (x *mutant) Call(f *spec.Function) func(...*spec.Errno) {
	x.settle()
	if x.cut() {
		return func(...*spec.Errno) {}
	}
	skips := slices.Contains(wrappers[:], f) && x.at("call", f.Name, nil)(DropCall)
	x.adjacent = nil
	x.frames = append(x.frames, frame{f.Name, map[site]int{}})
	depth := len(x.frames)
	leave := func(...*spec.Errno) {}
	if skips {
		x.skipping = depth
	} else {
		leave = x.Task.Call(f)
	}
	return func(returns ...*spec.Errno) {
		if x.cut() {
			return
		}
		if x.skipping == depth {
			x.skipping = 0
		}
		x.frames = x.frames[:depth-1]
		leave(returns...)
	}
}

// Bug implements spec.Task.
func (x *mutant) Bug(what string) { x.settle(); x.Task.Bug(what) }

// Mark implements spec.Task.
func (x *mutant) Mark() spec.Point { x.settle(); return x.Task.Mark() }

// Again implements spec.Task.
func (x *mutant) Again(p spec.Point) { x.settle(); x.Task.Again(p) }
