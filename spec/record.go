package spec

import (
	"cmp"
	"slices"
)

// LockCall is what a procedure does to a class of lock.
type LockCall struct {
	Op    LockOp
	Class *LockClass
}

// LockOp says whether a lock is taken, tried or released.
type LockOp uint8

// The operations on locks.
const (
	TakesLock LockOp = iota
	ReadsLock
	TriesLock
	ReleasesLock
)

func (o LockOp) String() string { return [...]string{"lock", "read", "try", "unlock"}[o] }

func (c LockCall) String() string { return c.Op.String() + " " + c.Class.Name }

// LockCalls returns what each function of group core does to locks itself in kernel k, on any path. What a wrapper such as
// lock_device_hotplug() does counts for its caller too.
func LockCalls(k Kernel) map[*Function][]LockCall {
	seen := map[*Function]map[LockCall]bool{}
	for _, a := range coreActors() {
		if a.ExistsIn(k) {
			everyRun(k, seen, func(t Task) Errno { return a.Run(t, 0) })
		}
	}
	out := map[*Function][]LockCall{}
	for f, calls := range seen {
		for c := range calls {
			out[f] = append(out[f], c)
		}
		slices.SortFunc(out[f], func(a, b LockCall) int {
			return cmp.Or(cmp.Compare(a.Class.Name, b.Class.Name), cmp.Compare(a.Op, b.Op))
		})
	}
	return out
}

// wrappers are the functions whose locks are their caller's.
var wrappers = []*Function{LockDeviceHotplug, LockDeviceHotplugSysfs, MemHotplugBegin, MemHotplugDone, GetOnlineMems, PutOnlineMems}

// everyRun runs a procedure against every answer that its questions allow, and returns what it returned. A loop is gone round once.
func everyRun(k Kernel, calls map[*Function]map[LockCall]bool, run func(Task) Errno) []Errno {
	var out []Errno
	r := &recorder{kernel: k, calls: calls}
	for more := true; more; more = r.next() {
		if ret, ended := r.run(run); ended && !slices.Contains(out, ret) {
			out = append(out, ret)
		}
	}
	return out
}

// recorder is a Task that answers what it was told, and writes down who does what to which lock.
type recorder struct {
	kernel  Kernel
	calls   map[*Function]map[LockCall]bool
	answers []answer
	at      int
	stack   []*Function
	stopped bool
}

// answer is one of n answers.
type answer struct{ given, n int }

// endOfRun is how Again and Bug leave a procedure.
type endOfRun struct{}

func (r *recorder) run(f func(Task) Errno) (ret Errno, ended bool) {
	r.at, r.stack, r.stopped = 0, nil, false
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(endOfRun); !ok {
				panic(p)
			}
		}
	}()
	return f(r), true
}

// next moves on to the answers that were not given yet.
func (r *recorder) next() bool {
	for len(r.answers) > 0 {
		last := &r.answers[len(r.answers)-1]
		if last.given++; last.given < last.n {
			return true
		}
		r.answers = r.answers[:len(r.answers)-1]
	}
	return false
}

func (r *recorder) ask(n int) int {
	if r.stopped {
		return 0
	}
	if r.at == len(r.answers) {
		r.answers = append(r.answers, answer{0, n})
	}
	r.at++
	return r.answers[r.at-1].given
}

func (r *recorder) stop() {
	r.stopped = true
	panic(endOfRun{})
}

func (r *recorder) note(op LockOp, l Lock) {
	for i := len(r.stack) - 1; i >= 0 && !r.stopped; i-- {
		f := r.stack[i]
		if r.calls[f] == nil {
			r.calls[f] = map[LockCall]bool{}
		}
		r.calls[f][LockCall{op, l.Class}] = true
		if !slices.Contains(wrappers, f) {
			return
		}
	}
}

func (r *recorder) Kernel() Kernel { return r.kernel }
func (r *recorder) Lock(l Lock)    { r.note(TakesLock, l) }
func (r *recorder) RLock(l Lock)   { r.note(ReadsLock, l) }
func (r *recorder) Unlock(l Lock)  { r.note(ReleasesLock, l) }
func (r *recorder) RUnlock(l Lock) { r.note(ReleasesLock, l) }

func (r *recorder) TryLock(l Lock) bool {
	r.note(TriesLock, l)
	return r.ask(2) == 0
}

func (r *recorder) TryRLock(l Lock) bool {
	r.note(TriesLock, l)
	return r.ask(2) == 0
}

func (r *recorder) Activate(Lock, ...Assign)    {}
func (r *recorder) Deactivate(Lock)             {}
func (r *recorder) Drain(Lock)                  {}
func (r *recorder) Read(v Var) int              { return r.ask(len(v.Class.Values)) }
func (r *recorder) Write(Var, int)              {}
func (r *recorder) Swap(Var, int, int) bool     { return r.ask(2) == 0 }
func (r *recorder) Wait(Var, int)               {}
func (r *recorder) Pin(Var)                     {}
func (r *recorder) Unpin(Var)                   {}
func (r *recorder) Assert(Var, int, *Invariant) {}
func (r *recorder) Choose(_ string, n int) int  { return r.ask(n) }
func (r *recorder) Bug(string)                  { r.stop() }
func (r *recorder) Mark() Point                 { return 0 }
func (r *recorder) Again(Point)                 { r.stop() }

func (r *recorder) Eventually(_ string, n int, _ string) int { return r.ask(n) }

func (r *recorder) Call(f *Function) func(...*Errno) {
	r.stack = append(r.stack, f)
	depth := len(r.stack)
	return func(...*Errno) { r.stack = r.stack[:depth-1] }
}
