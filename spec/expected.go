package spec

// Size is the size of a check.
type Size struct{ Tasks, Blocks int }

// documented is what a kernel of the story is known to break, with the reason.
type documented struct {
	kernel string
	broken []*Invariant
}

// What the kernels of the story break. The exploration finds it; this table only says what is known, so that memhp
// history can tell when the model, or the engine, changes its mind. Reasons:
//
//   - DeviceHotplugHeld until v4.19: add_memory() and the probe store run without the gate (repaired by 8df1d0e4a265), and
//     from v4.6 auto-online in them (31bc3858ea3e). In the seed commit alone: memtrace's device_online() (cec1680591d6).
//   - LockOrder, DeclaredOrder and NoDeadlock in v3.18: the inversion that 30467e0b3be8 repairs; in the seed commit alone:
//     the same inversion, re-opened by memtrace without the gate (cec1680591d6).
//   - PagesUnderMemHotplug and ReadersSeeStable from v4.1 to v4.19: .online, ACPI and drivers after 30467e0b3be8, from v4.14
//     memtrace; repaired by 381eab4a6ee8.
//   - AddRemoveUnderMemHotplug in v4.6: devm_memremap_pages() before f931ab479dd2.
//   - BlockDeviceAgree in v4.6: auto-online before dc18d706a436; from v4.14 until 5666848774ef: memtrace writes mem->state.
//   - NoOnlineOfRemoved from v4.1 to v4.19: .online does not wait for an add_memory() without the gate; in the seed commit
//     alone memtrace's device_online().
//   - LocksBalanced where 8df1d0e4a265 is without d2ab99403ee0: the probe store.
//   - NoBug before eca499ab3749: between offlining and removal somebody onlines the block.
func documentedStory() []documented {
	return []documented{
		{"v3.18", []*Invariant{DeviceHotplugHeld, LockOrder, DeclaredOrder, NoDeadlock, NoBug}},
		{"v4.1", []*Invariant{PagesUnderMemHotplug, DeviceHotplugHeld, ReadersSeeStable, NoOnlineOfRemoved, NoBug}},
		{"v4.6", []*Invariant{PagesUnderMemHotplug, AddRemoveUnderMemHotplug, DeviceHotplugHeld, BlockDeviceAgree, ReadersSeeStable, NoOnlineOfRemoved, NoBug}},
		{"v4.11", []*Invariant{PagesUnderMemHotplug, DeviceHotplugHeld, ReadersSeeStable, NoOnlineOfRemoved, NoBug}},
		{"v4.13", []*Invariant{PagesUnderMemHotplug, DeviceHotplugHeld, ReadersSeeStable, NoOnlineOfRemoved, NoBug}},
		{"v4.14", []*Invariant{PagesUnderMemHotplug, DeviceHotplugHeld, BlockDeviceAgree, ReadersSeeStable, NoOnlineOfRemoved, NoBug}},
		{"v4.19", []*Invariant{PagesUnderMemHotplug, DeviceHotplugHeld, BlockDeviceAgree, ReadersSeeStable, NoOnlineOfRemoved, NoBug}},
		{"v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee8", []*Invariant{DeviceHotplugHeld, LockOrder, NoDeadlock, LocksBalanced, BlockDeviceAgree, NoOnlineOfRemoved, NoBug}},
		{"v4.20", []*Invariant{LocksBalanced, NoBug}},
		{"v4.20+d2ab99403ee0", []*Invariant{NoBug}},
		{"v4.20+eca499ab3749", []*Invariant{LocksBalanced}},
		{"v4.20+d2ab99403ee0+eca499ab3749", nil},
	}
}

// Expected returns the ids of the invariants that kernel k of the story is documented to break, and the sizes at which
// memhp history checks it.
func Expected(k Kernel) ([]string, []Size) {
	for _, d := range documentedStory() {
		if d.kernel == k.String() {
			ids := make([]string, len(d.broken))
			for i, inv := range d.broken {
				ids[i] = inv.ID
			}
			return ids, sizesOf(k)
		}
	}
	return nil, sizesOf(k)
}

// sizesOf returns three tasks on two blocks. Where memtrace takes no lock almost nothing excludes anything, and that
// is too many states for a look at the whole history: there it is two tasks on two blocks, and three tasks on one.
func sizesOf(k Kernel) []Size {
	if k.Has(Memtrace) && !(k.Has(MemtraceOfflineLock) && k.Has(MemtraceOnlineLock)) {
		return []Size{{2, 2}, {3, 1}}
	}
	return []Size{{3, 2}}
}
