package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"memhp/sim"
	"memhp/spec"
)

// Splat writes a violation as the kernel would report it, if it could see it: in the words of kernel/locking/lockdep.c
// for what lockdep knows, of WARN(), BUG() and KCSAN for the rest. A task is shown as ACTOR/TASK, where the kernel has
// comm/pid; addresses, which a model does not have, are left out.
func Splat(w io.Writer, kernel string, v sim.Violation) error {
	p := &splat{printer: printer{w: w}, kernel: strings.TrimPrefix(kernel, "v"), v: v}
	at := p.breaking()
	switch {
	case len(v.Trace) == 0:
	case v.Invariant == spec.NoDeadlock.ID, v.Invariant == spec.LockOrder.ID:
		p.circular()
	case v.Invariant == spec.NoBug.ID && at.Op == "BUG":
		p.bug(at)
	case v.Invariant == spec.ReadersSeeStable.ID:
		p.race(at)
	case at.Op == "call":
		p.assertion(at)
	case v.Invariant == spec.NoRecursion.ID:
		p.recursion(at)
	case v.Invariant == spec.LocksBalanced.ID && at.Op == "return":
		p.leaked(at)
	case v.Invariant == spec.LocksBalanced.ID:
		p.unbalanced(at)
	case v.Invariant == spec.DeclaredOrder.ID:
		p.undeclared(at)
	default:
		p.warn(at, v.Why)
	}
	return p.err
}

// splat is the report of one violation.
type splat struct {
	printer
	kernel string
	v      sim.Violation
}

// line writes lines, each of which keeps to the width.
func (p *splat) line(format string, args ...any) {
	for _, l := range strings.Split(fmt.Sprintf(format, args...), "\n") {
		if indent := l[:len(l)-len(strings.TrimLeft(l, " "))]; utf8.RuneCountInString(l) > Width {
			l = indent + wrap(l, len(indent), indent+"  ")
		}
		p.printer.line("%s", l)
	}
}

// breaking returns the step that breaks the rule.
func (p *splat) breaking() sim.Step {
	for _, s := range slices.Backward(p.v.Trace) {
		if s.Breaks {
			return s
		}
	}
	return sim.Step{}
}

// banner opens a report of lockdep.
func (p *splat) banner(title string) {
	p.line("%s\n%s", strings.Repeat("=", len(title)), title)
	p.line("%s\n%s", wrap(p.kernel+" #1 Not tainted", 0, ""), strings.Repeat("-", len(title)))
}

func who(s sim.Step) string { return fmt.Sprintf("%s/T%d", s.Actor, s.Task) }

// recursion: print_deadlock_bug() of lockdep.
func (p *splat) recursion(at sim.Step) {
	p.banner("WARNING: possible recursive locking detected")
	p.line("%s is trying to %s:\n  %s, at: %s()", who(at), acquire(at), at.Object, at.Function)
	p.line("\nbut task is already holding lock:")
	held := p.heldOn(at, at.Object)
	p.line("  %s", p.site(at, held))
	p.line("\nother info that might help us debug this:\n Possible unsafe locking scenario:\n")
	p.line("       CPU0\n       ----\n  %s\n  %s", verb(held, strings.HasSuffix(held, readMark)), request(at))
	p.line("\n *** DEADLOCK ***\n")
	p.heldBy(at)
	p.backtrace(at)
}

// unbalanced: print_unlock_imbalance_bug() of lockdep.
func (p *splat) unbalanced(at sim.Step) {
	p.banner("WARNING: bad unlock balance detected!")
	p.line("%s is trying to release lock (%s) at:\n  %s()\nbut there are no more locks to release!", who(at), at.Object, at.Function)
	p.line("\nother info that might help us debug this:")
	p.heldBy(at)
	for _, s := range p.owners(at) {
		p.line("\nwhile %s holds it:", who(s))
		p.heldBy(s)
	}
	p.backtrace(at)
}

// leaked: print_held_locks_bug() of lockdep; for a work item, process_one_work() of kernel/workqueue.c.
func (p *splat) leaked(at sim.Step) {
	if isWork(at.Actor) {
		p.line("BUG: workqueue leaked lock or atomic: %s", who(at))
	} else {
		p.banner("WARNING: lock held when returning to user space!")
		p.line("%s is leaving the kernel with locks still held!", who(at))
	}
	p.heldBy(at)
}

// isWork tells whether an actor is a work item, which returns to no user space.
func isWork(actor string) bool {
	return slices.ContainsFunc(spec.Actors(), func(a spec.Actor) bool { return a.Name == actor && a.Single != nil })
}

// undeclared has no counterpart in lockdep, which knows no declared order.
func (p *splat) undeclared(at sim.Step) {
	p.banner("WARNING: undeclared lock order")
	p.line("%s is trying to %s:\n  %s, at: %s()", who(at), acquire(at), at.Object, at.Function)
	p.line("\nwhile the order declared for this kernel has no place for it:\n  %s", wrap(p.v.Why, 2, "  "))
	p.line("\nother info that might help us debug this:")
	p.heldBy(at)
	p.backtrace(at)
}

// assertion: what lockdep_assert_held() in the function that is called would print.
func (p *splat) assertion(at sim.Step) {
	at.Stack = append(slices.Clone(at.Stack), p.v.Function)
	p.warn(at, p.asserted())
}

