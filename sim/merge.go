package sim

import (
	"slices"

	"memhp/spec"
)

// merge returns the class of each node of g, and the number of classes: nodes of a class have equal operations, holds,
// call stacks and broken rules, and lead to equal classes on equal answers. It is the coarsest such partition, by
// refinement. Class 0 is the root.
//
// What a procedure returns to its caller, and what it does with the variables of the classes sliced, is not
// told apart: nothing that other tasks see depends on it.
func merge(g *graph, sliced []*spec.VarClass) (class []int32, classes int) {
	class = make([]int32, len(g.nodes))
	first, ns := map[string]int32{}, newNames()
	for i := range g.nodes {
		ns.key(&g.nodes[i], sliced)
		c, ok := first[string(ns.buf)]
		if !ok {
			c = int32(len(first))
			first[string(ns.buf)] = c
		}
		class[i] = c
	}
	for n := len(first); ; {
		refined, m := refine(g, class)
		if m == n {
			return class, n
		}
		class, n = refined, m
	}
}

// names gives small numbers to what nodes consist of, in the order in which it is first seen.
type names struct {
	ops       map[op]int32
	holds     map[spec.Hold]int32
	vars      map[spec.Var]int32
	functions map[*spec.Function]int32
	breaches  map[breach]int32
	events    map[event]int32

	buf  []byte  // the key of the last node
	held []int32 // in that key
}

func newNames() *names {
	return &names{ops: map[op]int32{}, holds: map[spec.Hold]int32{}, vars: map[spec.Var]int32{}, functions: map[*spec.Function]int32{},
		breaches: map[breach]int32{}, events: map[event]int32{}}
}

// numberOf returns the number of x, which is the next one if x is new.
func numberOf[T comparable](seen map[T]int32, x T) int32 {
	n, ok := seen[x]
	if !ok {
		n = int32(len(seen))
		seen[x] = n
	}
	return n
}

func (ns *names) add(numbers ...int32) {
	for _, x := range numbers {
		ns.buf = appendInt(ns.buf, x)
	}
}

// key puts together what tells apart the nodes that differ in themselves. Lists begin with a negative number, so no two look alike.
func (ns *names) key(n *node, sliced []*spec.VarClass) {
	ns.buf = ns.buf[:0]
	o := n.op
	if o.kind == opReturn || slices.Contains(sliced, o.v.Class) {
		o.arg = 0
	}
	ns.add(n.actor, numberOf(ns.ops, o), flags(n.fatal, n.loop, n.dead))
	if n.apart {
		ns.add(-6, int32(n.block))
	}
	ns.addHolds(n.held)
	for _, v := range n.pins {
		ns.add(numberOf(ns.vars, v))
	}
	ns.add(-2)
	for _, v := range n.wrote {
		ns.add(numberOf(ns.vars, v))
	}
	ns.add(-3)
	for _, f := range n.stack {
		ns.add(numberOf(ns.functions, f))
	}
	for _, b := range n.broken {
		b.why = ""
		ns.add(-4, numberOf(ns.breaches, b))
	}
	for i, events := range n.passed {
		ns.addEvents(int32(i), events)
	}
	ns.addEvents(int32(len(n.passed)), n.entered)
}

// addHolds adds the holds, in whatever order they were taken, and the beginning of the next list.
func (ns *names) addHolds(held spec.Held) {
	ns.held = ns.held[:0]
	for _, h := range held {
		ns.held = append(ns.held, numberOf(ns.holds, spec.Hold{Lock: h.Lock, Mode: h.Mode}))
	}
	slices.Sort(ns.held)
	ns.add(-1)
	ns.add(ns.held...)
	ns.add(-7)
}

func (ns *names) addEvents(answer int32, events []event) {
	for _, e := range events {
		ns.add(-5, answer, numberOf(ns.events, e))
	}
}

// flags puts facts into one number.
func flags(facts ...bool) (out int32) {
	for i, f := range facts {
		if f {
			out |= 1 << i
		}
	}
	return out
}

// refine splits the classes whose nodes lead to different classes.
func refine(g *graph, class []int32) ([]int32, int) {
	out := make([]int32, len(class))
	seen := map[string]int32{}
	var buf []byte
	for i := range g.nodes {
		buf = appendInt(buf[:0], class[i])
		for _, next := range g.nodes[i].next {
			c := noNode
			if next != noNode {
				c = class[next]
			}
			buf = appendInt(buf, c)
		}
		c, ok := seen[string(buf)]
		if !ok {
			c = int32(len(seen))
			seen[string(buf)] = c
		}
		out[i] = c
	}
	return out, len(seen)
}

func appendInt(b []byte, x int32) []byte {
	return append(b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24))
}

// locksOf returns the locks that the nodes name, in the order of their first use.
func locksOf(nodes []node) []spec.Lock {
	var out []spec.Lock
	seen := map[spec.Lock]bool{}
	note := func(l spec.Lock) {
		if l.Class != nil && !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	for i := range nodes {
		note(nodes[i].op.lock)
		for _, h := range nodes[i].held {
			note(h.Lock)
		}
	}
	return out
}
