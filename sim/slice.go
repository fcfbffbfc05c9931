package sim

import (
	"slices"

	"memhp/spec"
)

// sliceAway returns the classes of variables that no rule, no lock and no other variable depends on: the procedures write
// and read them, but do the same whatever they read. Such a variable needs no place in the state
// (docs/semantics.md, theorem 5).
func (a *automaton) sliceAway() []*spec.VarClass {
	var out []*spec.VarClass
	for _, v := range a.allVars() {
		c := v.Class
		if len(c.Values) > 1 && !slices.Contains(out, c) && !a.ruled(c) && !a.loops(append(slices.Clip(out), c)) && a.irrelevant(c) {
			out = append(out, c)
		}
	}
	return out
}

// loops tells whether a loop consists of nothing but operations on variables of some classes: where it leads, and whether it ends,
// depends on what it reads.
func (a *automaton) loops(classes []*spec.VarClass) bool {
	const under, done = 1, 2
	state := make([]uint8, len(a.nodes))
	var closes func(n int32) bool
	closes = func(n int32) bool {
		passable := n != noNode && slices.ContainsFunc(classes, func(c *spec.VarClass) bool { return a.passable(n, c) })
		if !passable || state[n] != 0 {
			return passable && state[n] == under
		}
		state[n] = under
		if slices.ContainsFunc(a.nodes[n].next, closes) {
			return true
		}
		state[n] = done
		return false
	}
	for n := range a.nodes {
		if closes(int32(n)) {
			return true
		}
	}
	return false
}

// ruled tells whether some rule or wait looks at variables of class c.
func (a *automaton) ruled(c *spec.VarClass) bool {
	for i := range a.nodes {
		o := a.nodes[i].op
		if o.v.Class == c && o.kind != opRead && o.kind != opWrite {
			return true
		}
	}
	for _, g := range a.agree {
		if slices.ContainsFunc(g.Vars(0), func(v spec.Var) bool { return v.Class == c }) {
			return true
		}
	}
	return c.WriteRule != nil
}

// irrelevant tells whether, with the operations on c passed over, every read of c leads to equal nodes on all answers. No loop
// consists of them alone.
func (a *automaton) irrelevant(c *spec.VarClass) bool {
	skip := func(n int32) int32 {
		for n != noNode && a.passable(n, c) {
			n = firstNext(a.nodes[n].next)
		}
		return n
	}
	g := &graph{nodes: slices.Clone(a.nodes)}
	for i := range g.nodes {
		g.nodes[i].next = slices.Clone(g.nodes[i].next)
		for j, m := range g.nodes[i].next {
			g.nodes[i].next[j] = skip(m)
		}
	}
	class, _ := merge(g, nil)
	for i := range a.nodes {
		if a.nodes[i].op.kind == opRead && a.nodes[i].op.v.Class == c && !oneClass(class, a.nodes[i].next, skip) {
			return false
		}
	}
	return true
}

// passable tells whether the operation at node n is on a variable of class c, and arriving there breaks no rule.
func (a *automaton) passable(n int32, c *spec.VarClass) bool {
	nd := &a.nodes[n]
	return nd.op.v.Class == c && len(nd.broken) == 0 && !nd.fatal
}

func firstNext(next []int32) int32 {
	for _, n := range next {
		if n != noNode {
			return n
		}
	}
	return noNode
}

func oneClass(class, next []int32, skip func(int32) int32) bool {
	want := noNode
	for _, n := range next {
		n = skip(n)
		if n == noNode {
			continue
		}
		if want != noNode && class[n] != want {
			return false
		}
		want = class[n]
	}
	return true
}
