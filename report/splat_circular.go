package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"memhp/sim"
	"memhp/spec"
)

// circular: print_circular_bug() of lockdep. It knows two tasks and a chain of locks between them; here each task of
// the cycle has a column of its own.
func (p *splat) circular() {
	cycle := p.cycle(p.requests())
	me, before := cycle[0], cycle[len(cycle)-1]
	p.banner("WARNING: possible circular locking dependency detected")
	p.line("%s is trying to %s:\n  %s, at: %s()", who(me), acquire(me), me.Object, me.Function)
	if h := p.wanted(me, before); h != "" {
		p.line("\nbut task is already holding lock:\n  %s", p.site(me, h))
	}
	p.line("\nwhich lock already depends on the new lock.\n\nthe existing dependency chain (in reverse order) is:")
	for i, s := range slices.Backward(cycle) {
		p.line("\n-> #%d (%s), %s by %s:", i, s.Object, requested(s), who(s))
		p.stack(s)
	}
	p.line("\nother info that might help us debug this:")
	if len(cycle) > 2 {
		p.chain(cycle)
	}
	p.scenario(cycle)
	p.line("\n *** DEADLOCK ***\n")
	for i, s := range cycle {
		if i > 0 {
			p.line("")
		}
		p.heldBy(s)
	}
}

// requests returns what each task of the cycle waits for: the steps that are blocked, or the ends of the paths that
// make the edges of a cycle of the lock order.
func (p *splat) requests() []sim.Step {
	var out []sim.Step
	for _, s := range p.v.Trace {
		if s.Blocked || p.v.Invariant == spec.LockOrder.ID && s.Breaks {
			out = append(out, s)
		}
	}
	return out
}

// cycle orders the requests so that each task waits for the next one, and the last for the first. If it can, it starts
// with one that holds what the last one wants.
func (p *splat) cycle(requests []sim.Step) []sim.Step {
	out := requests[:1:1]
	for rest := slices.Clone(requests[1:]); len(rest) > 0; {
		last := out[len(out)-1]
		i := max(0, slices.IndexFunc(rest, func(s sim.Step) bool { return p.wanted(s, last) != "" || s.Object == last.Object }))
		out, rest = append(out, rest[i]), slices.Delete(rest, i, i+1)
	}
	for range out {
		if p.wanted(out[0], out[len(out)-1]) != "" {
			break
		}
		out = append(out[1:], out[0])
	}
	return out
}

// wanted returns the hold of task s that keeps the other from going on: on the same lock, or else of the same class.
func (p *splat) wanted(s, other sim.Step) string {
	if h := p.heldOn(s, other.Object); h != "" {
		return h
	}
	for _, h := range s.Held {
		if class(h) == class(other.Object) {
			return h
		}
	}
	return ""
}

// class returns the name of a lock without its block and mode.
func class(name string) string {
	name, _, _ = strings.Cut(name, "(memory")
	return strings.TrimSuffix(name, readMark)
}

func (p *splat) chain(cycle []sim.Step) {
	var names []string
	for _, s := range cycle {
		names = append(names, s.Object)
	}
	p.line("Chain exists of:\n  %s", wrap(strings.Join(names, " --> "), 2, "  "))
}

// scenario draws lockdep's table: what each task has, and then what each wants.
func (p *splat) scenario(cycle []sim.Step) {
	p.line("\n Possible unsafe locking scenario:\n")
	column := func(i int) int { return i * min(32, 56/max(1, len(cycle)-1)) }
	var head, rule string
	for i := range cycle {
		pad := strings.Repeat(" ", max(0, column(i)-len(head)))
		head, rule = head+pad+"       CPU"+string(rune('0'+i)), rule+pad+"       ----"
	}
	p.line("%s\n%s", head, rule)
	row := func(i int, text string) {
		at := max(2, min(2+column(i), Width-utf8.RuneCountInString(text))) // no name is cut off: a long one begins further left
		p.line("%s%s", strings.Repeat(" ", at), wrap(text, at, strings.Repeat(" ", at+2)))
	}
	for i, s := range cycle {
		if h := p.wanted(s, cycle[(i+len(cycle)-1)%len(cycle)]); h != "" {
			row(i, verb(h, strings.HasSuffix(h, readMark)))
		}
	}
	for i, s := range cycle {
		row(i, request(s))
	}
}

// verb writes a hold as lockdep writes it: rlock() for a read.
func verb(lock string, read bool) string {
	lock = strings.TrimSuffix(lock, readMark)
	if read {
		return "rlock(" + lock + ");"
	}
	return "lock(" + lock + ");"
}

// request writes what a task waits for. A drain is sync() in lockdep's words: it waits for the users of a lock
// without taking it. A wait for a condition is none of lockdep's business.
func request(s sim.Step) string {
	switch s.Op {
	case "drain":
		return "sync(" + s.Object + ");"
	case "wait":
		return "wait_event(" + s.Object + " == " + s.Value + ");"
	}
	return verb(s.Object, s.Op == "rlock")
}

func acquire(s sim.Step) string {
	switch s.Op {
	case "rlock":
		return "acquire lock for reading"
	case "drain":
		return "wait for the users of lock"
	case "wait":
		return "wait for a condition"
	}
	return "acquire lock"
}

func requested(s sim.Step) string {
	switch s.Op {
	case "rlock":
		return "requested for reading"
	case "drain":
		return "drained"
	case "wait":
		return "awaited"
	}
	return "requested"
}
