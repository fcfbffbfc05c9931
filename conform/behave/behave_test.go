package behave

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/spec"
)

func kernel(t require.TestingT, name string) spec.Kernel {
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

// earlyPages is how many pages a guest of 512 MiB has: some are the firmware's.
const earlyPages = 130941

// debian is how Debian's kernels start.
var debian = Start{EarlyPages: earlyPages, Zones: true}

// double is a system made of the procedures of some kernel: pick chooses among the ends that they have.
type double struct {
	kernel spec.Kernel
	start  Start
	pick   func(n int) int
	// twist, if set, makes it lie.
	twist func(Op, *Seen)
	model *Model
}

func (d *double) Reset(context.Context) (Start, error) {
	if d.start.EarlyPages == 0 {
		d.start = debian
	}
	d.model = NewModel(d.kernel, d.start)
	return d.start, nil
}

func (d *double) Do(_ context.Context, o Op) (Seen, error) {
	ends, err := d.model.ends(o, circumstances{})
	if err != nil {
		return Seen{}, err
	}
	e := ends[d.pick(len(ends))]
	d.model.states = []state{e.state}
	seen := Seen{Result: e.result, Facts: d.model.facts(e.state)}
	if d.twist != nil {
		d.twist(o, &seen)
	}
	return seen, nil
}

func first(int) int { return 0 }

func last(n int) int { return n - 1 }

func drawOps(t *rapid.T, k spec.Kernel, start Start, n int) []Op {
	ops, err := Sequence(k, start, n, func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) })
	require.NoError(t, err)
	return ops
}

// TestAKernelBehavesAsItself: whatever the specification leaves open, a kernel that does one of it is no difference.
func TestAKernelBehavesAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := kernel(t, rapid.SampledFrom([]string{"v4.20", "v5.10", "v6.1", "v6.1+001002e73712", "v6.12"}).Draw(t, "kernel"))
		start := Start{EarlyPages: earlyPages, Zones: rapid.Bool().Draw(t, "zones"), MovableNode: rapid.Bool().Draw(t, "movable_node")}
		system := &double{kernel: k, start: start, pick: func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "end") }}
		d, err := Compare(t.Context(), system, k, drawOps(t, k, start, rapid.IntRange(1, 20).Draw(t, "length")))
		require.NoError(t, err)
		require.Nil(t, d)
	})
}

// differing returns a script that differs, or draws sequences until one does.
func differing(t *testing.T, s *double, k spec.Kernel, file string) *Difference {
	t.Helper()
	if file != "" {
		d, err := Compare(t.Context(), s, k, readFile(t, file).Ops)
		require.NoError(t, err)
		require.NotNil(t, d)
		return d
	}
	for seed := range 100 {
		ops := rapid.Custom(func(t *rapid.T) []Op { return drawOps(t, s.kernel, debian, 30) }).Example(seed)
		d, err := Compare(t.Context(), s, k, ops)
		require.NoError(t, err)
		if d != nil {
			return d
		}
	}
	t.Fatal("no difference in 100 sequences")
	return nil
}

// lie is a system that says something else of a fact.
func lie(kind Kind, about, old, lie string) func(Op, *Seen) {
	return func(o Op, s *Seen) {
		if o.Kind == kind && strings.Contains(s.Facts[about], old) {
			s.Facts[about] = strings.Replace(s.Facts[about], old, lie, 1)
		}
	}
}

