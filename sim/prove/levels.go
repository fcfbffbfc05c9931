package prove

import (
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// levels returns the nodes where tasks are counted, from coarse to fine: where they hold for writing the lock that is held at the most nodes; where
// they own a variable, too; where they hold one of the two such locks; and where they hold any.
func (p *prover) levels() [][]int {
	owners := p.owners()
	both := func(a []int) []int { return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, owners)))) }
	out := [][]int{p.holders(1), both(p.holders(1)), both(p.holders(2)), both(p.holders(len(p.model.Locks)))}
	return slices.CompactFunc(out, slices.Equal)
}

// levelsWithoutOwners is for programs where there is no end of owners.
func (p *prover) levelsWithoutOwners() [][]int {
	return [][]int{p.holders(2), p.holders(len(p.model.Locks))}
}

// holders returns the nodes where a task holds one of so many classes of locks for writing.
func (p *prover) holders(most int) []int {
	classes := p.writtenClasses()
	classes = classes[:min(most, len(classes))]
	var out []int
	for i, n := range p.model.Nodes {
		if slices.ContainsFunc(n.Held, func(h spec.Hold) bool { return h.Mode == spec.Write && slices.Contains(classes, h.Lock.Class) }) {
			out = append(out, i)
		}
	}
	return out
}

// writtenClasses returns the classes of locks that some task holds for writing, first the one that is held at the most nodes.
func (p *prover) writtenClasses() []*spec.LockClass {
	count := map[*spec.LockClass]int{}
	var classes []*spec.LockClass
	for _, n := range p.model.Nodes {
		for _, h := range n.Held {
			if h.Mode != spec.Write {
				continue
			}
			if count[h.Lock.Class]++; count[h.Lock.Class] == 1 {
				classes = append(classes, h.Lock.Class)
			}
		}
	}
	slices.SortStableFunc(classes, func(a, b *spec.LockClass) int { return count[b] - count[a] })
	return classes
}

// owners returns the nodes where a task owns a variable: it has set it by a swap, and not written it since. Where swaps are used as a trylock, there
// is one owner at most.
func (p *prover) owners() []int {
	nodes := p.model.Nodes
	owned := make([]map[spec.Var]bool, len(nodes))
	var todo []int
	owns := func(n int, v spec.Var) {
		if n > 0 && !owned[n][v] {
			if owned[n] == nil {
				owned[n] = map[spec.Var]bool{}
			}
			owned[n][v] = true
			todo = append(todo, n)
		}
	}
	for _, n := range nodes {
		if n.Op.Kind == sim.OpSwap {
			owns(n.Next[1], n.Op.Var)
		}
	}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		for v := range owned[n] {
			if o := nodes[n].Op; o.Kind == sim.OpWrite && o.Var == v {
				continue
			}
			for _, to := range nodes[n].Next {
				owns(to, v)
			}
		}
	}
	var out []int
	for n := range nodes {
		if owned[n] != nil {
			out = append(out, n)
		}
	}
	return out
}
