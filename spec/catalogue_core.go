package spec

import "slices"

// Bugs of the core: block devices, device_hotplug_lock, mem_hotplug_lock.

func coreBugs() []Bug { return slices.Concat(gateBugs(), memoryLockBugs(), blockBugs()) }

// gateBugs are about device_hotplug_lock: who does not take it, takes it wrongly, or waits for it where it must not.
func gateBugs() []Bug {
	return []Bug{
		{ID: "B03", Title: "adding and removing memory without device_hotplug_lock", Fix: []*Change{AddTakesDeviceHotplug, RemoveTakesDeviceHotplug}, Causes: []string{"B04"},
			Story: "ACPI and pseries hold device_hotplug_lock around add_memory(); Hyper-V, Xen, s390 and the probe store do not, so a block can be onlined " +
				"before it is added completely. The repair lets add_memory() and remove_memory() take it themselves.",
			Source: "8df1d0e4a265, d15e59260f62; v4.19.0 and v4.20.0",
			Scenarios: []Scenario{{Before: "v4.19", After: "v4.19+8df1d0e4a265+d15e59260f62", Actors: "add_memory,probe_store,online_store,acpi_add",
				Breaks: []*Invariant{DeviceHotplugHeld, NoOnlineOfRemoved}, By: []string{"add_memory"}, Opens: []*Invariant{LocksBalanced}},
				{Before: "v4.19", After: "v4.19+8df1d0e4a265+d15e59260f62", Actors: "sclp_boot_add,sclp_online,sclp_offline",
					Breaks: []*Invariant{DeviceHotplugHeld}, By: []string{"sclp_boot_add"}}}},
		{ID: "B04", Title: "the probe store unlocks what it did not lock", Fix: []*Change{ProbeStoreUnlock},
			Story:  "Where device_hotplug_lock is taken, the probe store of 8df1d0e4a265 jumps to the exit that releases it: another task loses its critical section.",
			Source: "d2ab99403ee0; v4.20.0, v5.0.1 and v5.3.1",
			Scenarios: []Scenario{{Before: "v4.20", After: "v4.20+d2ab99403ee0", Actors: "probe_store,acpi_add",
				Breaks: []*Invariant{LocksBalanced}, By: []string{"probe_store"}}}},
		{ID: "B06", Title: "removal drains attributes under mem_hotplug_lock", Negative: true, Fix: []*Change{SysfsTrylock}, Causes: []string{"B05"},
			Story: "Until v5.5 block devices are removed with mem_hotplug_lock held, and a store that holds a reference to an attribute wants that lock. lockdep reported " +
				"it. It cannot happen: both need device_hotplug_lock, and the store only tries it. A store that waits for it deadlocks. f1037ec0cc8a moved the removal out all the same.",
			Source: "f1037ec0cc8a; v5.3.1 and v5.7.14",
			Scenarios: []Scenario{{Before: "v5.3-5e33bc4165f3", After: "v5.3", Actors: "state_store,online_store,acpi_eject",
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"acpi_eject", "online_store"}},
				{Before: "v5.7-f1037ec0cc8a", After: "v5.7", Actors: "dax_kmem_probe,dax_kmem_remove,online_store", Opens: []*Invariant{LocksBalanced}}}},
		{ID: "B07", Title: "five locks in a ring when a DIMM is unplugged", Negative: true,
			Story: "ACPI removes blocks under mem_hotplug_lock and waits for the users of their attributes; a reader of an attribute takes physical_node_lock; ACPI offlines with " +
				"physical_node_lock held and wants mem_hotplug_lock. lockdep reported it. It cannot happen: both ACPI paths hold device_hotplug_lock, and the reader's attribute " +
				"belongs to another device. Here the attribute is that of the block, and device_hotplug_lock alone keeps it from happening; without that it deadlocks.",
			Source: "the report and the patch of 2019; v5.3.1", Unverified: "that the report is false is the reporter's view and ours",
			Scenarios: []Scenario{{Before: "v5.3", After: "v5.3", Tasks: 3, Blocks: 2, Actors: "acpi_eject_ungated,acpi_offline_ungated,uevent_show", AfterActors: "acpi_eject,acpi_offline,uevent_show",
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"acpi_eject_ungated", "acpi_offline_ungated", "uevent_show"}}}},
		{ID: "B08", Title: "a store waits for the lock whose holder waits for the store", Fix: []*Change{SysfsTrylock},
			Story: "ACPI removes a device with device_hotplug_lock held, and waits until nobody uses its attributes; a store of such an attribute waits for " +
				"device_hotplug_lock. The repair only tries the lock, and restarts the system call, which drops the reference.",
			Source: "5e33bc4165f3 by title and date; a test of 2020 with a sleep in the store", Unverified: "the steps of the changelog are from memory",
			Scenarios: []Scenario{{Before: "v3.18-5e33bc4165f3", After: "v3.18", Actors: "state_store,acpi_eject",
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"acpi_eject", "state_store"}}}},
		{ID: "B24", Title: "offlining all blocks and removing them is not one step", Fix: []*Change{RemoveReturnsBusy},
			Story: "A driver offlines its blocks, lets device_hotplug_lock go, and takes it again to remove them; somebody onlines one in between, and removal " +
				"meets BUG(). The repair returns -EBUSY.",
			Source: "eca499ab3749; v5.2.1 and v5.3.1",
			Scenarios: []Scenario{{Before: "v5.3-eca499ab3749", After: "v5.3", Actors: "driver_remove,online_store",
				Breaks: []*Invariant{NoBug}, By: []string{"driver_remove"}}}},
		{ID: "B28", Title: "memtrace offlines, removes and onlines without device_hotplug_lock", Fix: []*Change{MemtraceOfflineLock, MemtraceOnlineLock},
			Story: "memtrace checks and writes mem->state and calls offline_pages() with nothing held, so that user space can online the block before memtrace " +
				"removes it; and it onlines what it added again with nothing held. The repairs hold device_hotplug_lock.",
			Source: "5666848774ef, cec1680591d6; v4.19.0 and v4.20.0",
			Scenarios: []Scenario{{Before: "v4.20-5666848774ef-cec1680591d6", After: "v4.20", Actors: "memtrace,online_store",
				Breaks: []*Invariant{DeviceHotplugHeld, BlockDeviceAgree, NoBug}, By: []string{"memtrace"}}}},
	}
}

