package naming

import (
	"fmt"
	"slices"

	"memhp/sim"
)

// Labels gives each node of a model a label: the actor and a number, counted along the first branch. Node 0 has the label idle.
func Labels(m *sim.Model, names *Names, idle string) map[int]string {
	labels := map[int]string{0: idle}
	names.Take(idle)
	count := map[int]int{}
	for _, n := range Order(m) {
		actor := m.Nodes[n].Actor
		for labels[n] == "" {
			count[actor]++
			if label := fmt.Sprintf("%s_%d", Identifier(m.Actors[actor].Name), count[actor]); names.Take(label) {
				labels[n] = label
			}
		}
	}
	return labels
}

// Order returns the nodes other than the idle one, depth first.
func Order(m *sim.Model) []int {
	var out []int
	seen := make([]bool, len(m.Nodes))
	seen[0] = true
	var visit func(n int)
	visit = func(n int) {
		if n == sim.NoNode || seen[n] {
			return
		}
		seen[n] = true
		out = append(out, n)
		next := slices.Clone(m.Nodes[n].Next)
		if k := m.Nodes[n].Op.Kind; k == sim.OpTryLock || k == sim.OpTryRLock || k == sim.OpSwap {
			slices.Reverse(next) // success comes first
		}
		for _, k := range next {
			visit(k)
		}
	}
	for _, s := range m.Starts {
		visit(s.Node)
	}
	return out
}
