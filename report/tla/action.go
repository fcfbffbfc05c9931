package tla

import (
	"fmt"
	"slices"
	"strings"

	"memhp/report/naming"
	"memhp/sim"
	"memhp/spec"
)

// writeActions writes an action for each node, and the next-state relation.
func (w *writer) writeActions() {
	starts := map[int]sim.Start{}
	var first []option
	for _, s := range w.m.Starts {
		starts[s.Node] = s
		first = append(first, w.start(s))
	}
	w.line("\n\\* A task in user space, or idle, starts an actor.")
	w.writeAction(0, first)
	actions := []string{"idle(t)"}
	var in *spec.Function
	for _, n := range naming.Order(w.m) {
		if s, ok := starts[n]; ok {
			w.writeActor(s)
			in = nil
		}
		nd := &w.m.Nodes[n]
		if f := innermost(nd); f != in && f != nil {
			w.line("\n\\* %s()", comment(f.Name))
			in = f
		}
		if nd.Ends {
			w.line("\n\\* A task that is at %s stays there for ever, because of what it broke.", w.labels[n])
			continue
		}
		w.line("")
		w.writeAction(n, w.options(n))
		actions = append(actions, w.labels[n]+"(t)")
	}
	w.line("\nNext ==\n    \\E t \\in Tasks :")
	for _, a := range actions {
		w.line("        \\/ %s", a)
	}
	w.line("\nSpec == Init /\\ [][Next]_vars")
}

func (w *writer) writeActor(s sim.Start) {
	a := w.m.Actors[s.Actor]
	where := ""
	if s.Block != spec.NoBlock {
		where = fmt.Sprintf(", memory%d", s.Block)
	}
	w.line("\n(* %s%s: %s *)", comment(a.Name), where, comment(a.Doc))
}

func innermost(n *sim.Node) *spec.Function {
	if len(n.Stack) == 0 {
		return nil
	}
	return n.Stack[len(n.Stack)-1]
}

func (w *writer) writeAction(n int, options []option) {
	w.line("%s(t) ==", w.labels[n])
	w.line("    /\\ At(t, %s)", quote(w.labels[n]))
	if len(options) == 1 {
		for _, c := range w.conjuncts(options[0]) {
			w.line("    /\\ %s", c)
		}
		return
	}
	for i, o := range options {
		head := `       \/`
		if i == 0 {
			head = `    /\ \/`
		}
		for _, c := range w.conjuncts(o) {
			w.line(`%s /\ %s`, head, c)
			head = "         "
		}
	}
}

// conjuncts returns the parts of an option: each variable of the module is changed in one of them, or is said not to be.
func (w *writer) conjuncts(o option) []string {
	var out, unchanged []string
	if o.guard != "" {
		out = append(out, o.guard)
	}
	for _, v := range variables {
		var excepts []string
		for _, u := range o.updates {
			if u.variable == v {
				excepts = append(excepts, fmt.Sprintf("![%s] = %s", u.key, u.value))
			}
		}
		if excepts == nil {
			unchanged = append(unchanged, v)
			continue
		}
		out = append(out, fmt.Sprintf("%[1]s' = [%[1]s EXCEPT %[2]s]", v, strings.Join(excepts, ", ")))
	}
	goTo := fmt.Sprintf("Goto(t, %s)", quote(w.labels[o.next]))
	if o.remark != "" {
		goTo += " \\* " + comment(o.remark)
	}
	return append(out, goTo, fmt.Sprintf("UNCHANGED <<%s>>", strings.Join(unchanged, ", ")))
}

// findRules collects the invariants that the module carries.
func (w *writer) findRules() {
	note := func(r *spec.Invariant) {
		if _, not := notCarried[r]; r != nil && !not && !slices.Contains(w.rules, r) {
			w.rules = append(w.rules, r)
		}
	}
	for _, inv := range spec.Invariants() {
		note(inv)
	}
	for i := range w.m.Nodes {
		note(w.m.Nodes[i].Op.Rule)
		for _, b := range w.m.Nodes[i].Breaks {
			note(b.Rule)
		}
	}
}
