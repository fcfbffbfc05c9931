package spec

import "slices"

// Size is the size of a check.
type Size struct{ Tasks, Blocks int }

// documented is what a kernel of the history is known to break.
type documented struct {
	kernel string
	broken []*Invariant
}

// Rules that several kernels break together.
var (
	inversion = []*Invariant{LockOrder, DeclaredOrder, NoDeadlock}
	unlocked  = []*Invariant{PagesUnderMemHotplug, ReadersSeeStable}
	ungated   = []*Invariant{DeviceHotplugHeld, NoOnlineOfRemoved}
)

// What kernels break. The exploration finds it; this table only says what is known, so that memhp history can tell when the model, or
// the engine, changes its mind. Reasons:
//
//   - DeviceHotplugHeld until v4.19: add_memory() and the probe store run without the gate (repaired by 8df1d0e4a265), and
//     from v4.6 auto-online in them (31bc3858ea3e). In the seed commit alone: memtrace's device_online() (cec1680591d6).
//   - LockOrder, DeclaredOrder and NoDeadlock until v4.0: the inversion that 30467e0b3be8 repairs; in the seed commit alone:
//     the same inversion, re-opened by memtrace without the gate (cec1680591d6).
//   - PagesUnderMemHotplug and ReadersSeeStable from v4.1 to v4.19: .online, ACPI and drivers after 30467e0b3be8, from v4.14
//     memtrace; repaired by 381eab4a6ee8.
//   - AddRemoveUnderMemHotplug from v4.3 to v4.9: devm_memremap_pages() before f931ab479dd2.
//   - BlockDeviceAgree from v4.6 to v4.10: auto-online before dc18d706a436; from v4.14 until 5666848774ef: memtrace writes mem->state.
//   - NoOnlineOfRemoved from v4.1 to v4.19: .online does not wait for an add_memory() without the gate; in the seed commit
//     alone memtrace's device_online().
//   - LocksBalanced where 8df1d0e4a265 is without d2ab99403ee0: the probe store; where f1037ec0cc8a is without b4223a510e2a:
//     removal that fails.
//   - NoBug before eca499ab3749: between offlining and removal somebody onlines the block.
func documentedHistory() []documented {
	known := func(kernel string, rules ...[]*Invariant) documented {
		return documented{kernel, slices.Concat(rules...)}
	}
	only := func(rules ...*Invariant) []*Invariant { return rules }
	return []documented{
		known("v3.15", only(DeviceHotplugHeld, NoBug), inversion),
		known("v3.16", only(DeviceHotplugHeld, NoBug), inversion),
		known("v4.1", unlocked, ungated, only(NoBug)),
		known("v4.3", unlocked, ungated, only(AddRemoveUnderMemHotplug, NoBug)),
		known("v4.4", unlocked, ungated, only(AddRemoveUnderMemHotplug, NoBug)),
		known("v4.4.220", unlocked, ungated, only(NoBug)),
		known("v4.6", unlocked, ungated, only(AddRemoveUnderMemHotplug, BlockDeviceAgree, NoBug)),
		known("v4.9", unlocked, ungated, only(AddRemoveUnderMemHotplug, BlockDeviceAgree, NoBug)),
		known("v4.9.22", unlocked, ungated, only(BlockDeviceAgree, NoBug)),
		known("v4.9.204", unlocked, only(BlockDeviceAgree, NoBug)),
		known("v4.10", unlocked, ungated, only(BlockDeviceAgree, NoBug)),
		known("v4.11", unlocked, ungated, only(NoBug)),
		known("v4.13", unlocked, ungated, only(NoBug)),
		known("v4.14", unlocked, ungated, only(BlockDeviceAgree, NoBug)),
		known("v4.14.157", unlocked, only(NoBug)),
		known("v4.14.170", unlocked, only(NoBug)),
		known("v4.15", unlocked, ungated, only(BlockDeviceAgree, NoBug)),
		known("v4.15.18", only(BlockDeviceAgree, NoBug)),
		known("v4.16", unlocked, ungated, only(BlockDeviceAgree, NoBug)),
		known("v4.19", unlocked, ungated, only(BlockDeviceAgree, NoBug)),
		known("v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee8", ungated, only(LockOrder, NoDeadlock, LocksBalanced, BlockDeviceAgree, NoBug)),
		known("v4.19.87", only(NoBug)),
		known("v4.19.90", only(NoBug)),
		known("v4.19.124", only(NoBug)),
		known("v4.20", only(LocksBalanced, NoBug)),
		known("v4.20+d2ab99403ee0", only(NoBug)),
		known("v4.20+eca499ab3749", only(LocksBalanced)),
		known("v4.20+d2ab99403ee0+eca499ab3749"),
		known("v5.1", only(LocksBalanced, NoBug)),
		known("v5.2", only(NoBug)),
		known("v5.3"),
		known("v5.4.19", only(LocksBalanced)),
		known("v5.4.286"),
		known("v5.5"),
		known("v5.5.3", only(LocksBalanced)),
		known("v5.6", only(LocksBalanced)),
		known("v5.7", only(LocksBalanced)),
		known("v5.9"),
		known("v5.11"),
		known("v6.1.72"),
		known("v6.1.192"),
		known("v6.2"),
		known("v6.7"),
		known("v6.8"),
		known("v7.1"),
	}
}

