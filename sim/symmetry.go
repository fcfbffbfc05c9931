package sim

import (
	"math/bits"
	"slices"

	"memhp/spec"
)

// blockSwap renames the blocks of a state: blocks are interchangeable if the automaton is the same with other names.
type blockSwap struct {
	node  []int32 // the node that does for the renamed blocks what this one does
	moves []fieldMove
	keep  uint64 // the bits of variables that belong to no block
}

// fieldMove says that the field of width mask at shift from goes to shift to.
type fieldMove struct {
	from, to uint8
	mask     uint64
}

// blockSwaps returns every renaming of the blocks but the identity, or nothing if some procedure tells blocks apart.
func (a *automaton) blockSwaps() []blockSwap {
	var out []blockSwap
	for _, to := range permutations(a.blocks) {
		s, ok := a.blockSwap(to)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}

// permutations returns the permutations of 0 to n-1 without the identity.
func permutations(n int) [][]spec.Block {
	out := [][]spec.Block{{}}
	for i := range n {
		var more [][]spec.Block
		for _, p := range out {
			for at := range len(p) + 1 {
				more = append(more, slices.Insert(slices.Clone(p), at, spec.Block(i)))
			}
		}
		out = more
	}
	return slices.DeleteFunc(out, func(p []spec.Block) bool { return slices.IsSorted(p) })
}

func (a *automaton) blockSwap(to []spec.Block) (blockSwap, bool) {
	s := blockSwap{node: slices.Repeat([]int32{noNode}, len(a.nodes)), keep: 1<<a.layout.bits - 1}
	s.node[root] = root
	if !a.mirrorNodes(to, s.node) {
		return s, false
	}
	for _, v := range a.vars {
		if v.Block == spec.NoBlock {
			continue
		}
		other, ok := a.layout.shift[v.Class.Of(to[v.Block])]
		if !ok {
			return s, false
		}
		s.move(a.layout.shift[v], other, 1<<bits.Len(uint(len(v.Class.Values)-1))-1)
	}
	for _, l := range a.locks {
		at, kernfs := a.layout.active[l]
		if !kernfs || l.Block == spec.NoBlock {
			continue
		}
		other, ok := a.layout.active[l.Class.Of(to[l.Block])]
		if !ok {
			return s, false
		}
		s.move(at, other, 1)
	}
	return s, true
}

func (s *blockSwap) move(from, to uint8, mask uint64) {
	s.moves = append(s.moves, fieldMove{from, to, mask})
	s.keep &^= mask << from
}

// mirrorNodes fills in which node does for the renamed blocks what each node does, and tells whether that is a bijection
// which keeps operations, holds and edges.
func (a *automaton) mirrorNodes(to []spec.Block, mirror []int32) bool {
	var todo []int32
	pair := func(n, m int32) bool {
		if n == noNode || m == noNode {
			return n == m
		}
		if mirror[n] == noNode {
			mirror[n] = m
			todo = append(todo, n)
			return a.mirrored(n, m, to)
		}
		return mirror[n] == m
	}
	if !a.pairStarts(to, pair) {
		return false
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		next, other := a.nodes[n].next, a.nodes[mirror[n]].next
		for i := range next {
			if !pair(next[i], other[i]) {
				return false
			}
		}
	}
	seen := make([]bool, len(mirror))
	for _, m := range mirror {
		if m == noNode || seen[m] {
			return false
		}
		seen[m] = true
	}
	return true
}

// pairStarts pairs the first nodes of each actor.
func (a *automaton) pairStarts(to []spec.Block, pair func(n, m int32) bool) bool {
	for _, n := range a.starts {
		nd := &a.nodes[n]
		m := n
		if nd.block != spec.NoBlock {
			i := slices.IndexFunc(a.starts, func(o int32) bool {
				return a.nodes[o].actor == nd.actor && a.nodes[o].block == to[nd.block]
			})
			if i < 0 {
				return false
			}
			m = a.starts[i]
		}
		if !pair(n, m) {
			return false
		}
	}
	return true
}

// mirrored tells whether node m is node n with the blocks renamed: it does the same, and what it breaks, it breaks in the same function.
func (a *automaton) mirrored(n, m int32, to []spec.Block) bool {
	x, y := &a.nodes[n], &a.nodes[m]
	o := x.op
	o.lock, o.v = renameLock(o.lock, to), renameVar(o.v, to)
	if o.kind == opReturn || slices.Contains(a.sliced, o.v.Class) {
		o.arg = y.op.arg
	}
	if o.kind == opActivate {
		o.what = y.op.what // names the variables of a fresh object, compared below
	}
	same := o == y.op && x.actor == y.actor && x.fatal == y.fatal && x.loop == y.loop && x.dead == y.dead &&
		len(x.held) == len(y.held) && len(x.next) == len(y.next) && slices.EqualFunc(x.broken, y.broken, breach.same) && slices.Equal(x.stack, y.stack) && len(x.pins) == len(y.pins) && len(x.fresh) == len(y.fresh)
	if !same {
		return false
	}
	for _, h := range x.held {
		if !slices.ContainsFunc(y.held, func(g spec.Hold) bool { return g.Lock == renameLock(h.Lock, to) && g.Mode == h.Mode }) {
			return false
		}
	}
	for i, f := range x.fresh {
		if (spec.Assign{Var: renameVar(f.Var, to), Value: f.Value}) != y.fresh[i] {
			return false
		}
	}
	return !slices.ContainsFunc(x.pins, func(v spec.Var) bool { return !slices.Contains(y.pins, renameVar(v, to)) })
}

func renameLock(l spec.Lock, to []spec.Block) spec.Lock {
	if l.Class != nil && l.Block != spec.NoBlock {
		l.Block = to[l.Block]
	}
	return l
}

func renameVar(v spec.Var, to []spec.Block) spec.Var {
	if v.Class != nil && v.Block != spec.NoBlock {
		v.Block = to[v.Block]
	}
	return v
}

// apply returns s with the blocks renamed.
func (w *blockSwap) apply(s *state, tasks int) state {
	t := state{vars: s.vars & w.keep}
	for _, m := range w.moves {
		t.vars |= s.vars >> m.from & m.mask << m.to
	}
	for i := 0; i < tasks; i++ {
		t.node[i] = w.node[s.node[i]]
	}
	return t
}
