package spec

// Readers of memory that is hot-removed: page tables, sections, page_ext, struct page.

// GroupReaders are those who walk memory and its descriptors.
const GroupReaders = "readers"

// Locks and variables of the readers.
var (
	SectionValid = &VarClass{Name: "valid_section()", Values: []string{"no", "yes"}, Doc: "SECTION_HAS_MEM_MAP; include/linux/mmzone.h", Protected: lockOf(MemHotplug)}
	SectionUsage = &VarClass{Name: "ms->usage", Values: []string{"freed", "allocated"}, Doc: "the map of the subsections of a section; mm/sparse.c", Protected: lockOf(MemHotplug)}
	PageExtValid = &VarClass{Name: "page_ext valid", Values: []string{"no", "yes"}, Doc: "PAGE_EXT_INVALID is not set; mm/page_ext.c", Protected: lockOf(MemHotplug)}
	PageExt      = &VarClass{Name: "page_ext", Values: []string{"freed", "allocated"}, Doc: "the page_ext of a section; mm/page_ext.c", Protected: lockOf(MemHotplug)}
	RangeCount   = &VarClass{Name: "memblock.memory.cnt", Values: []string{"1", "2"}, Doc: "the number of regions; mm/memblock.c", Protected: lockOf(MemHotplug)}
	KmemleakScan = &LockClass{Name: "scan_mutex", Kind: Mutex, Doc: "serialises kmemleak's scans; mm/kmemleak.c"}
	MemFailure   = &LockClass{Name: "mf_mutex", Kind: Mutex, Doc: "serialises memory_failure(); mm/memory-failure.c"}
)

// synchronizeRCU waits until those who are in a read-side critical section have left it.
func synchronizeRCU(t Task) {
	t.Lock(rcu)
	t.Unlock(rcu)
}

// ptdump models a walk over the kernel's page tables, arm64 since bf2b59f60ee1 and everybody since 59305202c67f under mem_hotplug_lock.
func ptdump(lock func(Kernel) bool) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno {
		if lock(t.Kernel()) {
			getOnlineMems(t)
			defer putOnlineMems(t)
		}
		t.Pin(MemoryMap.Of(NoBlock))
		t.Unpin(MemoryMap.Of(NoBlock))
		return OK
	}
}

// kmemleakScan models kmemleak_scan(): it walks the pages of all zones.
func kmemleakScan(t Task, b Block) Errno {
	t.Lock(KmemleakScan.Of(NoBlock))
	defer t.Unlock(KmemleakScan.Of(NoBlock))
	return readOnlineMems(t, b)
}

// pfnValid models pfn_valid() as compaction calls it.
func pfnValid(t Task, _ Block) Errno {
	if t.Kernel().Has(UsageRCU) {
		t.RLock(rcu)
		defer t.RUnlock(rcu)
	}
	if t.Read(SectionValid.Of(NoBlock)) == True {
		t.Assert(SectionUsage.Of(NoBlock), True, NoBug) // pfn_section_valid() looks into ms->usage
	}
	return OK
}

// sectionActivate models sparse_add_section().
func sectionActivate(t Task, _ Block) Errno {
	memHotplugBegin(t)
	defer memHotplugDone(t)
	t.Write(SectionUsage.Of(NoBlock), True)
	t.Write(SectionValid.Of(NoBlock), True)
	return OK
}

// sectionDeactivate models section_deactivate(): before 5ec8e8ea8b77 the usage map was freed first.
func sectionDeactivate(t Task, _ Block) Errno {
	memHotplugBegin(t)
	defer memHotplugDone(t)
	if !t.Kernel().Has(UsageRCU) {
		t.Write(SectionUsage.Of(NoBlock), False)
		t.Write(SectionValid.Of(NoBlock), False)
		return OK
	}
	t.Write(SectionValid.Of(NoBlock), False)
	synchronizeRCU(t) // kfree_rcu() frees later; who frees does not wait
	t.Write(SectionUsage.Of(NoBlock), False)
	return OK
}

// pageExtGet models a user of page_ext, such as page_owner.
func pageExtGet(t Task, _ Block) Errno {
	if t.Kernel().Has(PageExtRCU) {
		t.RLock(rcu)
		defer t.RUnlock(rcu)
	}
	if t.Read(PageExtValid.Of(NoBlock)) == True {
		t.Assert(PageExt.Of(NoBlock), True, NoBug)
	}
	return OK
}

