package tla

import (
	"fmt"
	"slices"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// invariants returns the names of the invariants that the module defines.
func (w *writer) invariants() []string {
	out := []string{"TypeOK", "answers_known"}
	for _, r := range w.rules {
		out = append(out, w.names.Of(r))
	}
	return out
}

// writeInvariants writes them. An operation that breaks a rule can always be done, so the rule is broken where the task is just before it.
func (w *writer) writeInvariants() {
	w.line("\n%s", strings.Repeat("-", 78))
	w.writeTypes()
	w.line("\n\\* memhp unrolls a procedure for the answers that can occur. No other value can be read: theorem 1 of its docs/semantics.md.")
	w.writePredicate("answers_known", w.unknownAnswers(), nil)
	for _, r := range w.rules {
		w.line("\n\\* %s: %s", comment(r.ID), comment(r.Statement))
		if r == spec.NoDeadlock {
			w.line("%s ==\n    ~ \\E S \\in SUBSET Tasks : S # {} /\\ \\A t \\in S : Stuck(t, S)", w.names.Of(r))
			continue
		}
		w.writePredicate(w.names.Of(r), w.conditions(r), w.agreements(r))
	}
}

// writePredicate writes what must be true of each task, and of all together.
func (w *writer) writePredicate(name string, ofTasks, ofAll []string) {
	if len(ofTasks)+len(ofAll) == 0 {
		w.line("%s == TRUE", name)
		return
	}
	w.line("%s ==", name)
	if len(ofTasks) > 0 {
		w.line("    /\\ \\A t \\in Tasks :")
	}
	for _, c := range ofTasks {
		w.line("        /\\ %s", c)
	}
	for _, c := range ofAll {
		w.line("    /\\ %s", c)
	}
}

func (w *writer) writeTypes() {
	var places []string
	for n := range w.m.Nodes {
		places = append(places, quote(w.labels[n]))
	}
	w.line("\nPlaces == %s", set(places, len("Places == ")))
	w.line(`
TypeOK ==
    /\ pc \in [Tasks -> Places]
    /\ writers \in [Locks -> SUBSET Tasks]
    /\ readers \in [Locks -> SUBSET Tasks]
    /\ pending \in [Locks -> SUBSET Tasks]
    /\ relies \in [Pinned -> SUBSET Tasks]
    /\ visible \in [Nodes -> BOOLEAN]`)
	for _, v := range w.m.Vars {
		var values []string
		for x := range v.Class.Values {
			values = append(values, value(v, x))
		}
		w.line("    /\\ mem[%s] \\in {%s}", quote(v), strings.Join(values, ", "))
	}
}

// conditions returns what must be true of each task: that it is at no place that breaks the rule, and the conditions of those that may.
func (w *writer) conditions(r *spec.Invariant) []string {
	var places, out []string
	for n := range w.m.Nodes {
		nd := &w.m.Nodes[n]
		for _, b := range nd.Breaks {
			if q := quote(w.labels[n]); b.Rule == r && (len(places) == 0 || places[len(places)-1] != q) {
				places = append(places, q)
			}
		}
		if o := nd.Op; o.Kind == sim.OpAssert && o.Rule == r && !nd.Ends {
			if is := w.is(o.Var, o.Value); is != always {
				out = append(out, fmt.Sprintf("At(t, %s) => %s", quote(w.labels[n]), is))
			}
		}
		if r == spec.ReadersSeeStable {
			out = append(out, w.alone(n)...)
		}
	}
	if places != nil {
		const head = `pc[t] \notin `
		out = append([]string{head + set(places, len("        /\\ ")+len(head))}, out...)
	}
	return out
}

// alone returns that nobody relies on what node n is about to write.
func (w *writer) alone(n int) []string {
	o := w.m.Nodes[n].Op
	if o.Kind != sim.OpWrite && o.Kind != sim.OpSwap || !slices.Contains(w.pinned(), quote(o.Var)) || w.m.Nodes[n].Ends {
		return nil
	}
	when := fmt.Sprintf("At(t, %s)", quote(w.labels[n]))
	if o.Kind == sim.OpSwap {
		when += " /\\ " + w.is(o.Var, o.Old)
	}
	return []string{fmt.Sprintf("%s => AloneOn(%s, t)", when, quote(o.Var))}
}

// unknownAnswers returns that no read finds a value for which the procedure was not unrolled.
func (w *writer) unknownAnswers() []string {
	var out []string
	for n := range w.m.Nodes {
		nd := &w.m.Nodes[n]
		if nd.Op.Kind != sim.OpRead && nd.Op.Kind != sim.OpSwap || nd.Ends {
			continue
		}
		var known []int
		for x := range nd.Op.Var.Class.Values {
			answer := x
			if nd.Op.Kind == sim.OpSwap {
				answer = map[bool]int{true: 1}[x == nd.Op.Old]
			}
			if nd.Next[answer] != sim.NoNode {
				known = append(known, x)
			}
		}
		if is := w.is(nd.Op.Var, known...); is != always {
			out = append(out, fmt.Sprintf("At(t, %s) => %s", quote(w.labels[n]), is))
		}
	}
	return out
}

// agreements returns the predicates over states that state the rule.
func (w *writer) agreements(r *spec.Invariant) []string {
	var out []string
	for _, g := range spec.Agreements() {
		if g.Invariant != r {
			continue
		}
		for b := range spec.Block(w.m.Blocks) {
			for _, conjunction := range w.m.Falsities(g, b) {
				var texts []string
				for _, f := range conjunction {
					texts = append(texts, w.fact(f))
				}
				out = append(out, fmt.Sprintf("~ (%s)", strings.Join(texts, " /\\ ")))
			}
		}
	}
	return out
}

func (w *writer) fact(f sim.Fact) string {
	not := map[int]string{0: "~"}[f.Value]
	switch f.Kind {
	case sim.FactHeld:
		return map[int]string{1: "~"}[f.Value] + fmt.Sprintf("Untaken(%s)", quote(f.Lock))
	case sim.FactActive:
		return not + fmt.Sprintf("visible[%s]", quote(f.Lock))
	}
	return w.is(f.Var, f.Value)
}
