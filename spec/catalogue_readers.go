package spec

import "slices"

// Bugs of those who read memory and its descriptors.

func readerBugs() []Bug { return slices.Concat(walkerBugs(), allocatorBugs()) }

// walkerBugs are those of who walks page tables, sections and pages.
func walkerBugs() []Bug {
	return []Bug{
		{ID: "B22", Title: "the dump of page tables walks what is removed", Fix: []*Change{PtdumpArm64Lock, PtdumpLock},
			Story:  "The dump of the kernel's page tables walks them while memory is removed and the tables freed. The repairs read mem_hotplug_lock, on arm64 first and then everywhere.",
			Source: "bf2b59f60ee1, 59305202c67f; v5.7.14, v6.12.0 and v7.1.5",
			Scenarios: []Scenario{
				{Before: "v5.7-bf2b59f60ee1", After: "v5.7", Actors: "ptdump_arm64,memunmap_pages", Breaks: []*Invariant{ReadersSeeStable}, By: []string{"memunmap_pages", "ptdump_arm64"}},
				{Before: "v6.12", After: "v6.12+59305202c67f", Actors: "ptdump,acpi_eject", Breaks: []*Invariant{ReadersSeeStable}, By: []string{"acpi_eject", "ptdump"}}}},
		{ID: "B44", Title: "pfn_valid() looks into a map that is freed", Fix: []*Change{UsageRCU},
			Story: "Compaction finds a section valid and looks into its usage map; removal frees the map before it marks the section invalid. The repair marks it first, and frees after " +
				"those who looked have left.",
			Source: "5ec8e8ea8b77; v6.1-rc7, v6.1.158 and v6.12.0",
			Scenarios: []Scenario{{Before: "v6.7", After: "v6.7+5ec8e8ea8b77", Actors: "pfn_valid,section_activate,section_deactivate",
				Breaks: []*Invariant{NoBug}, By: []string{"pfn_valid"}}}},
		{ID: "B45", Title: "page_ext is used after offlining has freed it", Fix: []*Change{PageExtRCU},
			Story:  "page_owner looks up the page_ext of a page and uses it; offlining frees it. The repair marks it invalid, and frees it after those who looked have left.",
			Source: "v5.10.185 and v6.1.158", Unverified: "the commit id; the mechanics are from the source",
			Scenarios: []Scenario{{Before: "v6.1-b1d5488a2528", After: "v6.1", Actors: "page_ext_get,page_ext_online,page_ext_offline",
				Breaks: []*Invariant{NoBug}, By: []string{"page_ext_get"}}}},
		{ID: "B51", Title: "a page with a hardware error is removed while it is handled",
			Story: "memory_failure() finds the page online and works on it; a poisoned page does not keep its block from going offline, and the block is removed. A patch of 2022 reads mem_hotplug_lock " +
				"around it. It was not merged as far as was seen, and nobody reported a crash.",
			Source: "the patch of February 2022; mm/memory-failure.c of v6.12.0 and v7.1.5 takes mem_hotplug_lock in soft_offline_page() only",
			Scenarios: []Scenario{{Before: "v6.12", After: "v6.12", Actors: "memory_failure,acpi_eject", AfterActors: "memory_failure_locked,acpi_eject",
				Breaks: []*Invariant{ReadersSeeStable}, By: []string{"acpi_eject", "memory_failure"}}}},
		{ID: "B54", Title: "the removable attribute looks at pages without a lock", Fix: []*Change{RemovableAlways},
			Story:  "A read of memoryN/removable inspected the pages of the block with no lock while they went offline. The repair always answers 1.",
			Source: "drivers/base/memory.c of v5.4.18 and v5.6.4",
			Scenarios: []Scenario{{Before: "v5.5", After: "v5.5+53cdc1cb29e8", Actors: "removable_show,online_store",
				Breaks: []*Invariant{ReadersSeeStable}, By: []string{"online_store", "removable_show"}}}},
		{ID: "B56", Title: "offlining never ends", Fix: []*Change{MigrationWaitUnpinned},
			Story: "Offlining holds mem_hotplug_lock and tries again to migrate a page; a task that faults on it waits for that with a reference to the page, so that migration fails, " +
				"and the task, tried again, finds the page under migration once more. The repair waits without a reference.",
			Source: "9a1ea439b16b by title; mm/migrate.c of v4.20 and v6.1",
			Scenarios: []Scenario{{Before: "v4.20", After: "v4.20+9a1ea439b16b", Actors: "offline_migrate,page_fault",
				Breaks: []*Invariant{Progress}, By: []string{"offline_migrate", "page_fault"}}}},
		{ID: "B59", Title: "kexec counts the regions of memory and walks them again",
			Story: "kexec_file_load() on arm64 counts the regions of memory, allocates room for so many, and walks them again to fill it in; memory that is added in between overflows it. " +
				"A review of 2026 says so; in v6.12.0 and v7.1.5 no lock keeps memory hotplug off. The repair here is ours: to read mem_hotplug_lock.",
			Source: "prepare_elf_headers() of arch/arm64/kernel/machine_kexec_file.c in v6.12.0 and v7.1.5", Unverified: "nobody confirmed the review, and no crash was reported",
			Scenarios: []Scenario{{Before: "v6.12", After: "v6.12", Actors: "kexec_file_load,memblock_add", AfterActors: "kexec_file_load_locked,memblock_add",
				Breaks: []*Invariant{NoBug}, By: []string{"kexec_file_load"}}}},
	}
}