// memoryLockBugs are about mem_hotplug_lock: who runs without it, releases what is not held, or takes it in the wrong order.
func memoryLockBugs() []Bug {
	return []Bug{
		{ID: "B01", Title: "adding memory deadlocks with onlining it", Fix: []*Change{StateStoreLock}, Causes: []string{"B02", "B03"},
			Story: "add_memory() holds mem_hotplug_lock when the registration of a block device takes device_lock(); a store holds device_lock() " +
				"when online_pages() takes mem_hotplug_lock. The repair takes mem_hotplug_lock before device_lock() in the state store alone, and out of online_pages().",
			Source: "30467e0b3be8, its mail and the stacks of two reports; v3.18.20 and v4.4.220",
			Scenarios: []Scenario{{Before: "v4.1-30467e0b3be8", After: "v4.1", Actors: "state_store,online_store,add_memory,online_mems_reader",
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"add_memory", "online_store"},
				Opens: []*Invariant{PagesUnderMemHotplug, ReadersSeeStable, NoOnlineOfRemoved}}}},
		{ID: "B02", Title: "onlining and offlining run without mem_hotplug_lock", Fix: []*Change{LockInOnlinePages},
			Story: "Since 30467e0b3be8 only the state store takes mem_hotplug_lock; the online store, ACPI and drivers call online_pages() and offline_pages() " +
				"without. The repair takes it inside them again, which needs device_hotplug_lock in every caller (B03).",
			Source: "381eab4a6ee8; v4.19.0 and v4.20.0",
			Scenarios: []Scenario{{Before: "v4.19+8df1d0e4a265+d15e59260f62", After: "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee8",
				Actors: "online_store,acpi_eject,online_mems_reader",
				Breaks: []*Invariant{PagesUnderMemHotplug, ReadersSeeStable}, By: []string{"online_store"}}}},
		{ID: "B05", Title: "removal that fails releases what it did not take", Fix: []*Change{RemoveUnpairedDone},
			Story:  "f1037ec0cc8a moved the check of the blocks in front of mem_hotplug_begin() and left the error path at mem_hotplug_done().",
			Source: "b4223a510e2a; v5.7.14 and v5.10.185",
			Scenarios: []Scenario{{Before: "v5.7", After: "v5.7+b4223a510e2a", Actors: "dax_kmem_probe,dax_kmem_remove,online_store",
				Breaks: []*Invariant{LocksBalanced}, By: []string{"dax_kmem_remove"}},
				{Before: "v5.7", After: "v5.7+b4223a510e2a", Actors: "kmem_remove_two,online_store", Blocks: 2,
					Breaks: []*Invariant{LocksBalanced}, By: []string{"kmem_remove_two"}}}},
		{ID: "B11", Title: "two writers of the home-made lock overwrite active_writer", Fix: []*Change{MemoryAddRemoveLock},
			Story: "mem_hotplug_begin() stores itself in active_writer before it has the mutex. Of two writers without a common lock the second overwrites the first, and the last reader wakes only " +
				"the second; the first sleeps for ever. ACPI holds device_hotplug_lock, the boot code of s390 does not. The repair takes memory_add_remove_lock first, and needs no caller's help.",
			Source: "55adc1d05dca; v4.10.0 and v4.11.0", Unverified: "that the wake-up is lost is from the source, the changelog names the overwritten owner",
			Scenarios: []Scenario{{Before: "v4.10", After: "v4.10+55adc1d05dca", Actors: "writer_acpi,writer_s390,counted_reader", Tasks: 3,
				Breaks: []*Invariant{NoDeadlock}, By: []string{"writer_s390"}}}},
		{ID: "B12", Title: "memory without block devices is added without any lock", Fix: []*Change{MemremapLock}, Causes: []string{"B13"},
			Story:  "Two drivers in devm_memremap_pages() call arch_add_memory() at once and fill the same entries of the page tables. The repair takes mem_hotplug_lock.",
			Source: "f931ab479dd2; v4.9.22 has it as a backport, v4.10.0",
			Scenarios: []Scenario{{Before: "v4.10-f931ab479dd2", After: "v4.10", Actors: "memremap_pages,memunmap_pages,online_mems_reader",
				Breaks: []*Invariant{AddRemoveUnderMemHotplug, ReadersSeeStable}, By: []string{"memremap_pages"}},
				{Before: "v4.10-f931ab479dd2", After: "v4.10", Actors: "pmem_probe,pmem_remove,memremap_pages",
					Breaks: []*Invariant{AddRemoveUnderMemHotplug}, By: []string{"pmem_probe"}},
				{Before: "v4.10-f931ab479dd2", After: "v4.10", Actors: "writer_acpi,writer_memremap,counted_reader", Tasks: 3, Opens: []*Invariant{NoDeadlock}}}},
		{ID: "B13", Title: "memory without block devices is added without device_hotplug_lock", Fix: []*Change{MemremapGate},
			Story:  "After f931ab479dd2 devm_memremap_pages() takes mem_hotplug_lock, but nothing keeps two writers of it apart (B11). The repair took device_hotplug_lock too, and was replaced by 55adc1d05dca in the same release.",
			Source: "told in 55adc1d05dca; v4.10.0 and v4.11.0", Unverified: "the tree with this repair was not read, no release has it",
			Scenarios: []Scenario{{Before: "v4.10", After: "v4.10+b5d24fda9c3d", Actors: "writer_acpi,writer_memremap,counted_reader", Tasks: 3,
				Breaks: []*Invariant{NoDeadlock}, By: []string{"writer_memremap"}}}},
		{ID: "B21", Title: "the memmap of a block goes without mem_hotplug_lock", Fix: []*Change{LockInBlockOnline},
			Story: "A block that holds its own memmap puts that into the zone before online_pages(), and takes it out after offline_pages(), which hold mem_hotplug_lock only for " +
				"themselves: kmemleak walks the zone meanwhile. The repair moves the lock up into memory_block_online() and memory_block_offline().",
			Source: "001002e73712; v6.1-rc7 and v6.1.158",
			Scenarios: []Scenario{{Before: "v6.1", After: "v6.1+001002e73712", Actors: "vmemmap_online,vmemmap_offline,kmemleak_scan",
				Breaks: []*Invariant{PagesUnderMemHotplug, ReadersSeeStable}, By: []string{"vmemmap_offline"}}}},
		{ID: "B55", Title: "a CPU onlines a node without the memory hotplug lock", Fix: []*Change{NodeUnderMemHotplug},
			Story:  "cpu_up() sets a node online and rebuilds the zonelists while memory hotplug does the same. The repair does it in try_online_node(), under the lock.",
			Source: "a page of the commit", Unverified: "the tree before the repair was not read",
			Scenarios: []Scenario{{Before: "v3.18-01b0f19707c5", After: "v3.18", Actors: "cpu_up,online_mems_reader",
				Breaks: []*Invariant{PagesUnderMemHotplug, ReadersSeeStable}, By: []string{"cpu_up"}},
				{Before: "v3.18-01b0f19707c5", After: "v3.18", Actors: "cpu_online_store,acpi_add",
					Breaks: []*Invariant{PagesUnderMemHotplug}, By: []string{"cpu_online_store"}}}},
	}
}

