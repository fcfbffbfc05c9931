package behave

import (
	"slices"

	"memhp/spec"
)

// Drawer returns a number from 0 to n-1; the label says what for.
type Drawer func(label string, n int) int

// weights say how often a kind is drawn: mostly what works on a block.
var weights = []weighted{{20, State}, {12, Online}, {10, Plug}, {6, Unplug}, {9, Resize}, {5, AutoOnline}, {2, Veto}, {4, Allow}, {2, Policy}, {1, Ratio}, {2, Pin}, {2, Unpin}}

type weighted struct {
	n    int
	kind Kind
}

// Sequence draws n operations that a guest can do. A model goes along, and always takes the first end of an operation: most
// operations are then about blocks and DIMMs that are likely to be there.
func Sequence(k spec.Kernel, start Start, n int, draw Drawer) ([]Op, error) {
	m := NewModel(k, start)
	var out []Op
	for len(out) < n {
		o := m.draw(draw)
		if slices.Contains(start.Lacks, o.Kind) {
			continue
		}
		ends, err := m.ends(o, circumstances{})
		if err != nil {
			return nil, err
		}
		m.states = []state{ends[0].state}
		out = append(out, o)
	}
	return out, nil
}

// draw draws an operation.
func (m *Model) draw(draw Drawer) Op {
	var kinds []Kind
	for _, w := range weights {
		kinds = append(kinds, slices.Repeat([]Kind{w.kind}, w.n)...)
	}
	s, o := m.states[0], Op{Kind: one(draw, "kind", kinds)}
	words := Words(o.Kind)
	switch o.Kind {
	case Plug, Unplug:
		o.On = one(draw, "slot", s.slots(o.Kind == Unplug))
		if whole := 3; o.Kind == Plug && draw("whole", 4) > 0 {
			words = words[:whole]
		}
	case Resize:
		o.On = one(draw, "device", []string{SubBlocks, BigBlocks})
		words = slices.DeleteFunc(words, func(w string) bool { return o.On == BigBlocks && (w == "64" || w == "192" || w == "384") })
	case State, Online:
		o.On = one(draw, "block", s.likely(draw))
	}
	if words != nil {
		o.Word = one(draw, "word", words)
	}
	return o
}

func one[T any](draw Drawer, label string, from []T) T { return from[draw(label, len(from))] }

// slots returns the slots, those that are full or empty three times.
func (s state) slots(full bool) []string {
	out := []string{"dimm0", "dimm1"}
	for _, slot := range out[:2] {
		if (s.dimms[slot] != "") == full {
			out = append(out, slot, slot)
		}
	}
	return out
}

// likely returns the blocks to draw from: most of the time those that were plugged and are there, if any; else those of boot, or all that can be plugged.
func (s state) likely(draw Drawer) []string {
	var boot, there, all []string
	for b := range spec.Block(blocks()) {
		name := blockName(b)
		switch {
		case deviceOf(b).Name == Boot:
			boot = append(boot, name)
		case s.present(b):
			there = append(there, name)
			fallthrough
		default:
			all = append(all, name)
		}
	}
	switch n := draw("of", 10); {
	case n == 0:
		return all
	case n == 1 || len(there) == 0:
		return boot
	}
	return there
}
