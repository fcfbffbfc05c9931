package promela

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// lookForStuck takes from the tasks that wait those that something outside could let go on, until none is left that can.
const lookForStuck = `	:: d_step {
		%s ->
		stuck = waiting;
		do
		:: before = stuck; t = 0;
			do
			:: t < TASKS ->
				if
				:: !hopeless(t, stuck) -> stuck = stuck & ~bit_of(t)
				:: else
				fi;
				t++
			:: else -> break
			od;
			if
			:: stuck == before -> break
			:: else
			fi
		od;
		assert(!stuck || %s)
	}`

// writeWatch writes the process that asserts, in every state, what several tasks can break together.
func (w *writer) writeWatch() {
	w.line("")
	w.line("/* Looks at every state. It has one location, so it adds no states; what it computes is hidden, which means no part of a state.")
	w.line("   A set of tasks can never move if each waits for something that only tasks of the set could give. */")
	w.line("hidden byte stuck, before, t;")
	w.line("")
	w.line("proctype watch()")
	w.line("{")
	w.line("end_watch:")
	w.line("\tdo")
	some := make([]string, w.m.Tasks)
	for t := range some {
		some[t] = fmt.Sprintf("hopeless(%d, waiting)", t)
	}
	w.line(lookForStuck, strings.Join(some, " || "), w.rule(spec.NoDeadlock))
	for _, g := range spec.Agreements() {
		for b := range spec.Block(w.m.Blocks) {
			w.writeAgreement(g, b)
		}
	}
	w.line("\tod")
	w.line("}")
}

// writeAgreement asserts a predicate over states, unless nothing can happen to what it looks at.
func (w *writer) writeAgreement(g spec.Agreement, b spec.Block) {
	if !slices.ContainsFunc(g.Vars(b), w.stored) {
		return
	}
	for _, conjunction := range w.falsities(g, b, nil) {
		w.line("\t:: d_step { %s ->", strings.Join(conjunction, " && "))
		w.line("\t\tassert(%s) }", w.rule(g.Invariant))
	}
}

// falsities returns the conjunctions that make the predicate false, one for each way through it: the predicate is asked with the answers
// so far, and what it looks at next is given each value.
func (w *writer) falsities(g spec.Agreement, b spec.Block, known []fact) [][]string {
	p := &probe{w: w, known: known}
	holds := g.Holds(p, b)
	if p.asked == nil {
		if holds {
			return nil
		}
		texts := make([]string, len(known))
		for i, f := range known {
			texts[i] = w.factText(f)
		}
		return [][]string{texts}
	}
	var out [][]string
	for x := range p.values {
		f := fact{p.asked, x}
		out = append(out, w.falsities(g, b, append(slices.Clip(known), f))...)
	}
	return out
}

// fact is what a predicate learns of a state: the value of a variable, whether a lock is held, or whether a kernfs node is visible.
type fact struct {
	about any // spec.Var, spec.Lock or visible
	x     int
}

func (w *writer) factText(f fact) string {
	not := map[int]string{0: "!", 1: ""}[f.x]
	switch about := f.about.(type) {
	case spec.Var:
		return w.is(about, f.x)
	case spec.Lock:
		return not + w.holders(about)
	case visible:
		return not + w.visible(about.l)
	}
	panic(fmt.Sprintf("a fact about %T", f.about))
}

// probe is a spec.State of which only some facts are known; it notes the first question that it cannot answer.
type probe struct {
	w      *writer
	known  []fact
	asked  any
	values int
}

func (p *probe) answer(about any, values int) int {
	for _, f := range p.known {
		if f.about == about {
			return f.x
		}
	}
	if p.asked == nil {
		p.asked, p.values = about, values
	}
	return 0
}

// Value implements spec.State.
func (p *probe) Value(v spec.Var) int {
	if !p.w.stored(v) {
		return v.Class.Init
	}
	return p.answer(v, len(v.Class.Values))
}

// Held implements spec.State.
func (p *probe) Held(l spec.Lock) bool {
	return slices.Contains(p.w.locks, l) && p.answer(l, 2) == 1
}

// Active implements spec.State.
func (p *probe) Active(l spec.Lock) bool {
	return slices.Contains(p.w.locks, l) && p.answer(visible{l}, 2) == 1
}
