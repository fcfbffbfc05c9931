package spec

import "slices"

// Bugs of drivers and firmware interfaces.

func platformBugs() []Bug { return slices.Concat(firmwareBugs(), driverBugs()) }

// firmwareBugs are those of ACPI, hibernation and powerpc.
func firmwareBugs() []Bug {
	return []Bug{
		{ID: "B23", Title: "hibernation, ACPI and memory hotplug take their locks in different orders", Negative: true, Fix: []*Change{HotplugWithoutSleep},
			Story: "A series of August 2013 set the order: pm_mutex, device_hotplug_lock, acpi_scan_lock. Hibernation takes device_hotplug_lock inside pm_mutex since, and memory hotplug, which runs under device_hotplug_lock, " +
				"took pm_mutex last until then. One without the other deadlocks; the two came in one patch.",
			Source: "the mail of the patch; kernel/power/hibernate.c of v3.18.20, mm/memory_hotplug.c of v3.15.5", Unverified: "no tree before the patch was read, and no release had one half alone",
			Scenarios: []Scenario{{Before: "v3.15-942f40155a8b", After: "v3.15", Actors: "hibernate_image,acpi_add",
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"acpi_add", "hibernate_image"}}}},
		{ID: "B26", Title: "pseries removes memory that is online", Fix: []*Change{PseriesCheckState},
			Story: "DLPAR adds a block and onlines it. device_online() returns 1 for a block that is online already, by the policy or by user space; DLPAR took that for a failure and removed the block, which is online. " +
				"The repair looks at dev->offline first. DLPAR onlines since 943db62c316c.",
			Source: "1a367063ca0c; v4.12.0 and v4.14.74",
			Scenarios: []Scenario{{Before: "v4.12", After: "v4.12+1a367063ca0c", Actors: "dlpar_add,dlpar_remove,auto_online_store", Tasks: 2,
				Breaks: []*Invariant{NoBug}, By: []string{"dlpar_add"}},
				{Before: "v4.12-943db62c316c", After: "v4.12", Actors: "dlpar_add,dlpar_remove,auto_online_store", Opens: []*Invariant{NoBug}}}},
		{ID: "B30", Title: "resizing the hash page table takes cpu_hotplug_lock twice", Fix: []*Change{HPTCpusLocked},
			Story: "Since 3f906ba23689 mem_hotplug_begin() reads cpu_hotplug_lock; arch_add_memory() of pseries resizes the hash page table with stop_machine(), which reads it again. " +
				"The repair uses stop_machine_cpuslocked().",
			Source: "c784be435d5d; v4.12.0, v5.3.1 and v5.4.0",
			Scenarios: []Scenario{{Before: "v5.3", After: "v5.3+c784be435d5d", Actors: "dlpar_add,cpu_up",
				Breaks: []*Invariant{NoRecursion}, By: []string{"dlpar_add"}},
				{Before: "v5.3", After: "v5.3+c784be435d5d", Actors: "dlpar_add_two", Blocks: 2, Breaks: []*Invariant{NoRecursion}, By: []string{"dlpar_add_two"}},
				{Before: "v5.3", After: "v5.3+c784be435d5d", Actors: "dlpar_remove_two", Blocks: 2, Breaks: []*Invariant{NoRecursion}, By: []string{"dlpar_remove_two"}}}},
		{ID: "B33", Title: "the boot scan of ACPI adds memory without device_hotplug_lock", Negative: true,
			Story: "acpi_scan_init() adds memory under acpi_scan_lock alone. A patch of 2019 took device_hotplug_lock; what was merged says in a comment that nothing else can run yet. " +
				"The rule is broken, and no one is there to notice.",
			Source: "the patch and its answers of July 2019; v5.3.1 and v5.4.0 have the comment and no lock",
			Scenarios: []Scenario{{Before: "v5.10", After: "v5.10", Actors: "acpi_boot_scan", AfterActors: "acpi_boot_scan_locked",
				Breaks: []*Invariant{DeviceHotplugHeld}, By: []string{"acpi_boot_scan"}}}},
		{ID: "B64", Title: "powerpc changes its linear mapping from two places", Fix: []*Change{LinearMappingMutex},
			Story:  "Only mem_hotplug_lock kept two changes of the linear mapping apart; memtrace of v5.11 changes it without. The repair gives the mapping a mutex.",
			Source: "v5.10.185 and v6.1-rc7", Unverified: "the changelog was not read",
			Scenarios: []Scenario{{Before: "v6.1-e5b2af044f31", After: "v6.1", Actors: "memtrace_linear_map,powerpc_add",
				Breaks: []*Invariant{AddRemoveUnderMemHotplug}, By: []string{"memtrace_linear_map"}}}},
	}
}

