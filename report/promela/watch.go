package promela

import (
	"fmt"
	"slices"
	"strings"

	"memhp/sim"
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
	for _, conjunction := range w.m.Falsities(g, b) {
		var texts []string
		for _, f := range conjunction {
			texts = append(texts, w.factText(f))
		}
		w.line("\t:: d_step { %s ->", strings.Join(texts, " && "))
		w.line("\t\tassert(%s) }", w.rule(g.Invariant))
	}
}

func (w *writer) factText(f sim.Fact) string {
	not := map[int]string{0: "!", 1: ""}[f.Value]
	switch f.Kind {
	case sim.FactHeld:
		return not + w.holders(f.Lock)
	case sim.FactActive:
		return not + w.visible(f.Lock)
	}
	return w.is(f.Var, f.Value)
}