// TestDifferencesShrink: a wrong errno, state, zone or size and a kernel less a change are noticed, and nothing can be left out of the sequence
// that remains.
func TestDifferencesShrink(t *testing.T) {
	for _, tt := range []struct {
		name, system, model string
		twist               func(Op, *Seen)
		script              string // a file that differs; none means that sequences are drawn until one does
		ops                 string // what the last operation is, and how many there are
		length              int    // at most
		seen, predicted     string
	}{
		// Without d66ba15bc752 the positive return of device_online() or device_offline() goes to user space.
		{name: "a change is missing", system: "v6.1-d66ba15bc752", model: "v6.1", length: 2, ops: "state of ", seen: "1", predicted: "-EINVAL"},
		{name: "the model is older", system: "v6.1", model: "v6.1-d66ba15bc752", length: 2, ops: "state of ", seen: "-EINVAL", predicted: "1"},
		{name: "an errno is wrong", system: "v6.12", model: "v6.12", length: 1, ops: "auto_online <- bogus", seen: "0", predicted: "-EINVAL",
			twist: func(o Op, s *Seen) {
				if o.Kind == AutoOnline {
					s.Result = "0"
				}
			}},
		{name: "dev->offline is forgotten", system: "v6.12", model: "v6.12", length: 2, ops: "state of memory32", twist: lie(State, "memory32", "online 1", "online 0"),
			seen: "memory32: state online, online 0", predicted: "memory32: state online, online 1"},
		{name: "a block stays", system: "v6.12", model: "v6.12", length: 2, ops: "unplug dimm0", seen: "done; memory32: state offline, online 0", predicted: "done; memory32: absent",
			twist: func(o Op, s *Seen) {
				if o.Kind == Unplug && s.Result == done && o.On == "dimm0" {
					s.Facts["memory32"] = BlockText("offline", "0")
				}
			}},
		{name: "the zone is another", system: "v6.12", model: "v6.12", length: 2, ops: " <- online_movable", seen: "valid_zones: Normal, removable 1", predicted: "valid_zones: Movable, removable 1",
			twist: func(o Op, s *Seen) {
				if o.Word == "online_movable" && s.Result == "0" && o.Kind == State {
					s.Facts[ZonesFact(o.On)] = ZonesText("Normal", "1")
				}
			}},
		{name: "a block is not removable", system: "v6.12", model: "v6.12", length: 1, ops: "plug dimm0", twist: lie(Plug, ZonesFact("memory32"), "removable 1", "removable 0"),
			seen: "removable 0", predicted: "removable 1"},
		{name: "memory is left behind", system: "v6.1", model: "v6.1", length: 2, ops: "resize sub-blocks", twist: lie(Resize, SubBlocks, "128", "192"),
			seen: "done; sub-blocks: 192 MiB", predicted: "done; sub-blocks: 128 MiB"},
		{name: "half a block is added", system: "v6.1", model: "v6.1", length: 1, ops: "192 MiB", seen: "done; memory36: state offline, online 0", predicted: "done; memory36: absent",
			twist: func(o Op, s *Seen) {
				if o.Kind == Plug && o.Word == "192" && s.Result == done {
					s.Facts["memory36"] = BlockText("offline", "0")
				}
			}},
		// The driver of v6.6 tries again to remove what has nothing left, that of v6.1 does not.
		{name: "virtio-mem of another release", system: "v6.12", model: "v6.1", script: "sub-blocks-veto-6.12.txt", length: 7, ops: "state of memory40 <- online_movable",
			seen: "absent", predicted: "state online"},
		// acpi_bus_online() brings blocks back to the default zone.
		{name: "blocks come back to where they were", system: "v6.12", model: "v6.12", script: "dimm-rollback.txt", length: 5, ops: "unplug dimm0", seen: "refused; memory32 valid_zones: Movable",
			predicted: "refused; memory32 valid_zones: Normal", twist: func(o Op, s *Seen) {
				if o.Kind == Unplug && s.Result == refused && s.Facts[ZonesFact("memory32")] == ZonesText("Normal", "1") {
					s.Facts[ZonesFact("memory32")] = ZonesText("Movable", "1")
				}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			system, k := &double{kernel: kernel(t, tt.system), pick: first, twist: tt.twist}, kernel(t, tt.model)
			d, err := Shrink(t.Context(), system, k, differing(t, system, k, tt.script))
			require.NoError(t, err)
			require.LessOrEqual(t, len(d.Ops), tt.length, d)
			require.Contains(t, d.Ops[len(d.Ops)-1].String(), tt.ops, d)
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

// TestNothingGoes: of each operation of the scripts, whatever is not predicted is a difference: another result, and another of every fact.
func TestNothingGoes(t *testing.T) {
	k := kernel(t, "v6.12")
	plug, online := Op{Plug, "dimm0", "256"}, Op{State, "memory32", "online_movable"}
	ops := []Op{plug, online, {Unplug, "dimm0", ""}, {Resize, SubBlocks, "192"}}
	wrong := func(at int, about string) *Difference {
		n := 0
		system := &double{kernel: k, pick: first, twist: func(o Op, s *Seen) {
			if n++; n != at+1 {
				return
			}
			if s.Facts = maps.Clone(s.Facts); about == "" {
				s.Result = "-EIO"
			} else {
				s.Facts[about] += "?"
			}
		}}
		d, err := Compare(t.Context(), system, k, ops)
		require.NoError(t, err)
		return d
	}
	m := NewModel(k, debian)
	for at, o := range ops {
		require.NotNil(t, wrong(at, ""), o)
		for about := range m.facts(m.states[0]) {
			d := wrong(at, about)
			require.NotNil(t, d, "%s %s", o, about)
			require.Contains(t, d.Seen, about)
			require.Equal(t, ops[:at+1], d.Ops)
		}
	}
	require.NotNil(t, wrong(0, "memory77"), "a block that should not be there")
	require.Nil(t, wrong(len(ops), ""))
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
	_, err := Compare(t.Context(), &failing{double{kernel: k, pick: first}}, k, []Op{{Plug, "dimm1", "128"}, {Unplug, "dimm1", ""}})
	require.EqualError(t, err, "after plug dimm1: 128 MiB; unplug dimm1: the guest ended")
	_, err = Compare(t.Context(), &double{kernel: kernel(t, "v3.18"), pick: first}, kernel(t, "v4.1"), []Op{{AutoOnline, "", "online"}})
	require.ErrorContains(t, err, "auto_online_store")
}

// TestSignals: only an operation that got a signal may be interrupted.
func TestSignals(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		m := NewModel(kernel(t, "v6.1"), debian)
		var results []string
		for _, o := range []Op{{Plug, "dimm0", "128"}, {State, "memory32", "online_movable"}, {State, "memory32", "offline"}} {
			ends, err := m.ends(o, circumstances{interrupted: interrupted})
			require.NoError(t, err)
			results = nil
			for _, e := range ends {
				results = append(results, e.result)
			}
			m.states = []state{ends[0].state}
		}
		require.Equal(t, interrupted, slices.Contains(results, "-EINTR"), results)
		require.Contains(t, results, "0")
	}
}

// TestRetries: what virtio-mem could not unplug it may have tried again when its timer has expired, not before.
func TestRetries(t *testing.T) {
	for _, late := range []bool{false, true} {
		m := NewModel(kernel(t, "v6.12"), debian)
		var gone []bool
		for _, o := range []Op{{Resize, SubBlocks, "128"}, {State, "memory40", "online_movable"}, {Veto, "", "MEM_GOING_OFFLINE -16"}, {Resize, SubBlocks, "0"}, {Allow, "", goingOffline},
			{AutoOnline, "", "offline"}} {
			ends, err := m.ends(o, circumstances{late: late && o.Kind == AutoOnline})
			require.NoError(t, err)
			gone, m.states = nil, nil
			for _, e := range ends {
				gone, m.states = append(gone, m.facts(e.state)["memory40"] == Absent), append(m.states, e.state)
			}
		}
		require.Equal(t, late, slices.Contains(gone, true))
		require.Contains(t, gone, false)
	}
}

// TestSequencesAreAboutWhatIsThere: most operations on blocks find one.
func TestSequencesAreAboutWhatIsThere(t *testing.T) {
	k, gone, all := kernel(t, "v6.12"), 0, 0
	for seed := range 10 {
		ops := rapid.Custom(func(t *rapid.T) []Op { return drawOps(t, k, debian, 30) }).Example(seed)
		system := &double{kernel: k, pick: last}
		_, err := system.Reset(t.Context())
		require.NoError(t, err)
		for _, o := range ops {
			seen, err := system.Do(t.Context(), o)
			require.NoError(t, err)
			if o.Kind == State || o.Kind == Online {
				if all++; seen.Result == spec.ENODEV.String() {
					gone++
				}
			}
		}
	}
	require.Less(t, gone*3, all, fmt.Sprint(gone, " of ", all))
}

// TestMostIsCertain: of nine operations in ten there is one thing that a kernel may do, and never many.
func TestMostIsCertain(t *testing.T) {
	k, certain, all, most := kernel(t, "v6.12"), 0, 0, 0
	for seed := range 20 {
		m := NewModel(k, debian)
		for _, o := range rapid.Custom(func(t *rapid.T) []Op { return drawOps(t, k, debian, 25) }).Example(seed) {
			ends, err := m.ends(o, circumstances{})
			require.NoError(t, err)
			e := ends[seed%len(ends)]
			predicted, agrees, err := m.step(o, Seen{Result: e.result, Facts: m.facts(e.state)})
			require.NoError(t, err)
			require.True(t, agrees)
			all, most = all+1, max(most, len(predicted))
			if len(predicted) == 1 {
				certain++
			}
		}
	}
	require.GreaterOrEqual(t, certain*10, all*9)
	require.LessOrEqual(t, most, 8)
}

// TestWhatAKernelLacks: without what Debian's kernels have, nothing is asked of it, and nothing is said of zones.
func TestWhatAKernelLacks(t *testing.T) {
	k, start := kernel(t, "v6.12"), Start{EarlyPages: earlyPages, Lacks: []Kind{Resize, Veto, Allow, Policy, Ratio}}
	for seed := range 10 {
		for _, o := range rapid.Custom(func(t *rapid.T) []Op { return drawOps(t, k, start, 30) }).Example(seed) {
			require.NotContains(t, start.Lacks, o.Kind)
		}
	}
	m := NewModel(k, start)
	for _, o := range []Op{{Plug, "dimm0", "128"}, {State, "memory32", "online_movable"}, {Pin, "", ""}} {
		predicted, _, err := m.step(o, Seen{})
		require.NoError(t, err)
		require.Len(t, predicted, 1)
		require.NotContains(t, predicted[0].Facts, ZonesFact("memory32"))
		m = NewModel(k, start)
	}
	for _, tt := range []struct {
		start Start
		want  []string
	}{{start, []string{"-EBUSY", "0"}}, {debian, []string{"0"}}} {
		m := NewModel(k, tt.start)
		var results []string
		for _, o := range []Op{{Plug, "dimm0", "128"}, {State, "memory32", "online_movable"}, {State, "memory32", "offline"}} {
			ends, err := m.ends(o, circumstances{})
			require.NoError(t, err)
			results = nil
			for _, e := range ends {
				results = append(results, e.result)
			}
			m.states = []state{ends[0].state}
		}
		require.ElementsMatch(t, tt.want, results)
	}
}
