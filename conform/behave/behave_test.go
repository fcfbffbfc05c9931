package behave

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/conform/solo"
	"memhp/spec"
)

func kernel(t require.TestingT, name string) spec.Kernel {
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

// double is a system made of the procedures of some kernel: pick chooses among the ends that they have.
type double struct {
	kernel spec.Kernel
	pick   func(n int) int
	// twist, if set, makes it lie.
	twist func(Op, *Seen)
	model *Model
}

func (d *double) Reset(context.Context) error { d.model = NewModel(d.kernel); return nil }

func (d *double) Do(_ context.Context, o Op) (Seen, error) {
	if o.Kind == Veto || o.Kind == Allow {
		d.model.veto[o.Word] = o.Kind == Veto
	}
	ends, err := d.model.ends(o)
	if err != nil {
		return Seen{}, err
	}
	e := ends[d.pick(len(ends))]
	d.model.worlds = []solo.World{e.world}
	seen := Seen{Result: result(o, e.ret)}
	for b := range spec.Block(Slots) {
		block := blockIn(e.world, b)
		if block.State == "online" && block.Zone == "" {
			block.Zone = KernelZone // whatever the policy says
		}
		seen.Blocks = append(seen.Blocks, block)
	}
	if d.twist != nil {
		d.twist(o, &seen)
	}
	return seen, nil
}

func first(int) int { return 0 }

func drawOps(t *rapid.T) []Op {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Op {
		return Draw(func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) })
	}), 1, 40).Draw(t, "ops")
}

// TestAKernelBehavesAsItself: whatever the specification leaves open, a kernel that does one of it is no difference.
func TestAKernelBehavesAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := kernel(t, rapid.SampledFrom([]string{"v4.20", "v5.10", "v6.1", "v6.1+001002e73712", "v6.12"}).Draw(t, "kernel"))
		system := &double{kernel: k, pick: func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "end") }}
		d, err := Compare(t.Context(), system, k, drawOps(t))
		require.NoError(t, err)
		require.Nil(t, d)
	})
}

// differing draws sequences until one differs.
func differing(t *testing.T, s System, k spec.Kernel) *Difference {
	t.Helper()
	for seed := range 200 {
		ops := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Op {
			return Draw(func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) })
		}), 40, 40).Example(seed)
		d, err := Compare(t.Context(), s, k, ops)
		require.NoError(t, err)
		if d != nil {
			return d
		}
	}
	t.Fatal("no difference in 200 sequences")
	return nil
}

// TestDifferencesShrink: a wrong errno, a wrong state and a kernel less a change are noticed, and nothing can be left out of the sequence
// that remains.
func TestDifferencesShrink(t *testing.T) {
	online := func(o Op, s *Seen) bool { return s.Blocks[o.Slot].State == "online" }
	for _, tt := range []struct {
		name, system, model string
		twist               func(Op, *Seen)
		length              int // at most
		last                Kind
		seen, predicted     string
	}{
		// Without d66ba15bc752 the positive return of device_online() or device_offline() goes to user space.
		{name: "a change is missing", system: "v6.1-d66ba15bc752", model: "v6.1", length: 3, last: State, seen: "1, ", predicted: "-EINVAL, "},
		{name: "the model is older", system: "v6.1", model: "v6.1-d66ba15bc752", length: 3, last: State, seen: "-EINVAL, ", predicted: "1, "},
		{name: "an errno is wrong", system: "v6.12", model: "v6.12", length: 1, last: AutoOnline, seen: "0", predicted: "-EINVAL",
			twist: func(o Op, s *Seen) {
				if o.Kind == AutoOnline {
					s.Result = "0"
				}
			}},
		{name: "the veto is ignored", system: "v6.12", model: "v6.12", length: 3, last: Online, seen: "state online", predicted: "-EPERM, ",
			twist: func(o Op, s *Seen) {
				if o.Kind == Online && s.Result == "-EPERM" && !online(o, s) {
					s.Result, s.Blocks[o.Slot] = "0", Block{true, "online", "1", KernelZone}
				}
			}},
		{name: "the zone is another", system: "v6.12", model: "v6.12", length: 2, last: State, seen: "zone kernel", predicted: "zone movable",
			twist: func(o Op, s *Seen) {
				if o.Word == "online_movable" && s.Result == "0" {
					s.Blocks[o.Slot].Zone = KernelZone
				}
			}},
		{name: "dev->offline is forgotten", system: "v6.12", model: "v6.12", length: 3, last: State, seen: "state online, online 0", predicted: "state online, online 1",
			twist: func(o Op, s *Seen) {
				if o.Kind == State && online(o, s) {
					s.Blocks[o.Slot].Online = "0"
				}
			}},
		{name: "a block stays", system: "v6.12", model: "v6.12", length: 2, last: Unplug, seen: "done, ", predicted: "done",
			twist: func(o Op, s *Seen) {
				if o.Kind == Unplug && s.Result == "done" {
					s.Blocks[o.Slot] = Block{true, "offline", "0", ""}
				}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			system, k := &double{kernel: kernel(t, tt.system), pick: first, twist: tt.twist}, kernel(t, tt.model)
			d, err := Shrink(t.Context(), system, k, differing(t, system, k))
			require.NoError(t, err)
			require.LessOrEqual(t, len(d.Ops), tt.length, d)
			require.Equal(t, tt.last, d.Ops[len(d.Ops)-1].Kind, d)
			require.Contains(t, d.Seen, tt.seen)
			require.Contains(t, strings.Join(d.Predicted, "|"), tt.predicted)
			for i := range len(d.Ops) - 1 {
				less, err := Compare(t.Context(), system, k, slices.Delete(slices.Clone(d.Ops), i, i+1))
				require.NoError(t, err)
				require.Nil(t, less, d)
			}
		})
	}
}

