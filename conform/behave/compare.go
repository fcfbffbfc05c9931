package behave

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// The zones that matter.
const (
	Movable    = "movable"
	KernelZone = "kernel"
)

// Block is what user space sees of the memory block in a slot. The zero value is one that does not exist.
type Block struct {
	Present bool   `json:"present"`
	State   string `json:"state,omitempty"`
	Online  string `json:"online,omitempty"`
	// Zone is Movable or KernelZone, for a block that is online.
	Zone string `json:"zone,omitempty"`
}

// Blocks are the blocks of all slots.
type Blocks []Block

func (b Blocks) String() string {
	var out strings.Builder
	for i, x := range b {
		if x.Present {
			fmt.Fprintf(&out, ", %d: state %s, online %s", i, x.State, x.Online)
			if x.Zone != "" {
				fmt.Fprintf(&out, ", zone %s", x.Zone)
			}
		}
	}
	return out.String()
}

// Seen is what an operation gave, and what there was afterwards.
type Seen struct {
	// Result is an errno as spec.Errno prints it, or "done" or "refused" of a hotplug event.
	Result string
	Blocks Blocks
}

func (s Seen) String() string { return s.Result + s.Blocks.String() }

// System is what a model is compared with.
type System interface {
	// Reset unplugs everything, and lets nothing be onlined or vetoed by itself.
	Reset(ctx context.Context) error
	// Do does an operation and looks at all blocks.
	Do(ctx context.Context, o Op) (Seen, error)
}

// Difference is an operation after which a system is not what the specification predicts.
type Difference struct {
	Kernel string `json:"kernel"`
	// Ops is the sequence; the last operation of it is the one that differs.
	Ops       []Op     `json:"ops"`
	Seen      string   `json:"seen"`
	Predicted []string `json:"predicted"`
}

func (d *Difference) String() string {
	return fmt.Sprintf("after %s: the kernel: %s; %s predicts: %s", Format(d.Ops), d.Seen, d.Kernel, strings.Join(d.Predicted, " | "))
}

// Compare resets a system, does the operations, and stops at the first difference. It returns nil if there is none.
func Compare(ctx context.Context, s System, k spec.Kernel, ops []Op) (*Difference, error) {
	if err := s.Reset(ctx); err != nil {
		return nil, err
	}
	m := NewModel(k)
	for i, o := range ops {
		seen, err := s.Do(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("after %s: %w", Format(ops[:i+1]), err)
		}
		predicted, agrees, err := m.step(o, seen)
		if err != nil {
			return nil, err
		}
		if !agrees {
			return &Difference{k.String(), slices.Clone(ops[:i+1]), seen.String(), predicted}, nil
		}
	}
	return nil, nil
}

// Shrink removes operations from a sequence that differs, as long as it still does, the longest parts first. No operation of what it
// returns can be left out.
func Shrink(ctx context.Context, s System, k spec.Kernel, d *Difference) (*Difference, error) {
	for size := len(d.Ops) / 2; size > 0; {
		before := len(d.Ops)
		for at := 0; at+size < len(d.Ops); { // the last operation is the one that differs
			smaller, err := Compare(ctx, s, k, slices.Delete(slices.Clone(d.Ops), at, at+size))
			switch {
			case err != nil:
				return d, err
			case smaller != nil:
				d = smaller
			default:
				at += size
			}
		}
		if size > 1 || len(d.Ops) == before {
			size /= 2
		}
	}
	return d, nil
}
