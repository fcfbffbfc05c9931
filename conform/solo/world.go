package solo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"memhp/spec"
)

// World is what procedures share. The zero value is a world in which nothing happened.
type World struct {
	vars   map[spec.Var]int
	active map[spec.Lock]bool
}

// NewWorld returns a world whose blocks are in the given states of spec.BlockInits.
func NewWorld(blocks ...spec.BlockInit) World {
	w := World{map[spec.Var]int{}, map[spec.Lock]bool{}}
	for i, init := range blocks {
		b := spec.Block(i)
		for class, x := range init.Values {
			w.vars[class.Of(b)] = x
		}
		for _, attr := range []*spec.LockClass{spec.StateAttr, spec.OnlineAttr} {
			if init.Visible {
				w.active[attr.Of(b)] = true
			}
		}
	}
	return w
}

// Value returns what a variable holds.
func (w World) Value(v spec.Var) int {
	if x, ok := w.vars[v]; ok {
		return x
	}
	return v.Class.Init
}

// Active tells whether a kernfs node is visible to user space.
func (w World) Active(attr spec.Lock) bool { return w.active[attr] }

// Set gives a variable a value.
func (w World) Set(v spec.Var, x int) { w.vars[v] = x }

// Clone returns a world of its own.
func (w World) Clone() World { return World{maps.Clone(w.vars), maps.Clone(w.active)} }

// Key is equal for worlds that nothing tells apart.
func (w World) Key() string {
	var out []string
	for v, x := range w.vars {
		if x != v.Class.Init {
			out = append(out, fmt.Sprintf("%s=%d", v, x))
		}
	}
	for l, on := range w.active {
		if on {
			out = append(out, l.String())
		}
	}
	slices.Sort(out)
	return strings.Join(out, ";")
}
