package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// splatTitles are the titles of kernel/locking/lockdep.c where it has one for the rule, and titles in its manner otherwise.
var splatTitles = map[string]string{
	spec.NoDeadlock.ID:    "WARNING: possible circular locking dependency detected",
	spec.LockOrder.ID:     "WARNING: possible circular locking dependency detected",
	spec.DeclaredOrder.ID: "WARNING: undeclared lock order",
	spec.NoRecursion.ID:   "WARNING: possible recursive locking detected",
	spec.LocksBalanced.ID: "WARNING: bad unlock balance detected!",
	spec.NoBug.ID:         "kernel BUG",
}

// Splat writes a violation as the kernel's lockdep would, if it could see it.
func Splat(w io.Writer, kernel string, v sim.Violation) error {
	p := &printer{w: w}
	title := splatTitles[v.Invariant]
	if title == "" {
		title = "WARNING: suspicious usage: " + v.Invariant
	}
	title = cut(title, Width)
	p.line("%s\n%s", strings.Repeat("=", len(title)), title)
	p.line("%s #1 Not tainted\n%s", strings.TrimPrefix(kernel, "v"), strings.Repeat("-", len(title)))
	switch v.Invariant {
	case spec.NoDeadlock.ID, spec.LockOrder.ID:
		p.circular(v)
	default:
		p.usage(v)
	}
	return p.err
}

// ends returns, for each task that waits or makes an edge, its last step: what it requests, and what it holds then.
func ends(v sim.Violation) []sim.Step {
	var out []sim.Step
	for i, s := range v.Trace {
		last := i+1 == len(v.Trace) || v.Trace[i+1].Task != s.Task
		if s.Blocked || v.Invariant == spec.LockOrder.ID && last {
			out = append(out, s)
		}
	}
	return out
}

func (p *printer) circular(v sim.Violation) {
	tasks := ends(v)
	if len(tasks) == 0 {
		return
	}
	me := tasks[0]
	p.line("T%d/%s is trying to acquire lock:\n  %s, at: %s()", me.Task, me.Actor, me.Object, me.Function)
	p.line("\nbut task is already holding lock:")
	p.holds(me)
	p.line("\nwhich lock already depends on the new lock.\n\nthe existing dependency chain (in reverse order) is:")
	for i := len(tasks) - 1; i >= 0; i-- {
		s := tasks[i]
		p.line("\n-> #%d (%s), requested by T%d/%s:", i, s.Object, s.Task, s.Actor)
		p.stack(s)
		p.holds(s)
	}
	p.scenario(tasks)
	p.line("\n *** DEADLOCK ***\n")
	for _, s := range tasks {
		p.heldBy(s)
	}
}

// scenario draws the table of lockdep: what each task has, and then what each wants.
func (p *printer) scenario(tasks []sim.Step) {
	p.line("\n Possible unsafe locking scenario:\n")
	var head, rule string
	for i := range tasks {
		head += fmt.Sprintf("%-32s", fmt.Sprintf("       CPU%d", i))
		rule += fmt.Sprintf("%-32s", "       ----")
	}
	p.line("%s\n%s", strings.TrimRight(head, " "), strings.TrimRight(rule, " "))
	for i, s := range tasks {
		p.line("%s", scenarioLine(i, "lock("+heldOf(s, tasks)+");"))
	}
	for i, s := range tasks {
		p.line("%s", scenarioLine(i, "lock("+s.Object+");"))
	}
}

func scenarioLine(column int, text string) string {
	return cut(strings.Repeat(" ", 2+column*min(32, 50))+text, Width)
}

// heldOf names the lock that s holds and another of the tasks requests, or else the newest.
func heldOf(s sim.Step, tasks []sim.Step) string {
	held := s.Object // a pending writer holds nothing yet, and holds off readers
	for _, h := range s.Held {
		h = strings.TrimSuffix(h, " (R)")
		held = h
		if slices.ContainsFunc(tasks, func(o sim.Step) bool { return o.Object == h }) {
			break
		}
	}
	return held
}

// usage is the splat of a rule that one task breaks by itself.
func (p *printer) usage(v sim.Violation) {
	var at sim.Step
	for _, s := range v.Trace {
		if s.Breaks {
			at = s
		}
	}
	p.line("T%d/%s: %s", at.Task, at.Actor, wrap(v.Why, 10, "    "))
	p.line("  at: %s(), about to %s", at.Function, Phrase(at))
	p.line("\nother info that might help us debug this:\n")
	p.heldBy(at)
	p.line("\ncall trace of T%d:", at.Task)
	p.stack(at)
}

func (p *printer) heldBy(s sim.Step) {
	switch len(s.Held) {
	case 0:
		p.line("no locks held by T%d/%s.", s.Task, s.Actor)
		return
	case 1:
		p.line("1 lock held by T%d/%s:", s.Task, s.Actor)
	default:
		p.line("%d locks held by T%d/%s:", len(s.Held), s.Task, s.Actor)
	}
	p.holds(s)
}

func (p *printer) holds(s sim.Step) {
	for i, h := range s.Held {
		p.line(" #%d: %s", i, h)
	}
}

func (p *printer) stack(s sim.Step) {
	for i := len(s.Stack) - 1; i >= 0; i-- {
		p.line("       %s", s.Stack[i])
	}
}
