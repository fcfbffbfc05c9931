package sim

import (
	"fmt"
	"math/bits"
	"slices"

	"memhp/spec"
)

// maxTasks bounds the number of tasks; what fits depends on the number of nodes too.
const maxTasks = 8

// state is a state of the machine, unpacked: the next operation of each task, and the variables. Who holds
// which lock follows from the nodes.
type state struct {
	node [maxTasks]int32
	vars uint64
}

// key is a packed state: 16 bytes.
type key struct{ lo, hi uint64 }

// packing says how states are packed: the variables and the first tasks in lo, the others in hi.
type packing struct {
	tasks    int
	nodeBits uint8
	varBits  uint8
	inLo     int
	sorted   bool // tasks are interchangeable: keep the multiset of their nodes
	swaps    []blockSwap
}

func newPacking(a *automaton, tasks int, r Reductions) (packing, error) {
	p := packing{tasks: tasks, nodeBits: uint8(max(1, bits.Len(uint(len(a.nodes)-1)))), varBits: a.layout.bits, sorted: !r.NoSymmetry}
	if !r.NoBlockSymmetry {
		p.swaps = a.blockSwaps()
	}
	p.inLo = min(tasks, int(64-p.varBits)/int(p.nodeBits))
	if tasks > maxTasks || (tasks-p.inLo)*int(p.nodeBits) > 64 {
		return p, fmt.Errorf("%d tasks of %d nodes with %d bits of variables do not fit 16 bytes: use fewer tasks or blocks",
			tasks, len(a.nodes), p.varBits)
	}
	return p, nil
}

// pack returns the key of s. With symmetry, states that differ only in which task is which, or which block is
// which, have one key.
func (p *packing) pack(s *state) key {
	k := p.packOne(s)
	for i := range p.swaps {
		t := p.swaps[i].apply(s, p.tasks)
		if o := p.packOne(&t); o.less(k) {
			k = o
		}
	}
	return k
}

// alike tells whether node m is node n of some renaming of the blocks.
func (p *packing) alike(m, n int32) bool {
	return m == n || slices.ContainsFunc(p.swaps, func(w blockSwap) bool { return w.node[n] == m })
}

func (k key) less(o key) bool { return k.hi < o.hi || k.hi == o.hi && k.lo < o.lo }

func (p *packing) packOne(s *state) key {
	if !p.sorted {
		return p.packNodes(&s.node, s.vars)
	}
	nodes := s.node
	for i := 1; i < p.tasks; i++ {
		for j := i; j > 0 && nodes[j] < nodes[j-1]; j-- {
			nodes[j], nodes[j-1] = nodes[j-1], nodes[j]
		}
	}
	return p.packNodes(&nodes, s.vars)
}

// packNodes packs nodes in the order in which they are, and the variables.
func (p *packing) packNodes(nodes *[maxTasks]int32, vars uint64) key {
	k := key{lo: vars}
	at := p.varBits
	for i := 0; i < p.inLo; i++ {
		k.lo |= uint64(nodes[i]) << at
		at += p.nodeBits
	}
	at = 0
	for i := p.inLo; i < p.tasks; i++ {
		k.hi |= uint64(nodes[i]) << at
		at += p.nodeBits
	}
	return k
}

// place returns where the node of task i is in a key, and whether it is in the low word.
func (p *packing) place(i int) (shift uint8, inLo bool) {
	if i < p.inLo {
		return p.varBits + uint8(i)*p.nodeBits, true
	}
	return uint8(i-p.inLo) * p.nodeBits, false
}

func (p *packing) unpack(k key) state {
	var s state
	s.vars = k.lo & (1<<p.varBits - 1)
	mask := uint64(1)<<p.nodeBits - 1
	at := p.varBits
	for i := 0; i < p.inLo; i++ {
		s.node[i] = int32(k.lo >> at & mask)
		at += p.nodeBits
	}
	at = 0
	for i := p.inLo; i < p.tasks; i++ {
		s.node[i] = int32(k.hi >> at & mask)
		at += p.nodeBits
	}
	return s
}

// initial is a state to start from, and its name.
type initial struct {
	state state
	name  string
	// blocks are the states of the blocks, sliced variables included.
	blocks []spec.BlockInit
}

// initials returns the states to start from: each block in any of the states of spec.BlockInits, kernfs nodes of no block visible,
// all tasks idle.
func (a *automaton) initials() []initial {
	out := []initial{{}}
	for _, v := range a.vars {
		a.set(&out[0].state, v, v.Class.Init)
	}
	for l, at := range a.layout.active {
		if l.Block == spec.NoBlock {
			out[0].state.vars |= 1 << at
		}
	}
	for b := range spec.Block(a.blocks) {
		var more []initial
		for _, in := range out {
			for _, bi := range spec.BlockInits() {
				more = append(more, a.withBlock(in, b, bi))
			}
		}
		out = more
	}
	if a.aside != nil {
		for i := range out {
			out[i] = a.withBlock(out[i], aside, *a.aside)
		}
	}
	return slices.Clip(out)
}

func (a *automaton) withBlock(in initial, b spec.Block, bi spec.BlockInit) initial {
	for class, x := range bi.Values {
		a.set(&in.state, class.Of(b), x)
	}
	for l, at := range a.layout.active {
		if l.Block == b && bi.Visible {
			in.state.vars |= 1 << at
		}
	}
	in.blocks = append(slices.Clip(in.blocks), bi)
	if in.name != "" {
		in.name += ", "
	}
	in.name += fmt.Sprintf("memory%d %s", b, bi.Name)
	return in
}

// set gives v the value x, if the automaton has v at all.
func (a *automaton) set(s *state, v spec.Var, x int) {
	at, ok := a.layout.shift[v]
	if !ok {
		return
	}
	mask := uint64(1)<<bits.Len(uint(len(v.Class.Values)-1)) - 1
	s.vars = s.vars&^(mask<<at) | uint64(x)<<at
}

// view lets predicates over several tasks look at a state.
type view struct {
	a     *automaton
	s     *state
	tasks int
}

// Value implements spec.State.
func (w view) Value(v spec.Var) int {
	at, ok := w.a.layout.shift[v]
	if !ok {
		return v.Class.Init
	}
	mask := uint64(1)<<bits.Len(uint(len(v.Class.Values)-1)) - 1
	return int(w.s.vars >> at & mask)
}

// Held implements spec.State.
func (w view) Held(l spec.Lock) bool {
	i := slices.Index(w.a.locks, l)
	if i < 0 {
		return false
	}
	for t := range w.tasks {
		n := w.s.node[t]
		if (w.a.ex[n]|w.a.sh[n])>>i&1 == 1 {
			return true
		}
	}
	return false
}

// Active implements spec.State.
func (w view) Active(l spec.Lock) bool {
	at, ok := w.a.layout.active[l]
	return ok && w.s.vars>>at&1 == 1
}
