package spec

import (
	"fmt"
	"slices"
)

// Replace returns the actors with p in the place of kernel function f, wherever they call it: a patch, ready to be checked. Like the
// procedures of the specification, p enters f with defer t.Call(f)(&errno) if f's contract is to be checked. Within p, f is the function
// that it replaces. p is given the block of the actor. f must return an errno or nothing: one that Answers, and one whose errno is not OK though f returns
// nothing, is an error of the procedure that calls it. A token of a violation is replayed with the same actors (sim.Replay); without them it is
// about the kernel as it was.
func Replace(actors []Actor, f *Function, p func(t Task, b Block) Errno) []Actor {
	out := slices.Clone(actors)
	for i, a := range actors {
		out[i].Run = func(t Task, b Block) Errno {
			defer func() {
				switch r := recover().(type) {
				case nil:
				case entered:
					panic(fmt.Sprintf("%s() cannot be replaced: it is part of another function", r.f))
				default:
					panic(r)
				}
			}()
			return a.Run(&patched{Task: t, f: f, p: p, block: b}, b)
		}
	}
	return out
}

// patched is the Task of a procedure that calls p instead of f. When the procedure has entered f, the first operation of its body does
// not happen: it panics, and what leaves f, which is deferred, recovers and calls p.
type patched struct {
	Task
	f      *Function
	p      func(t Task, b Block) Errno
	block  Block
	body   bool // of f is about to begin
	inside bool // of p
}

// entered is what an operation panics with at the beginning of the body of f.
type entered struct{ f *Function }

// Call enters g. For f it returns what calls p, and sets the result of f.
func (t *patched) Call(g *Function) func(...*Errno) {
	t.skip()
	if g != t.f || t.inside {
		return t.Task.Call(g)
	}
	if g.Answers {
		panic(fmt.Sprintf("%s() cannot be replaced: what it returns is no errno", g))
	}
	t.body = true
	return func(returns ...*Errno) {
		if r := recover(); r != nil && r != (entered{t.f}) {
			panic(r)
		}
		t.body, t.inside = false, true
		errno := t.p(t, t.block)
		t.inside = false
		switch {
		case len(returns) > 0:
			*returns[0] = errno
		case errno != OK:
			panic(fmt.Sprintf("%s() returns nothing, and what replaces it returns %s", t.f, errno))
		}
	}
}

// skip leaves the body of f before it has done anything.
func (t *patched) skip() {
	if t.body {
		t.body = false
		panic(entered{t.f})
	}
}

// The operations of a Task.

func (t *patched) Lock(l Lock)          { t.skip(); t.Task.Lock(l) }
func (t *patched) RLock(l Lock)         { t.skip(); t.Task.RLock(l) }
func (t *patched) TryLock(l Lock) bool  { t.skip(); return t.Task.TryLock(l) }
func (t *patched) TryRLock(l Lock) bool { t.skip(); return t.Task.TryRLock(l) }
func (t *patched) Unlock(l Lock)        { t.skip(); t.Task.Unlock(l) }
func (t *patched) RUnlock(l Lock)       { t.skip(); t.Task.RUnlock(l) }

func (t *patched) Activate(l Lock, fresh ...Assign) { t.skip(); t.Task.Activate(l, fresh...) }
func (t *patched) Deactivate(l Lock)                { t.skip(); t.Task.Deactivate(l) }
func (t *patched) Drain(l Lock)                     { t.skip(); t.Task.Drain(l) }

func (t *patched) Read(v Var) int                      { t.skip(); return t.Task.Read(v) }
func (t *patched) Write(v Var, x int)                  { t.skip(); t.Task.Write(v, x) }
func (t *patched) Swap(v Var, old, x int) bool         { t.skip(); return t.Task.Swap(v, old, x) }
func (t *patched) Wait(v Var, x int)                   { t.skip(); t.Task.Wait(v, x) }
func (t *patched) Pin(v Var)                           { t.skip(); t.Task.Pin(v) }
func (t *patched) Unpin(v Var)                         { t.skip(); t.Task.Unpin(v) }
func (t *patched) Assert(v Var, x int, inv *Invariant) { t.skip(); t.Task.Assert(v, x, inv) }

func (t *patched) Choose(what string, n int) int { t.skip(); return t.Task.Choose(what, n) }
func (t *patched) Eventually(what string, n int, because string) int {
	t.skip()
	return t.Task.Eventually(what, n, because)
}
func (t *patched) Bug(what string) { t.skip(); t.Task.Bug(what) }
func (t *patched) Mark() Point     { t.skip(); return t.Task.Mark() }
func (t *patched) Again(p Point)   { t.skip(); t.Task.Again(p) }
