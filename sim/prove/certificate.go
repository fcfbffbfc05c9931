package prove

import (
	"slices"

	"memhp/sim/prove/proof"
)

// certificate writes down the ideals of a finished search.
func (s *search) certificate() *proof.Certificate {
	c := s.config
	out := &proof.Certificate{Schema: proof.Schema, Kernel: c.Kernel.String(), Selection: c.Selection, Platform: c.Platform, Blocks: c.Blocks,
		System: *s.c.system, Counted: s.counted}
	known := map[string]int{}
	for _, i := range s.ideals {
		out.Ideals = append(out.Ideals, proof.Ideal{Values: s.c.values(i), Tasks: ints(i.tasks), Any: s.anyOf(i, out, known)})
	}
	slices.SortFunc(out.Ideals, func(a, b proof.Ideal) int {
		if c := slices.Compare(a.Tasks, b.Tasks); c != 0 {
			return c
		}
		return slices.Compare(a.Values, b.Values)
	})
	return out
}

func (c *machine) values(i *ideal) []int {
	out := make([]int, len(c.fields))
	for f := range c.fields {
		out[f] = int(c.fields[f].of(i.vars))
	}
	return out
}

// anyOf returns the number of the set of an ideal in the certificate.
func (s *search) anyOf(i *ideal, out *proof.Certificate, known map[string]int) int {
	key := i.any.key()
	n, ok := known[key]
	if !ok {
		n = len(out.Any)
		known[key] = n
		var nodes []int
		i.any.each(func(slot int) { nodes = append(nodes, s.c.slotAt[slot]) })
		out.Any = append(out.Any, nodes)
	}
	return n
}

func ints(in []int32) []int {
	out := make([]int, len(in))
	for i, x := range in {
		out[i] = int(x)
	}
	return out
}