// blockBugs are about the state of a block.
func blockBugs() []Bug {
	return []Bug{
		{ID: "B25", Title: "auto-online leaves dev->offline behind", Fix: []*Change{AutoOnlineDevice}, Causes: []string{"B26"},
			Story: "Auto-online calls memory_block_change_state(): mem->state says online and dev->offline says offline, so that offlining the block does nothing. " +
				"The repair goes through device_online().",
			Source: "v4.10.0 and v4.11.0", Unverified: "the commit id",
			Scenarios: []Scenario{{Before: "v4.10", After: "v4.10+dc18d706a436", Actors: "auto_online_store,add_memory",
				Breaks: []*Invariant{BlockDeviceAgree}, By: []string{"add_memory"}},
				{Before: "v4.11-dc18d706a436", After: "v4.11", Actors: "dlpar_add,auto_online_store", Opens: []*Invariant{NoBug}}}},
		{ID: "B52", Title: "onlining a block that is removed", Negative: true,
			Story: "A store might sit between its reference to the attribute and device_hotplug_lock while ACPI removes the block, and online what is gone. It cannot: removal " +
				"waits in kernfs_drain() until the store has left. Without that wait it does.",
			Source: "the proposal of January 2020 and its author's test", Unverified: "not merged as far as was seen",
			Scenarios: []Scenario{{Before: "v5.3", After: "v5.3", Actors: "online_store,acpi_eject_no_drain", AfterActors: "online_store,acpi_eject",
				Breaks: []*Invariant{NoOnlineOfRemoved}, By: []string{"online_store"}}}},
		{ID: "B58", Title: "dev->offline is a bit in a word that others write", Fix: []*Change{OfflineAtomic},
			Story: "Setting a bit field reads and writes the whole word. dev->offline is written under device_lock(), its neighbours under other locks, so that one of two writes at the same time is lost. " +
				"The repair gives dev->offline atomic accessors.",
			Source:     "include/linux/device.h and drivers/acpi/scan.c at a7cc262a1135, drivers/base/memory.c at e37f9fe713b5 and drivers/base/core.c of a later tree of mm; include/linux/device.h of v7.1.5",
			Unverified: "no failure of dev->offline itself was reported",
			Scenarios: []Scenario{{Before: "v6.12", After: "v6.12+a7cc262a1135", Actors: "offline_bit,other_bit",
				Breaks: []*Invariant{BlockDeviceAgree}, By: []string{"offline_bit"}}}},
		{ID: "B60", Title: "mem->online_type is written without a lock", Fix: []*Change{MemtraceOnlineLock},
			Story: "A store writes mem->online_type and then onlines the block, by device_lock(). Who onlines the same block under device_lock() alone resets the type under it. " +
				"Comments call it benign before v4.20, since all that wrote it held device_hotplug_lock, and say since 381eab4a6ee8 that this lock protects it; memtrace was the last that onlined without.",
			Source: "drivers/base/memory.c of v3.18.20 and v4.20.0; memtrace.c of v4.19.0 and v4.20.0", Unverified: "the block then goes to another zone than was asked for; nobody reported it",
			Scenarios: []Scenario{{Before: "v4.20-cec1680591d6", After: "v4.20", Actors: "typed_store,memtrace",
				Breaks: []*Invariant{ReadersSeeStable}, By: []string{"memtrace", "typed_store"}}}},
	}
}