// asserted returns the assertion that the broken clause amounts to, with its reason.
func (p *splat) asserted() string {
	f, err := spec.FindFunction(p.v.Function)
	k, noKernel := spec.ParseKernel("v" + p.kernel)
	if err != nil || noKernel != nil || len(p.v.Locks) == 0 {
		return p.v.Why
	}
	for _, c := range f.Contract(k) {
		if c.Lock.Name != p.v.Locks[0] || c.Rule.ID != p.v.Invariant || c.Demand == spec.Takes {
			continue
		}
		name := "lockdep_assert_held"
		switch {
		case c.Demand == spec.Forbids:
			name = "lockdep_assert_not_held"
		case c.Lock.Kind.Shared() && c.Mode == spec.Write:
			name = "lockdep_assert_held_write"
		}
		return fmt.Sprintf("%s(&%s) fails: %s", name, c.Lock.Name, c.Why)
	}
	return p.v.Why
}

const cutHere = "------------[ cut here ]------------"

func (p *splat) warn(at sim.Step, why string) {
	p.line("%s\n%s", cutHere, wrap("WARNING: at "+p.location(at), 0, "  "))
	p.line("%s", wrap(why, 0, "  "))
	p.line("%s Comm: %s Not tainted", p.kernel, who(at))
	p.heldBy(at)
	p.backtrace(at)
	p.line("---[ end trace ]---")
}

func (p *splat) bug(at sim.Step) {
	p.line("%s\n%s", cutHere, wrap("kernel BUG at "+p.location(at)+": "+at.Object, 0, "  "))
	p.line("%s Comm: %s Not tainted", p.kernel, who(at))
	p.heldBy(at)
	p.backtrace(at)
	p.line("---[ end trace ]---")
}

// location names the file and the function where a step is, if it is in a kernel function.
func (p *splat) location(at sim.Step) string {
	name := innermostOf(at)
	if f, err := spec.FindFunction(name); err == nil {
		return f.File + " " + name + "()"
	}
	return name + "()"
}

func innermostOf(at sim.Step) string {
	if len(at.Stack) == 0 {
		return at.Function
	}
	return at.Stack[len(at.Stack)-1]
}

// race: the report of KCSAN, kernel/kcsan/report.c, for a write to what a reader relies on.
func (p *splat) race(at sim.Step) {
	var readers []sim.Step
	for i, s := range p.v.Trace {
		if s.Op == "pin" && s.Task != at.Task && s.Object == at.Object && !unpinned(p.v.Trace[i:], s) {
			readers = append(readers, s)
		}
	}
	title := "BUG: KCSAN: data-race in " + at.Function
	for _, r := range readers {
		title += " / " + r.Function
	}
	p.line("%s\n%s\n", strings.Repeat("=", 66), wrap(title, 0, "  "))
	p.line("write to %s by task %s:", at.Object, who(at))
	p.stack(at)
	p.heldBy(at)
	for _, r := range readers {
		p.line("\nread of %s by task %s, which relies on it:", r.Object, who(r))
		p.stack(r)
		p.heldBy(r)
	}
	p.line("%s", strings.Repeat("=", 66))
}

func unpinned(rest []sim.Step, pin sim.Step) bool {
	return slices.ContainsFunc(rest, func(s sim.Step) bool { return s.Op == "unpin" && s.Task == pin.Task && s.Object == pin.Object })
}

func (p *splat) heldBy(s sim.Step) {
	switch len(s.Held) {
	case 0:
		p.line("no locks held by %s.", who(s))
		return
	case 1:
		p.line("1 lock held by %s:", who(s))
	default:
		p.line("%d locks held by %s:", len(s.Held), who(s))
	}
	for i, h := range s.Held {
		p.line(" #%d: %s", i, p.site(s, h))
	}
}

// site names a lock that is held at step s, and the function that took it.
func (p *splat) site(s sim.Step, held string) string {
	function := ""
	for _, t := range p.v.Trace {
		if t.Task != s.Task || t.Object != strings.TrimSuffix(held, readMark) || t.Blocked || t.Breaks {
			continue
		}
		switch t.Op {
		case "lock", "rlock":
			function = t.Function
		case "trylock", "tryrlock":
			if t.Value == "taken" {
				function = t.Function
			}
		}
	}
	if function == "" {
		return held // held from the start, as a work item is
	}
	return held + ", at: " + function + "()"
}

// owners returns, for each other task that holds the lock of a step, its last step.
func (p *splat) owners(at sim.Step) []sim.Step {
	last := map[int]sim.Step{}
	for _, s := range p.v.Trace {
		last[s.Task] = s
	}
	var out []sim.Step
	for task := 1; task <= tasksOf(p.v); task++ {
		if s, ok := last[task]; ok && task != at.Task && p.heldOn(s, at.Object) != "" {
			out = append(out, s)
		}
	}
	return out
}

// readMark ends the name of a lock that is held for reading.
const readMark = " (R)"

// heldOn returns the hold of s on a lock: as it is named where it is held, or "".
func (p *splat) heldOn(s sim.Step, object string) string {
	for _, h := range s.Held {
		if strings.TrimSuffix(h, readMark) == object {
			return h
		}
	}
	return ""
}

func (p *splat) backtrace(s sim.Step) {
	p.line("\nstack backtrace:\nCall Trace:")
	p.stack(s)
}

func (p *splat) stack(s sim.Step) {
	if len(s.Stack) == 0 {
		p.line(" %s", s.Function)
	}
	for _, f := range slices.Backward(s.Stack) {
		p.line(" %s", f)
	}
}