// pageExtCallback models page_ext_callback(), offline_page_ext() and online_page_ext().
func pageExtCallback(t Task, a MemAction, _ Block) Errno {
	switch a {
	case GoingOnline:
		t.Write(PageExt.Of(NoBlock), True)
		t.Write(PageExtValid.Of(NoBlock), True)
	case Offline, CancelOnline:
		if !t.Kernel().Has(PageExtRCU) {
			t.Write(PageExt.Of(NoBlock), False) // vfree(), then the base is cleared
			t.Write(PageExtValid.Of(NoBlock), False)
			return OK
		}
		t.Write(PageExtValid.Of(NoBlock), False)
		synchronizeRCU(t)
		t.Write(PageExt.Of(NoBlock), False)
	}
	return OK
}

func onPageExt(f func(Task, Block) Errno) func(Task, Block) Errno {
	return func(t Task, b Block) Errno {
		return underGate(WithHooks(t, Hooks{Notify: []Callback{pageExtCallback}}), b, f)
	}
}

// memoryFailure models memory_failure() of a page that it found online; locked as a patch of 2022 proposed.
func memoryFailure(locked bool) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno {
		t.Lock(MemFailure.Of(NoBlock))
		defer t.Unlock(MemFailure.Of(NoBlock))
		if locked {
			getOnlineMems(t)
			defer putOnlineMems(t)
		}
		t.Pin(MemoryMap.Of(NoBlock)) // struct page, from pfn_to_online_page() on
		t.Unpin(MemoryMap.Of(NoBlock))
		return OK
	}
}

// kexecLoad models prepare_elf_headers() of arch/arm64/kernel/machine_kexec_file.c: it counts the regions of memory, allocates, and
// walks them again to fill in; locked is no kernel.
func kexecLoad(locked bool) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno {
		if locked {
			getOnlineMems(t)
			defer putOnlineMems(t)
		}
		const two = 1
		if n := t.Read(RangeCount.Of(NoBlock)); n < two && t.Read(RangeCount.Of(NoBlock)) == two {
			t.Bug("prepare_elf_headers(): more ranges than were counted")
		}
		return OK
	}
}

// memblockAdd models memblock_add_node() of add_memory_resource(), and memblock_remove() of a removal.
func memblockAdd(t Task, _ Block) Errno {
	memHotplugBegin(t)
	defer memHotplugDone(t)
	const one, two = 0, 1
	if !t.Swap(RangeCount.Of(NoBlock), one, two) {
		t.Write(RangeCount.Of(NoBlock), one)
	}
	return OK
}

func readerActors() []Actor {
	return append(inGroup(GroupReaders,
		Actor{Name: "ptdump_arm64", Doc: "the dump of kernel page tables on arm64", Platforms: []string{"arm64"},
			Run: ptdump(func(k Kernel) bool { return k.Has(PtdumpArm64Lock) || k.Has(PtdumpLock) })},
		Actor{Name: "ptdump", Doc: "the dump of kernel page tables, or the check for writable code", Run: ptdump(func(k Kernel) bool { return k.Has(PtdumpLock) })},
		Actor{Name: "kmemleak_scan", Doc: "kmemleak scans memory", Run: kmemleakScan},
		Actor{Name: "pfn_valid", Doc: "compaction asks whether there is a page", Run: pfnValid},
		Actor{Name: "section_activate", Doc: "memory hotplug adds a section", Run: sectionActivate},
		Actor{Name: "section_deactivate", Doc: "memory hotplug removes a section", Run: sectionDeactivate},
		Actor{Name: "page_ext_get", Doc: "page_owner looks at the page_ext of a page", Run: pageExtGet},
		Actor{Name: "page_ext_online", Doc: "a task onlines a block, with page_ext's memory notifier", PerBlock: true, Run: onPageExt(deviceOnline)},
		Actor{Name: "page_ext_offline", Doc: "a task offlines a block, with page_ext's memory notifier", PerBlock: true, Run: onPageExt(deviceOffline)},
		Actor{Name: "memory_failure", Doc: "a page has a hardware error", Run: memoryFailure(false)},
		Actor{Name: "kexec_file_load", Doc: "kexec_file_load() on arm64 walks the regions of memory", Platforms: []string{"arm64"}, Run: kexecLoad(false)},
		Actor{Name: "memblock_add", Doc: "memory hotplug changes the regions of memblock", Run: memblockAdd},
	), zonelistActors()...)
}