// driverBugs are those of balloons, virtio-mem and device mappings.
func driverBugs() []Bug {
	return []Bug{
		{ID: "B34", Title: "the Xen balloon deadlocks with onlining", Fix: []*Change{XenDropMutex},
			Story: "The balloon worker holds balloon_mutex when it adds memory; pages that come online go into the balloon, under balloon_mutex, with mem_hotplug_lock held. With auto-online one task " +
				"takes it twice. The repair drops balloon_mutex around the call.",
			Source: "v4.5.7 and v4.6.2", Unverified: "the commit id",
			Scenarios: []Scenario{
				{Before: "v4.4", After: "v4.4+703fc13a3f66", Actors: "xen_balloon,xen_online", Blocks: 2,
					Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"xen_balloon", "xen_online"}},
				{Before: "v4.6+dc18d706a436-703fc13a3f66", After: "v4.6+dc18d706a436", Actors: "xen_balloon,auto_online_store",
					Breaks: []*Invariant{NoRecursion}, By: []string{"xen_balloon"}}}},
		{ID: "B35", Title: "Hyper-V releases a mutex that it did not take", Fix: []*Change{HyperVCancel, HyperVSpinlock},
			Story: "A callback before Hyper-V's refuses MEM_GOING_ONLINE, so Hyper-V never hears of it; MEM_CANCEL_ONLINE goes to everybody, and Hyper-V releases ha_region_mutex. The first repair asks whether the mutex " +
				"is locked, not by whom: if the hot-add work holds it, that loses it. Later a spinlock replaced it, which is not held across calls.",
			Source: "v4.4.220 and v4.12.0", Unverified: "both commit ids; that KASAN's callback refused is from memory",
			Scenarios: []Scenario{
				{Before: "v4.4-hv_cancel_online", After: "v4.4", Actors: "hv_online", Breaks: []*Invariant{LocksBalanced}, By: []string{"hv_online"}},
				{Before: "v4.4", After: "v4.9", Actors: "hv_online,hv_hot_add", Breaks: []*Invariant{LocksBalanced}, By: []string{"hv_online"}}}},
		{ID: "B36", Title: "Hyper-V waits for user space to online memory", Negative: true, Fix: []*Change{HyperVBalanced},
			Story: "The hot-add work adds memory and waits until user space has onlined it, which needs ha_region_mutex. It drops the mutex first, and waits 5 s at most. " +
				"With the mutex kept it deadlocks; without the timeout it waits for user space that may never come. Where add_memory() failed, the mutex was once not taken again.",
			Source: "v4.4.220 and v4.12.0", Unverified: "that an early version kept the mutex is not known",
			Scenarios: []Scenario{
				{Before: "v4.4", After: "v4.4", Actors: "hv_hot_add_keeps_mutex,hv_online", AfterActors: "hv_hot_add,hv_online", Blocks: 2,
					Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"hv_hot_add_keeps_mutex", "hv_online"}},
				{Before: "v4.4-b05d8d9ef5ef", After: "v4.4", Actors: "hv_hot_add", Tasks: 1, Breaks: []*Invariant{LocksBalanced}, By: []string{"hv_hot_add"}},
				{Before: "v4.9", After: "v4.9", Actors: "hv_hot_add_no_timeout", AfterActors: "hv_hot_add", Tasks: 1,
					Breaks: []*Invariant{NoDeadlock}, By: []string{"hv_hot_add_no_timeout"}}}},
		{ID: "B37", Title: "virtio-mem may sleep where it must not", Fix: []*Change{VirtioMemLeaveRCU},
			Story: "The callback that frees onlined pages finds its device in a list that RCU protects; since 6cc26d77613a it takes page_offline_rwsem before it leaves the " +
				"read-side critical section, and may sleep there. The repair leaves it first.",
			Source: "425bec0032f5; v6.1.158", Unverified: "the tree with the bug was not read: it was in no release",
			Scenarios: []Scenario{{Before: "v6.1-425bec0032f5", After: "v6.1", Actors: "virtio_mem_online",
				Breaks: []*Invariant{NoBug}, By: []string{"virtio_mem_online"}}}},
		{ID: "B38", Title: "virtio-mem holds a mutex from one notification to the next", Negative: true,
			Story: "virtio-mem takes hotplug_mutex at MEM_GOING_ONLINE and releases it at the closing notification: the rwsem of the chain and the mutex are taken in both orders, and lockdep is switched off there. " +
				"mem_hotplug_lock is held around both notifications, so that no two tasks are in between. Without it two tasks and one that registers a notifier deadlock.",
			Source: "the comment of the driver in v6.1.158",
			Scenarios: []Scenario{{Before: "v5.10-381eab4a6ee8", After: "v5.10", Actors: "virtio_mem_online_bare,register_notifier", AfterActors: "virtio_mem_online,virtio_mem_offline,virtio_mem_worker,register_notifier", Tasks: 3, Blocks: 2,
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"register_notifier", "virtio_mem_online_bare", "virtio_mem_online_bare"}}}},
		{ID: "B40", Title: "/proc/kcore reads pages that virtio-mem takes away", Fix: []*Change{KcoreFreeze, VirtioMemFreeze}, Causes: []string{"B37"},
			Story: "A reader of /proc/kcore looks whether a page is offline and copies it; virtio-mem sets it offline in between, and the hypervisor takes it away. " +
				"The repairs keep one off while the other is at it, with page_offline_rwsem.",
			Source: "82840451936f, 6cc26d77613a; v5.10.185 and v6.1.158",
			Scenarios: []Scenario{{Before: "v6.1-82840451936f-6cc26d77613a-425bec0032f5", After: "v6.1-425bec0032f5", Actors: "kcore_read,virtio_mem_unplug,virtio_mem_online",
				Breaks: []*Invariant{ReadersSeeStable}, By: []string{"kcore_read", "virtio_mem_unplug"}, Opens: []*Invariant{NoBug}}}},
		{ID: "B49", Title: "a device mapping goes before its last page reference", Fix: []*Change{ZoneDeviceDrain},
			Story:  "Teardown lets no new references in, and removes the mapping before the last one is gone. The repair waits for it first.",
			Source: "50f44ee7248a by title; v5.0.1 and v5.3.1",
			Scenarios: []Scenario{{Before: "v5.3-50f44ee7248a", After: "v5.3", Actors: "pgmap_use,pgmap_teardown",
				Breaks: []*Invariant{NoBug}, By: []string{"pgmap_use"}}}},
	}
}
