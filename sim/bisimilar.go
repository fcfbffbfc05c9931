package sim

import (
	"slices"

	"memhp/spec"
)

// sameBehaviour tells whether two sets of automata are bisimilar: nothing that a task does, and nothing that a rule looks at, tells
// them apart. What is done to variables that decide nothing in either (theorem 5) is passed over.
func sameBehaviour(g, h *graph) bool {
	if len(g.starts) != len(h.starts) {
		return false
	}
	idle := irrelevantIn(g, h)
	union := &graph{kernel: g.kernel, actors: g.actors, blocks: g.blocks}
	shift := int32(len(g.nodes))
	for _, part := range []struct {
		g     *graph
		shift int32
	}{{g, 0}, {h, shift}} {
		for _, n := range part.g.nodes {
			next := make([]int32, len(n.next))
			for j, m := range n.next {
				if next[j] = noNode; m != noNode {
					next[j] = part.g.passing(m, idle) + part.shift
				}
			}
			n.next = next
			union.nodes = append(union.nodes, n)
		}
	}
	class, _ := merge(union, nil)
	for i := range g.starts {
		if class[g.passing(g.starts[i], idle)] != class[h.passing(h.starts[i], idle)+shift] {
			return false
		}
	}
	return class[root] == class[shift]
}

// irrelevantIn returns the classes of variables that decide nothing in both graphs.
func irrelevantIn(graphs ...*graph) []*spec.VarClass {
	var out []*spec.VarClass
	for i, g := range graphs {
		a := &automaton{kernel: g.kernel, actors: g.actors, blocks: g.blocks, agree: spec.Agreements()}
		a.mergeNodes(g)
		mine := a.sliceAway()
		if i == 0 {
			out = mine
			continue
		}
		named := a.allVars()
		out = slices.DeleteFunc(out, func(c *spec.VarClass) bool {
			return !slices.Contains(mine, c) && slices.ContainsFunc(named, func(v spec.Var) bool { return v.Class == c })
		})
	}
	return out
}

// passing returns the first node from n on that is no operation on the classes, and no read that makes no difference.
func (g *graph) passing(n int32, classes []*spec.VarClass) int32 {
	for n != root && g.nodes[n].op.v.Class != nil && (g.nodes[n].dead || slices.Contains(classes, g.nodes[n].op.v.Class)) && len(g.nodes[n].broken) == 0 && !g.nodes[n].fatal {
		n = firstNext(g.nodes[n].next)
	}
	return n
}