// allocatorBugs are those of the page allocator: zonelists, isolation, per-CPU lists.
func allocatorBugs() []Bug {
	return []Bug{
		{ID: "B10", Title: "a sysctl rebuilds zonelists without any hotplug lock", Fix: []*Change{ZonelistOrderLock},
			Story:  "Since 3f906ba23689 build_all_zonelists() expects its caller to hold cpu_hotplug_lock; a write to numa_zonelist_order holds neither that nor mem_hotplug_lock. The repair takes both.",
			Source: "the mail of the repair; v4.13.4 and v4.14.74",
			Scenarios: []Scenario{{Before: "v4.13-167d0f258f53", After: "v4.13", Actors: "zonelist_order,online_mems_reader",
				Breaks: []*Invariant{PagesUnderMemHotplug, ReadersSeeStable}, By: []string{"zonelist_order"}}}},
		{ID: "B20", Title: "a message under zone->lock", Fix: []*Change{DumpAfterUnlock},
			Story: "Isolation prints the page that it cannot move with zone->lock held, and printk() takes the locks of the console; the tty layer allocates with such a lock held, which takes zone->lock. " +
				"The repair prints after it has released zone->lock.",
			Source: "4a55c0474a92; v5.3.1 and v5.6.4",
			Scenarios: []Scenario{{Before: "v5.3", After: "v5.3+4a55c0474a92", Actors: "isolate_unmovable,tty_alloc",
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"isolate_unmovable", "tty_alloc"}}}},
		{ID: "B42", Title: "the seqlock of the zonelists hangs", Fix: []*Change{ZonelistIrqsOff},
			Story: "While the sequence is odd, an interrupt on the same CPU allocates and spins on it for ever; or a message waits for the lock of a serial port, whose holder allocates and spins. " +
				"The repair switches interrupts off and defers messages.",
			Source: "1007843a9190; v6.1-rc7 and v6.1.158",
			Scenarios: []Scenario{
				{Before: "v6.1", After: "v6.1+1007843a9190", Actors: "build_all_zonelists", Tasks: 1, Breaks: []*Invariant{NoDeadlock}, By: []string{"build_all_zonelists"}},
				{Before: "v6.1", After: "v6.1+1007843a9190", Actors: "build_all_zonelists,tty_insert", Breaks: []*Invariant{NoDeadlock}, By: []string{"build_all_zonelists", "tty_insert"}}}},
		{ID: "B43", Title: "an allocation finds the zonelists empty", Fix: []*Change{ZonelistSeqcount}, Causes: []string{"B42"},
			Story:  "An allocation looks at the zonelists while they are rebuilt, finds no zone, and declares that memory is out. The repair makes it look again.",
			Source: "3d36424b3b58 by title; v5.10.185 and v6.1-rc7",
			Scenarios: []Scenario{{Before: "v6.1-3d36424b3b58", After: "v6.1", Actors: "alloc_pages,tty_insert,build_all_zonelists",
				Breaks: []*Invariant{ReadersSeeStable}, By: []string{"alloc_pages"}, Opens: []*Invariant{NoDeadlock}}}},
		{ID: "B46", Title: "two isolate the same pageblock", Fix: []*Change{IsolateOnce},
			Story:  "Offlining and a contiguous allocation both isolate a pageblock, and the first to undo it does so under the other. The repair refuses the second.",
			Source: "2c7452a075d4 in quotations; v4.14.74 and v4.17.0",
			Scenarios: []Scenario{{Before: "v4.16", After: "v4.16+2c7452a075d4", Actors: "isolate_offline,alloc_contig_range",
				Breaks: []*Invariant{ReadersSeeStable}, By: []string{"alloc_contig_range", "isolate_offline"}}}},
		{ID: "B65", Title: "a freed page hides in a per-CPU list", Fix: []*Change{PcpDrainAgain, PcpDisable},
			Story: "A page is freed to a per-CPU list after offlining has drained those and before it looks; it never comes to the buddy allocator, and offlining loops with mem_hotplug_lock held. " +
				"The first repair drains again before each look, the second switches the lists off.",
			Source: "mm/memory_hotplug.c of v5.8.1, v5.9.1, v5.10.7 and v5.11.0",
			Scenarios: []Scenario{
				{Before: "v5.8", After: "v5.8+968318261221", Actors: "offline_drains,free_page", Breaks: []*Invariant{Progress}, By: []string{"offline_drains"}},
				{Before: "v5.11-968318261221-ec6e8c7e0314", After: "v5.11-968318261221", Actors: "offline_drains,free_page", Breaks: []*Invariant{Progress}, By: []string{"offline_drains"}}}},
	}
}
