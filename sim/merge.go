package sim

import (
	"hash/maphash"
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
	first, ns := map[string]int32{}, names{}
	for i := range g.nodes {
		key := g.nodes[i].key(sliced, ns)
		c, ok := first[key]
		if !ok {
			c = int32(len(first))
			first[key] = c
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

// names gives small numbers to comparable values, in the order in which they are first seen.
type names map[any]int32

func (ns names) of(x any) int32 {
	n, ok := ns[x]
	if !ok {
		n = int32(len(ns))
		ns[x] = n
	}
	return n
}

// key tells apart the nodes that differ in themselves.
func (n *node) key(sliced []*spec.VarClass, ns names) string {
	o := n.op
	if o.kind == opReturn || slices.Contains(sliced, o.v.Class) {
		o.arg = 0
	}
	flags := [...]bool{n.pending, n.fatal, n.loop, n.dead}
	key := []int32{n.actor, ns.of(o), ns.of(flags)}
	if n.apart {
		key = append(key, -6, int32(n.block))
	}
	holds := make([]int32, len(n.held))
	for i, h := range n.held {
		holds[i] = ns.of(spec.Hold{Lock: h.Lock, Mode: h.Mode})
	}
	slices.Sort(holds)
	key = append(append(key, -1), holds...)
	for _, v := range n.pins {
		key = append(key, ns.of(v))
	}
	key = append(key, -2)
	for _, v := range n.wrote {
		key = append(key, ns.of(v))
	}
	key = append(key, -3)
	for _, f := range n.stack {
		key = append(key, ns.of(f))
	}
	for _, b := range n.broken {
		b.why = ""
		key = append(key, -4, ns.of(b))
	}
	for i, events := range append(slices.Clip(n.passed), n.entered) {
		for _, e := range events {
			key = append(key, -5, int32(i), ns.of(e))
		}
	}
	var buf []byte
	for _, x := range key {
		buf = appendInt(buf, x)
	}
	return string(buf)
}

// refine splits the classes whose nodes lead to different classes.
func refine(g *graph, class []int32) ([]int32, int) {
	out := make([]int32, len(class))
	seen := make(map[uint64]int32, len(class))
	seed := maphash.MakeSeed()
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
		h := maphash.Bytes(seed, buf)
		c, ok := seen[h]
		if !ok {
			c = int32(len(seen))
			seen[h] = c
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
