package certify

import (
	"fmt"
	"slices"

	"memhp/sim"
)

// checker holds a certificate against the automata m.
type checker struct {
	m      *sim.Model
	c      *Certificate
	fields map[any]int // where the value of a variable or of a kernfs node stands
	places []place
	any    [][]bool // the sets of the certificate, by node
	ideals map[string]*Ideal
}

// load checks that every number of the certificate means something.
func load(m *sim.Model, c *Certificate) (*checker, error) {
	if m.Endless {
		return nil, fmt.Errorf("progress is not covered: some task may loop for ever")
	}
	vars, kernfs, names := Fields(m)
	if c.Model != Fingerprint(m) || !slices.Equal(c.Values, names) {
		return nil, fmt.Errorf("it was made for other automata")
	}
	k := &checker{m: m, c: c, fields: map[any]int{}, ideals: map[string]*Ideal{}}
	for i := range m.Nodes {
		k.places = append(k.places, k.placeOf(&m.Nodes[i]))
	}
	size := make([]int, len(names))
	for i, v := range vars {
		k.fields[v], size[i] = i, len(v.Class.Values)
	}
	for i, l := range kernfs {
		k.fields[l], size[len(vars)+i] = len(vars)+i, 2
	}
	for _, set := range c.Any {
		in := make([]bool, len(m.Nodes))
		for _, n := range set {
			if n < 0 || n >= len(in) {
				return nil, fmt.Errorf("there is no node %d", n)
			}
			in[n] = true
		}
		k.any = append(k.any, in)
	}
	for n := range c.Ideals {
		i := &c.Ideals[n]
		ok := len(i.Values) == len(size) && i.Any >= 0 && i.Any < len(k.any) &&
			!slices.ContainsFunc(i.Tasks, func(n int) bool { return n < 0 || n >= len(m.Nodes) })
		for f := 0; ok && f < len(size); f++ {
			ok = i.Values[f] >= 0 && i.Values[f] < size[f]
		}
		if !ok {
			return nil, fmt.Errorf("ideal %d is malformed", n)
		}
		k.ideals[key(i.Values, i.Tasks)] = i
	}
	return k, nil
}

// key names a place for an ideal: there is at most one for each choice of values and tasks.
func key(values, tasks []int) string {
	b := make([]byte, 0, 32)
	for _, x := range values {
		b = append(b, byte(x))
	}
	for _, n := range slices.Sorted(slices.Values(tasks)) {
		b = append(b, byte(n), byte(n>>8), byte(n>>16))
	}
	return string(b)
}