// Line is a run of mainline releases between which nothing changed for group core.
type Line struct{ First, Last Release }

func (l Line) String() string {
	if l.First == l.Last {
		return l.First.String()
	}
	return l.First.String() + " to " + l.Last.String()
}

// Lines returns the lines of mainline, oldest first.
func Lines() []Line {
	var out []Line
	var last []*Change
	for _, r := range Releases() {
		has := coreOf(NewKernel(r, nil, nil))
		if len(out) == 0 || !slices.Equal(has, last) {
			out = append(out, Line{First: r})
		}
		out[len(out)-1].Last, last = r, has
	}
	return out
}

// HistoryKernels returns the kernels that memhp history checks: the first of each line, stable kernels, and the steps of the story
// of 381eab4a6ee.
func HistoryKernels() []Kernel {
	var out []Kernel
	for _, d := range documentedHistory() {
		out = append(out, mustParse(d.kernel))
	}
	return out
}

// SeedStory returns the kernels of the story of 381eab4a6ee, oldest first.
func SeedStory() []Kernel {
	var out []Kernel
	for _, name := range []string{"v3.18", "v4.1", "v4.6", "v4.11", "v4.13", "v4.14", "v4.19", "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee8",
		"v4.20", "v4.20+d2ab99403ee0", "v4.20+eca499ab3749", "v4.20+d2ab99403ee0+eca499ab3749"} {
		out = append(out, mustParse(name))
	}
	return out
}

func mustParse(name string) Kernel {
	k, err := ParseKernel(name)
	if err != nil {
		panic(err) // a table here is wrong; a test parses it
	}
	return k
}

// Expected returns the ids of the invariants that kernel k is documented to break, with three tasks on two
// blocks. What is documented for a kernel holds for each that has the same changes of the core.
func Expected(k Kernel) []string {
	for _, d := range documentedHistory() {
		if slices.Equal(coreOf(mustParse(d.kernel)), coreOf(k)) {
			ids := make([]string, len(d.broken))
			for i, inv := range d.broken {
				ids[i] = inv.ID
			}
			return ids
		}
	}
	return nil
}

// coreOf returns the changes of the core that kernel k has.
func coreOf(k Kernel) []*Change {
	return slices.DeleteFunc(CoreChanges(), func(c *Change) bool { return !k.Has(c) })
}

// LineOf returns the line that begins with the release of this name.
func LineOf(name string) (Line, bool) {
	lines := Lines()
	i := slices.IndexFunc(lines, func(l Line) bool { return l.First.String() == name })
	if i < 0 {
		return Line{}, false
	}
	return lines[i], true
}
