package behave

import (
	"fmt"
	"slices"
	"strings"
)

// Slots is how many slots for DIMMs of one memory block there are.
const Slots = 3

// Kind is what an operation does.
type Kind string

// The kinds of operations.
const (
	Plug       Kind = "plug"        // a DIMM of one block into the slot
	Unplug     Kind = "unplug"      // request its eject
	State      Kind = "state"       // write Word to the block's state
	Online     Kind = "online"      // write Word to the block's online
	AutoOnline Kind = "auto_online" // write Word to auto_online_blocks
	Veto       Kind = "veto"        // a notifier vetoes the action Word from now on
	Allow      Kind = "allow"       // and no longer
)

// Op is one operation. Sequences are plain data: any part of one is one too, which is what shrinking needs.
type Op struct {
	Kind Kind   `json:"kind"`
	Slot int    `json:"slot"`
	Word string `json:"word,omitempty"`
}

func (o Op) String() string {
	switch o.Kind {
	case Plug, Unplug:
		return fmt.Sprintf("%s %d", o.Kind, o.Slot)
	case State, Online:
		return fmt.Sprintf("%s %d <- %s", o.Kind, o.Slot, o.Word)
	case AutoOnline:
		return fmt.Sprintf("%s <- %s", o.Kind, o.Word)
	}
	return fmt.Sprintf("%s %s", o.Kind, o.Word)
}

// Words are what an operation of a kind can write, in the order of the specification's own choices. The actions of a notifier are those
// of include/linux/memory.h that can be vetoed.
func Words(k Kind) []string {
	switch k {
	case State:
		return []string{"online", "online_kernel", "online_movable", "offline", "bogus"}
	case Online:
		return []string{"0", "1", "x"}
	case AutoOnline:
		return []string{"offline", "online", "bogus"}
	case Veto, Allow:
		return []string{"MEM_GOING_ONLINE", "MEM_GOING_OFFLINE"}
	}
	return nil
}

// weights say how often a kind is drawn: mostly what works on a block.
var weights = []struct {
	kind Kind
	n    int
}{{State, 10}, {Online, 8}, {Plug, 5}, {Unplug, 3}, {Veto, 2}, {Allow, 2}, {AutoOnline, 2}}

// Draw draws an operation: draw returns a number from 0 to n-1.
func Draw(draw func(label string, n int) int) Op {
	var kinds []Kind
	for _, w := range weights {
		kinds = append(kinds, slices.Repeat([]Kind{w.kind}, w.n)...)
	}
	o := Op{Kind: kinds[draw("kind", len(kinds))]}
	if slices.Contains([]Kind{Plug, Unplug, State, Online}, o.Kind) {
		o.Slot = draw("slot", Slots)
	}
	if words := Words(o.Kind); words != nil {
		o.Word = words[draw("word", len(words))]
	}
	return o
}

// Format writes a sequence on one line.
func Format(ops []Op) string {
	var out []string
	for _, o := range ops {
		out = append(out, o.String())
	}
	return strings.Join(out, "; ")
}
