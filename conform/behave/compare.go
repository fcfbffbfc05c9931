package behave

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"memhp/spec"
)

// Facts is what user space sees, by what it is about. A prediction has no entry for what it leaves open.
type Facts map[string]string

// Absent is what there is to say of a block that does not exist.
const Absent = "absent"

// zonesFact goes after the name of a block.
const zonesFact = " valid_zones"

// ZonesFact is what the zones of a block go by.
func ZonesFact(block string) string { return block + zonesFact }

// BlockText is what the files state and online of a block say.
func BlockText(state, online string) string { return fmt.Sprintf("state %s, online %s", state, online) }

// ZonesText is what the files valid_zones and removable of a block say.
func ZonesText(zones, removable string) string {
	return fmt.Sprintf("%s, removable %s", zones, removable)
}

// MiB is how much a virtio-mem device has plugged.
func MiB(n int) string { return fmt.Sprintf("%d MiB", n) }

// Seen is what an operation gave, and what there was afterwards.
type Seen struct {
	// Result is an errno as spec.Errno prints it, or "done" or "refused" of a hotplug request.
	Result string
	Facts  Facts
	// Interrupted tells that the operation took so long that it got a signal, Late that the sequence takes longer than RetryAfter.
	Interrupted, Late bool
}

// equal tells whether two predictions are the same.
func (s Seen) equal(t Seen) bool { return s.Result == t.Result && maps.Equal(s.Facts, t.Facts) }

// agrees tells whether a prediction is what was seen.
func (s Seen) agrees(seen Seen) bool { return s.Result == seen.Result && len(s.differing(seen)) == 0 }

// differing returns what a prediction and what was seen differ in. A block that nobody thought of is a difference.
func (s Seen) differing(seen Seen) []string {
	var out []string
	for about, text := range s.Facts {
		if seen.Facts[about] != text {
			out = append(out, about)
		}
	}
	for about := range seen.Facts {
		if _, ok := s.Facts[about]; !ok && !strings.HasSuffix(about, zonesFact) {
			out = append(out, about)
		}
	}
	return out
}

// only writes the result and some of the facts.
func (s Seen) only(about []string) string {
	out := []string{s.Result}
	for _, a := range about {
		if text, ok := s.Facts[a]; ok {
			out = append(out, strings.TrimSpace(a+": "+text))
		}
	}
	return strings.Join(out, "; ")
}

// System is what a model is compared with.
type System interface {
	// Reset unplugs everything, and lets nothing be onlined or vetoed by itself. It tells what the system was when it had booted.
	Reset(ctx context.Context) (Start, error)
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

// newDifference says in which facts they differ.
func newDifference(k spec.Kernel, start Start, ops []Op, seen Seen, predicted []Seen) *Difference {
	about := map[string]bool{}
	for _, p := range predicted {
		for _, a := range p.differing(seen) {
			about[a] = true
		}
	}
	names := slices.Sorted(maps.Keys(about))
	d := &Difference{Kernel: k.String(), Ops: slices.Clone(ops), Seen: seen.only(names)}
	if start.MovableNode {
		d.Kernel += movableNode
	}
	for _, p := range predicted {
		if text := p.only(names); !slices.Contains(d.Predicted, text) {
			d.Predicted = append(d.Predicted, text)
		}
	}
	return d
}

// Compare resets a system, does the operations, and stops at the first difference. It returns nil if there is none.
func Compare(ctx context.Context, s System, k spec.Kernel, ops []Op) (*Difference, error) {
	start, err := s.Reset(ctx)
	if err != nil {
		return nil, err
	}
	m := NewModel(k, start)
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
			return newDifference(k, start, ops[:i+1], seen, predicted), nil
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
