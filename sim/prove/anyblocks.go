package prove

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// here is the one block that a model for any number of blocks keeps, elsewhere the block that stands for all others.
const here, elsewhere = spec.Block(0), spec.Block(1)

// anyBlocks turns a model of two blocks into one of any number of them (docs/semantics.md): of the tasks that work elsewhere it keeps what they
// do to global objects only. What they would get from, or wait for at, the objects of their block is left open.
func anyBlocks(m *sim.Model) (*sim.Model, error) {
	if err := uniform(m); err != nil {
		return nil, fmt.Errorf("any number of blocks: %w", err)
	}
	out := *m
	out.Blocks = 1
	out.Nodes, out.Starts = m.Nodes[:1:1], slices.Clone(m.Starts)
	near, far := map[int]int{0: 0, sim.NoNode: sim.NoNode}, map[int]int{0: 0, sim.NoNode: sim.NoNode}
	for i, s := range m.Starts {
		if s.Block == elsewhere {
			out.Starts[i].Node = copyNodes(&out, m, s.Node, far, leaveOpen)
		} else {
			out.Starts[i].Node = copyNodes(&out, m, s.Node, near, func(*sim.Node) {})
		}
	}
	out.Locks = slices.DeleteFunc(slices.Clone(m.Locks), func(l spec.Lock) bool { return l.Block == elsewhere })
	out.Vars = slices.DeleteFunc(slices.Clone(m.Vars), func(v spec.Var) bool { return v.Block == elsewhere })
	return &out, nil
}

// copyNodes copies node n of m, and what can be reached from it, after change was made to each.
func copyNodes(out, m *sim.Model, n int, copies map[int]int, change func(*sim.Node)) int {
	if c, ok := copies[n]; ok {
		return c
	}
	c := len(out.Nodes)
	copies[n] = c
	nd := m.Nodes[n]
	change(&nd)
	out.Nodes = append(out.Nodes, nd)
	next := slices.Clone(nd.Next)
	for i, to := range next {
		next[i] = copyNodes(out, m, to, copies, change)
	}
	out.Nodes[c].Next = next
	return c
}

// leaveOpen makes a node one of a task that works elsewhere. The rules that it breaks are left out: the tasks that work here break them too.
func leaveOpen(n *sim.Node) {
	n.Breaks = nil
	n.Held = slices.DeleteFunc(slices.Clone(n.Held), func(h spec.Hold) bool { return h.Lock.Block == elsewhere })
	n.Pins = slices.DeleteFunc(slices.Clone(n.Pins), func(v spec.Var) bool { return v.Block == elsewhere })
	if about(n.Op, elsewhere) {
		n.Op = sim.Op{Kind: sim.OpChoose, What: "elsewhere"}
		n.Next = slices.DeleteFunc(slices.Clone(n.Next), func(to int) bool { return to == sim.NoNode })
	}
}

// about tells whether an operation is about an object of block b.
func about(o sim.Op, b spec.Block) bool {
	return o.Lock.Class != nil && o.Lock.Block == b || o.Var.Class != nil && o.Var.Block == b
}

// freshBeside tells whether a fresh object gives a value to a variable that is not of its own block.
func freshBeside(o sim.Op) bool {
	return slices.ContainsFunc(o.Fresh, func(f spec.Assign) bool { return f.Var.Block != o.Lock.Block })
}

// uniform checks that a task works on the objects of its block and on global ones only, and that what it does elsewhere is
// what it does here, with the block renamed.
func uniform(m *sim.Model) error {
	mirror := map[int]int{0: 0, sim.NoNode: sim.NoNode}
	for _, s := range m.Starts {
		if s.Block == elsewhere {
			continue
		}
		// An actor that is not per block, or does nothing to its block, begins at one place.
		i := slices.IndexFunc(m.Starts, func(o sim.Start) bool { return o.Actor == s.Actor && o.Block == elsewhere })
		other := s.Node
		if i >= 0 {
			other = m.Starts[i].Node
		}
		if !mirrored(m, s.Node, other, mirror) {
			return fmt.Errorf("actor %s tells blocks apart, or works on more than one", m.Actors[s.Actor].Name)
		}
		if i < 0 && !global(m, s.Node, map[int]bool{}) {
			return fmt.Errorf("actor %s works on one block and never on another", m.Actors[s.Actor].Name)
		}
	}
	return nil
}

// global tells whether node n, and what follows, is about no block at all.
func global(m *sim.Model, n int, seen map[int]bool) bool {
	if n == 0 || n == sim.NoNode || seen[n] {
		return true
	}
	seen[n] = true
	return !about(m.Nodes[n].Op, here) && !slices.ContainsFunc(m.Nodes[n].Next, func(to int) bool { return !global(m, to, seen) })
}

// mirrored tells whether node b, and what follows, is node a with the blocks renamed.
func mirrored(m *sim.Model, a, b int, mirror map[int]int) bool {
	if before, ok := mirror[a]; ok || a == sim.NoNode {
		return before == b
	}
	mirror[a] = b
	if b == sim.NoNode {
		return false
	}
	x, y := &m.Nodes[a], &m.Nodes[b]
	if about(x.Op, elsewhere) || freshBeside(x.Op) || renamed(x) != renamed(y) || len(x.Next) != len(y.Next) {
		return false
	}
	for i := range x.Next {
		if !mirrored(m, x.Next[i], y.Next[i], mirror) {
			return false
		}
	}
	return true
}

// renamed describes a node with every block called by one name.
func renamed(n *sim.Node) string {
	one := func(b spec.Block) bool { return b == spec.NoBlock } // a task works on one block only, besides
	o := n.Op
	s := fmt.Sprint(n.Actor, n.Ends, o.Kind, o.Lock.Class, one(o.Lock.Block), o.Var.Class, one(o.Var.Block), o.Value, o.Old)
	for _, b := range n.Breaks {
		s += fmt.Sprint("|", b.Rule)
	}
	for _, h := range n.Held {
		s += fmt.Sprint("|", h.Lock.Class, one(h.Lock.Block), h.Mode)
	}
	for _, v := range n.Pins {
		s += fmt.Sprint("|", v.Class, one(v.Block))
	}
	for _, f := range n.Op.Fresh {
		s += fmt.Sprint("|", f.Var.Class, one(f.Var.Block), f.Value)
	}
	return s
}
