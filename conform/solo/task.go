package solo

import (
	"fmt"

	"memhp/spec"
)

// task is the spec.Task of a task that is alone: a lock is free unless the task itself holds it.
type task struct {
	*Machine
	world   World
	held    spec.Held
	run     Run
	choices *Choices // those that are open
	marks   []string // what the world and the locks held were at each Mark
	cut     bool     // the procedure is being stopped: deferred calls do nothing
}

// stop is what unwinds a procedure that does not go on.
type stop struct{}

func (t *task) halt() {
	t.cut = true
	panic(stop{})
}

// broken notes that a rule is broken.
func (t *task) broken(format string, args ...any) {
	if !t.cut {
		t.run.Broken = append(t.run.Broken, fmt.Sprintf(format, args...))
	}
}

// stuck ends a run that can never go on.
func (t *task) stuck(format string, args ...any) {
	t.broken("waits for ever: "+format, args...)
	t.halt()
}

func (t *task) Kernel() spec.Kernel { return t.kernel }

func (t *task) Lock(l spec.Lock)  { t.acquire(l, spec.Write) }
func (t *task) RLock(l spec.Lock) { t.acquire(l, spec.Read) }

func (t *task) acquire(l spec.Lock, m spec.Mode) {
	if t.cut {
		return
	}
	t.run.Requests = append(t.run.Requests, Request{Lock: l, Mode: m, Held: t.held})
	if t.held.Recursion(l, m, t.kernel) {
		t.stuck("%s, which it holds", l)
	}
	t.held = t.held.With(spec.Hold{Lock: l, Mode: m})
}

func (t *task) TryLock(l spec.Lock) bool {
	return t.try(l, spec.Write, !t.held.Has(l, spec.Read))
}

func (t *task) TryRLock(l spec.Lock) bool {
	if l.Class.KindIn(t.kernel) == spec.KernfsActive {
		return t.try(l, spec.Read, t.world.active[l])
	}
	return t.try(l, spec.Read, !t.held.Recursion(l, spec.Read, t.kernel))
}

func (t *task) try(l spec.Lock, m spec.Mode, free bool) bool {
	if !t.cut && free {
		t.held = t.held.With(spec.Hold{Lock: l, Mode: m, Trylock: true})
	}
	return free
}

func (t *task) Unlock(l spec.Lock)  { t.release(l, spec.Write) }
func (t *task) RUnlock(l spec.Lock) { t.release(l, spec.Read) }

func (t *task) release(l spec.Lock, m spec.Mode) {
	if t.cut {
		return
	}
	var ok bool
	if t.held, ok = t.held.Without(l, m); !ok {
		t.broken("releases %s, which it does not hold", l)
		t.halt()
	}
}

func (t *task) Activate(l spec.Lock, fresh ...spec.Assign) {
	if t.cut {
		return
	}
	t.world.active[l] = true
	for _, a := range fresh {
		t.Write(a.Var, a.Value)
	}
}

func (t *task) Deactivate(l spec.Lock) {
	if !t.cut {
		t.world.active[l] = false
	}
}

func (t *task) Drain(l spec.Lock) {
	if t.cut {
		return
	}
	t.run.Requests = append(t.run.Requests, Request{Lock: l, Mode: spec.Write, Held: t.held})
	if t.held.Has(l, spec.Read) {
		t.stuck("%s, to which it holds a reference", l)
	}
}

func (t *task) Read(v spec.Var) int { return t.world.Value(v) }

func (t *task) Write(v spec.Var, x int) {
	if t.cut {
		return
	}
	if t.Watch != nil {
		t.Watch(t.world, v, x)
	}
	t.world.Set(v, x)
}

func (t *task) Swap(v spec.Var, old, x int) bool {
	if t.Read(v) != old {
		return false
	}
	t.Write(v, x)
	return true
}

func (t *task) Wait(v spec.Var, x int) {
	if !t.cut && t.Read(v) != x {
		t.stuck("%s becoming %s", v, v.ValueName(x))
	}
}

func (t *task) Pin(spec.Var)   {}
func (t *task) Unpin(spec.Var) {}

func (t *task) Assert(v spec.Var, x int, inv *spec.Invariant) {
	if !t.cut && t.Read(v) != x {
		t.broken("%s: %s is not %s", inv, v, v.ValueName(x))
		t.halt()
	}
}

func (t *task) Bug(what string) {
	t.broken("BUG: %s", what)
	if !t.cut {
		t.halt()
	}
}

func (t *task) Call(f *spec.Function) func(...*spec.Errno) {
	for _, c := range t.held.Broken(f, t.kernel) {
		t.broken("%s() %s %s", f, c.Demand, c.Lock.Name)
	}
	return func(...*spec.Errno) {}
}

func (t *task) Choose(what string, n int) int {
	if t.cut {
		return 0
	}
	if x, ok := t.Answers[what]; ok {
		if x >= n {
			panic(fmt.Sprintf("answer %d to %q, which has %d", x, what, n))
		}
		return x
	}
	return t.choices.Choose(n)
}

func (t *task) Eventually(what string, n int, _ string) int { return t.Choose(what, n) }

// at tells apart what the task could tell apart.
func (t *task) at() string { return fmt.Sprint(t.world.Key(), t.held) }

func (t *task) Mark() spec.Point {
	t.marks = append(t.marks, t.at())
	return spec.Point(len(t.marks) - 1)
}

// Again goes round a loop. A task that is alone, and has changed nothing since, can only do there what it can do without the
// round, so the run ends here; one that has changed something goes round with other eyes, which no procedure does alone.
func (t *task) Again(p spec.Point) {
	if t.cut {
		return
	}
	if t.marks[p] != t.at() {
		t.run.err = fmt.Errorf("it loops, and has changed %q to %q", t.marks[p], t.at())
	}
	t.run.loops = true
	t.halt()
}
