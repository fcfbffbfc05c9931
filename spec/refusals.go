package spec

// Where onlining and offlining give up before they change anything, and why offlining fails: what decides is not part of the specification, so it is a
// choice, and the errno is the kernel's of that version.

// blockRefuses models the checks of memory_block_action() before it onlines: pages_correctly_probed() until v5.6, and hardware
// errors in the block since 5033091de814.
func blockRefuses(t Task) Errno {
	k := t.Kernel()
	switch {
	case !k.Has(NoPagesCheck) && t.Choose("the pages of the block are not as they should be", 2) == 1:
		return EBUSY
	case k.Has(HardwareErrors) && t.Choose("the block has a page with a hardware error", 2) == 1:
		return EHWPOISON
	}
	return OK
}

// zoneRefuses tells whether no zone of the wanted type can take the range: allow_online_pfn_range(), zone_can_shift() before v4.13.
func zoneRefuses(t Task) bool {
	return !t.Kernel().Has(AnyZone) && t.Choose("no zone of that type can take the range", 2) == 1
}

// sectionsMissing tells whether memory_subsys_offline() finds that the block is not wholly there.
func sectionsMissing(t Task) bool {
	k := t.Kernel()
	return k.Has(WholeBlocks) && !k.Has(NoPagesCheck) && t.Choose("sections of the block are missing", 2) == 1
}

// oddRange tells whether offline_pages() finds holes in the range, or pages of several zones.
func oddRange(t Task) bool {
	return t.Choose("the range has holes or is of several zones", 2) == 1
}

// whyOfflineFails is what offline_pages() returns when it gives up after MEM_GOING_OFFLINE.
func whyOfflineFails(t Task) Errno {
	why, n := []Errno{EINTR, EBUSY, EAGAIN}, 3
	if t.Kernel().Has(OfflineForever) {
		n = 2 // there was a limit of 120 s
	}
	return why[t.Choose("a signal, a page that cannot be moved, time is over", n)]
}
