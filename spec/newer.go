package spec

import "strings"

// Newer is a release after the last of Releases: its tree was not read, but what the specification models was found for a part of its files.
type Newer struct {
	Release Release
	// Read says what was read and where, Unread what was not: it may have changed.
	Read, Unread string
}

// NewerReleases returns the releases after the last of Releases of which something was read, oldest first.
func NewerReleases() []Newer {
	return []Newer{{Release: Release{7, 2},
		Read: "include/linux/device.h and drivers/acpi/scan.c at a7cc262a1135, drivers/base/dd.c at f2648bb3150a, the first commit of that series, and drivers/base/memory.c at e37f9fe713b5, after it; " +
			"in a commented tree that says no version mm/memory_hotplug.c, mm/memremap.c and cpu_up(): it has memory_block_get(), which mm had queued before v7.2-rc1, and not " +
			"offline_and_remove_memory_ranges(), which mm queued after it; and in a newer tree of mm device_add(), device_del(), device_online() and device_offline()",
		Unread: "its tree as a whole; drivers/acpi/acpi_memhotplug.c, drivers/base/bus.c, what else is in drivers and arch, mm/page_alloc.c, mm/slub.c and the rest of mm, kernel/power"}}
}

// Kernel returns what the release is as far as it was read: the last of Releases, with what came and went since then.
func (n Newer) Kernel() Kernel {
	last := Releases()[len(Releases())-1]
	before, after := NewKernel(last, nil, nil), NewKernel(n.Release, nil, nil)
	var plus, minus []*Change
	for _, c := range Changes() {
		switch {
		case after.Has(c) && !before.Has(c):
			plus = append(plus, c)
		case before.Has(c) && !after.Has(c):
			minus = append(minus, c)
		}
	}
	return NewKernel(last, plus, minus)
}

// readInPart returns the release that a name of a release or a stable kernel means, if it is one that was read in part.
func readInPart(name string) (Newer, bool) {
	for _, n := range NewerReleases() {
		if r := n.Release.String(); name == r || strings.HasPrefix(name, r+".") {
			return n, true
		}
	}
	return Newer{}, false
}