// TestQuestionsExist: a choice that is given another name in the specification would be open unnoticed.
func TestQuestionsExist(t *testing.T) {
	k := kernel(t, "v6.12")
	model := func(ops ...Op) *Model {
		m := NewModel(k)
		for _, o := range ops {
			ends, err := m.ends(o)
			require.NoError(t, err)
			m.worlds = []solo.World{ends[0].world}
		}
		return m
	}
	plug := Op{Kind: Plug}
	for _, tt := range []struct {
		m    *Model
		do   Op
		veto string
		want []string
	}{
		{model(plug), Op{Kind: State, Word: "bogus"}, "", []string{"-EINVAL, 0: state offline, online 0"}},
		{model(plug), Op{Kind: Online, Word: "x"}, "", []string{"-EINVAL, 0: state offline, online 0"}},
		{model(), Op{Kind: AutoOnline, Word: "bogus"}, "", []string{"-EINVAL"}},
		{model(plug), Op{Kind: Online, Word: "1"}, "MEM_GOING_ONLINE",
			[]string{"-EPERM, 0: state offline, online 0", "-EHWPOISON, 0: state offline, online 0"}},
		{model(plug), Op{Kind: Online, Word: "1"}, "MEM_GOING_OFFLINE",
			[]string{"0, 0: state online, online 1", "-EHWPOISON, 0: state offline, online 0"}},
		{model(plug, Op{Kind: State, Word: "online_movable"}), Op{Kind: State, Word: "offline"}, "MEM_GOING_OFFLINE",
			[]string{"-EPERM, 0: state online, online 1, zone movable", "-EBUSY, 0: state online, online 1, zone movable",
				"-EINVAL, 0: state online, online 1, zone movable"}},
		{model(plug, Op{Kind: State, Word: "online_kernel"}), Op{Kind: Unplug}, "",
			[]string{"done", "refused, 0: state online, online 1, zone kernel"}},
		{model(), Op{Kind: State, Word: "online"}, "", []string{"-ENODEV"}},
		{model(plug, Op{Kind: Unplug}), Op{Kind: Online, Word: "0"}, "", []string{"-ENODEV"}},
	} {
		if tt.veto != "" {
			tt.m.veto[tt.veto] = true
		}
		got, _, err := tt.m.step(tt.do, Seen{})
		require.NoError(t, err)
		require.ElementsMatch(t, tt.want, got, tt.do)
	}
}

// failing is a system that breaks down.
type failing struct{ double }

func (f *failing) Do(ctx context.Context, o Op) (Seen, error) {
	if o.Kind == Unplug {
		return Seen{}, errors.New("the guest ended")
	}
	return f.double.Do(ctx, o)
}

func TestFailuresAreNoDifferences(t *testing.T) {
	k := kernel(t, "v6.1")
	_, err := Compare(t.Context(), &failing{double{kernel: k, pick: first}}, k, []Op{{Kind: Plug, Slot: 1}, {Kind: Unplug, Slot: 1}})
	require.EqualError(t, err, "after plug 1; unplug 1: the guest ended")
	_, err = Compare(t.Context(), &double{kernel: kernel(t, "v3.18"), pick: first}, kernel(t, "v4.1"), []Op{{Kind: AutoOnline, Word: "online"}})
	require.ErrorContains(t, err, "auto_online_store")
}
