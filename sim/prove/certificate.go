package prove

import (
	"slices"

	"memhp/sim/prove/certify"
	"memhp/spec"
)

// certificate writes down the ideals of a finished search.
func (s *search) certificate() *certify.Certificate {
	c := s.config
	vars, kernfs, names := certify.Fields(s.c.model)
	out := &certify.Certificate{Schema: certify.Schema, Kernel: c.Kernel.String(), Selection: c.Selection, Platform: c.Platform, Blocks: c.Blocks,
		Model: certify.Fingerprint(s.c.model), Values: names}
	for _, l := range s.counted {
		out.Counted = append(out.Counted, l.Name)
	}
	known := map[string]int{}
	for _, i := range s.ideals {
		out.Ideals = append(out.Ideals, certify.Ideal{Values: s.c.values(i, vars, kernfs), Tasks: ints(i.tasks), Any: s.anyOf(i, out, known)})
	}
	slices.SortFunc(out.Ideals, func(a, b certify.Ideal) int {
		if c := slices.Compare(a.Tasks, b.Tasks); c != 0 {
			return c
		}
		return slices.Compare(a.Values, b.Values)
	})
	return out
}

func (c *machine) values(i *ideal, vars []spec.Var, kernfs []spec.Lock) []int {
	var out []int
	for _, v := range vars {
		out = append(out, int(c.vars[v].of(i.vars)))
	}
	for _, l := range kernfs {
		out = append(out, int(c.active[l].of(i.vars)))
	}
	return out
}

// anyOf returns the number of the set of an ideal in the certificate.
func (s *search) anyOf(i *ideal, out *certify.Certificate, known map[string]int) int {
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
