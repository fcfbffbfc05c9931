package spec

import "slices"

// The changes of the seed's story and what came after it, oldest first.
var (
	OnlineMems = &Change{ID: "bfc8c90139eb", Release: Release{3, 16},
		Title:      "mem-hotplug: implement get/put_online_mems",
		Summary:    "the mutex of lock_memory_hotplug() becomes a home-made lock that readers share and that its writer may read",
		Unverified: "id from memory; 3.15.5 and 3.16.0 were read on both sides"}
	HotplugWithoutSleep = &Change{ID: "942f40155a8b", Release: Release{3, 12},
		Title:      "PM / hibernate / memory hotplug: Rework mutual exclusion",
		Summary:    "lock_memory_hotplug() no longer takes pm_mutex; hibernation takes device_hotplug_lock instead, inside pm_mutex",
		Repairs:    []*Invariant{NoDeadlock},
		Unverified: "id from memory; its mail was read, and 3.15.5 has it"}
	StateStoreLock = &Change{ID: "30467e0b3be8", Release: Release{4, 1},
		Title:   "mm, hotplug: fix concurrent memory hot-add deadlock",
		Summary: "store_mem_state() takes mem_hotplug_lock before device_lock(); online_pages() and offline_pages() no longer take it",
		Repairs: []*Invariant{NoDeadlock, LockOrder}}
	MemremapPages = &Change{ID: "41e94a851304", Release: Release{4, 3},
		Title:      "add devm_memremap_pages",
		Summary:    "memory without block devices: devm_memremap_pages() calls arch_add_memory()",
		Unverified: "4.2.8 and 4.3.0 were read on both sides, the commit was not"}
	WholeBlocks = &Change{ID: "26bbe7ef6d5c", Release: Release{4, 4},
		Title:      "drivers/base/memory.c: prohibit offlining of memory blocks with missing sections",
		Summary:    "memory_subsys_offline() of a block that lacks a section returns -EINVAL",
		Unverified: "id from memory; 4.3.0 and 4.4.220 were read on both sides, and 4.2.8 has it as a backport"}
	AutoOnlineMem = &Change{ID: "31bc3858ea3e", Release: Release{4, 6},
		Title:   "memory-hotplug: add automatic onlining policy for the newly added memory",
		Summary: "add_memory_resource() onlines the new blocks itself, under mem_hotplug_lock and without device_hotplug_lock"}
	StateStoreReturn = &Change{ID: "d66ba15bc752", Release: Release{4, 9},
		Title:      "memory-hotplug: fix store_mem_state() return value",
		Summary:    "a positive return of device_online() or device_offline() becomes -EINVAL in the state store",
		Unverified: "id from memory; 4.8.15 and 4.9.22 were read on both sides"}
	MemremapLock = &Change{ID: "f931ab479dd2", Release: Release{4, 10},
		Title:   "mm: fix devm_memremap_pages crash, use mem_hotplug_{begin, done}",
		Summary: "devm_memremap_pages() takes mem_hotplug_lock around arch_add_memory() and arch_remove_memory()",
		Repairs: []*Invariant{AddRemoveUnderMemHotplug}, Needs: []*Change{MemremapPages}}
	MemoryAddRemoveLock = &Change{ID: "55adc1d05dca", Release: Release{4, 11},
		Title:   "mm: add private lock to serialize memory hotplug operations",
		Summary: "mem_hotplug_begin() takes memory_add_remove_lock first, so that two writers no longer overwrite active_writer"}
	AutoOnlineDevice = &Change{ID: "dc18d706a436", Release: Release{4, 11},
		Title:      "memory-hotplug: use dev_online for memhp_auto_online",
		Summary:    "auto-online goes through device_online(), so that dev->offline follows mem->state",
		Unverified: "id from memory; 4.10.0 and 4.11.0 were read on both sides",
		Repairs:    []*Invariant{BlockDeviceAgree}, Needs: []*Change{AutoOnlineMem}}
	PercpuCPUHotplug = &Change{ID: "fc8dffd379ca", Release: Release{4, 13},
		Title:      "cpu/hotplug: Convert hotplug locking to percpu rwsem",
		Summary:    "cpu_hotplug_lock becomes a percpu rwsem: a pending writer holds off new readers",
		Unverified: "id from memory; 4.12.0 and 4.13.4 were read on both sides"}
	DrainCpusLocked = &Change{ID: "a47fed5b5b01", Release: Release{4, 13},
		Title:      "mm: swap: provide lru_add_drain_all_cpuslocked()",
		Summary:    "offlining drains the lists of pages by a variant that expects cpu_hotplug_lock to be held",
		Unverified: "title from memory; 4.12.0 and 4.13.4 were read on both sides"}
	ZoneAtOnline = &Change{ID: "f1dd2cd13c4b", Release: Release{4, 13},
		Title:      "mm, memory_hotplug: do not associate hotadded memory to zones until online",
		Summary:    "the span of a zone grows in online_pages(), and no longer when memory is added",
		Unverified: "id and title from memory; 4.12.0 and 4.13.4 were read on both sides"}
	PercpuMemHotplug = &Change{ID: "3f906ba23689", Release: Release{4, 13},
		Title:   "mm/memory-hotplug: switch locking to a percpu rwsem",
		Summary: "mem_hotplug_lock becomes a percpu rwsem; mem_hotplug_begin() takes cpu_hotplug_lock for reading first",
		Needs:   []*Change{PercpuCPUHotplug, DrainCpusLocked}}
	Memtrace = &Change{ID: "9d5171a8f248", Release: Release{4, 14},
		Title:   "powerpc/powernv: Enable removal of memory for in memory tracing",
		Summary: "memtrace offlines and removes memory; offline_pages() is called without any lock"}
	AnyZone = &Change{ID: "c6f03e2903c9", Release: Release{4, 14},
		Title:      "mm, memory_hotplug: remove zone restrictions",
		Summary:    "online_pages() finds a zone for every type, and no longer returns -EINVAL",
		Unverified: "id from memory; 4.13.4 and 4.14.74 were read on both sides"}
	OfflineForever = &Change{ID: "ecde0f3e7f9e", Release: Release{4, 15},
		Title:      "mm, memory_hotplug: remove timeout from __offline_memory",
		Summary:    "offlining has no limit of 120 s, and no longer returns -EAGAIN",
		Unverified: "id and release from memory; 4.14.170 and 4.16.13 were read on both sides"}
	DrainWithoutCPULock = &Change{ID: "9852a7212324", Release: Release{4, 16},
		Title:   "mm: drop hotplug lock from lru_add_drain_all()",
		Summary: "lru_add_drain_all() no longer takes cpu_hotplug_lock"}
	NodeOnDemand = &Change{ID: "b9ff036082cd", Release: Release{4, 19},
		Title:      "mm/memory_hotplug.c: make add_memory_resource use __try_online_node",
		Summary:    "try_online_node() looks whether the node is online under mem_hotplug_lock, not before it",
		Unverified: "id from memory; 4.18.0 and 4.19.0 were read on both sides"}
	MemtraceReadd = &Change{ID: "d3da701d3308", Release: Release{4, 19},
		Title:      "powerpc/powernv: Allow memory that has been hot-removed to be hot-added",
		Summary:    "memtrace adds its memory again and onlines it, without device_hotplug_lock",
		Needs:      []*Change{Memtrace},
		Unverified: "id from memory; 4.18.0 and 4.19.0 were read on both sides"}
	RemoveTakesDeviceHotplug = &Change{ID: "d15e59260f62", Release: Release{4, 20},
		Title:   "mm/memory_hotplug: make remove_memory() take the device_hotplug_lock",
		Summary: "remove_memory() takes device_hotplug_lock; __remove_memory() is for callers that hold it",
		Repairs: []*Invariant{DeviceHotplugHeld}}
	AddTakesDeviceHotplug = &Change{ID: "8df1d0e4a265", Release: Release{4, 20},
		Title:   "mm/memory_hotplug: make add_memory() take the device_hotplug_lock",
		Summary: "add_memory() takes device_hotplug_lock; __add_memory() and add_memory_resource() are for callers that hold it; the probe store tries it",
		Repairs: []*Invariant{DeviceHotplugHeld}}
	LockInOnlinePages = &Change{ID: "381eab4a6ee8", Release: Release{4, 20},
		Title:   "mm/memory_hotplug: fix online/offline_pages called w.o. mem_hotplug_lock",
		Summary: "mem_hotplug_lock is back inside online_pages() and offline_pages(); auto-online runs after mem_hotplug_done()",
		Repairs: []*Invariant{PagesUnderMemHotplug, ReadersSeeStable},
		Needs:   []*Change{RemoveTakesDeviceHotplug, AddTakesDeviceHotplug}}
	MemtraceOnlineLock = &Change{ID: "cec1680591d6", Release: Release{4, 20},
		Title:   "powerpc/powernv: hold device_hotplug_lock when calling device_online()",
		Summary: "memtrace holds device_hotplug_lock when it onlines what it added again",
		Repairs: []*Invariant{DeviceHotplugHeld, NoDeadlock}, Needs: []*Change{Memtrace}}
	MemtraceOfflineLock = &Change{ID: "5666848774ef", Release: Release{4, 20},
		Title:   "powerpc/powernv: hold device_hotplug_lock when calling memtrace_offline_pages()",
		Summary: "memtrace holds device_hotplug_lock over its checks, offlining and removal",
		Repairs: []*Invariant{DeviceHotplugHeld, NoBug}, Needs: []*Change{Memtrace}}
	DeviceKill = &Change{ID: "3451a495ef24", Release: Release{5, 1},
		Title:      "driver core: Establish order of operations for device_add and device_del via bitflag",
		Summary:    "device_del() takes device_lock() first, to mark the device dead; since v5.3 in kill_device() (00289cd87676)",
		Unverified: "ids and release from memory; 5.0.1 and 5.2.1 were read on both sides"}
	ProbeStoreUnlock = &Change{ID: "d2ab99403ee0", Release: Release{5, 2},
		Title:   "mm/memory_hotplug: do not unlock when fails to take the device_hotplug_lock",
		Summary: "memory_probe_store() no longer unlocks device_hotplug_lock after it failed to take it",
		Repairs: []*Invariant{LocksBalanced}, Needs: []*Change{AddTakesDeviceHotplug}}
	ReleaseResourceLate = &Change{ID: "d9eb1417c77d", Release: Release{5, 2},
		Title:      "mm/memory_hotplug: release memory resource after arch_remove_memory()",
		Summary:    "the iomem resource of removed memory is released at the end of removal, not before the sections go",
		Unverified: "id and release from memory; 5.0.1 and 5.2.1 were read on both sides"}
	RemoveReturnsBusy = &Change{ID: "eca499ab3749", Release: Release{5, 3},
		Title:   "mm/hotplug: make remove_memory() interface usable",
		Summary: "removal of a block that is not offline returns -EBUSY instead of reaching BUG()",
		Repairs: []*Invariant{NoBug}}
	BlockDevicesOutside = &Change{ID: "4c4b7f9ba948", Release: Release{5, 3},
		Title:   "mm/memory_hotplug: remove memory block devices before arch_remove_memory()",
		Summary: "memory block devices are removed before arch_remove_memory()"}
	CreateBlocksAfter = &Change{ID: "db051a0dac13", Release: Release{5, 3},
		Title:      "mm/memory_hotplug: create memory block devices after arch_add_memory()",
		Summary:    "where the device of a later block of a range cannot be registered, those of the first go again, with their memory",
		Repairs:    []*Invariant{NoOnlineOfRemoved},
		Unverified: "id from memory; 5.2.1 and 5.3.1 were read on both sides"}
	NoMemSysfsMutex = &Change{ID: "848e19ad3c33", Release: Release{5, 5},
		Title:      "drivers/base/memory.c: drop the mem_sysfs_mutex",
		Summary:    "mem_sysfs_mutex is gone: device_hotplug_lock serialises creation and removal of block devices",
		Unverified: "id and release from memory; 5.4.18 and 5.6.4 were read on both sides"}
	RemoveBlocksFirst = &Change{ID: "f1037ec0cc8a", Release: Release{5, 6},
		Title:   "mm/memory_hotplug: fix remove_memory() lockdep splat",
		Summary: "the check and the removal of block devices move in front of mem_hotplug_begin()",
		Needs:   []*Change{BlockDevicesOutside}}
	NoPagesCheck = &Change{ID: "3fccb74cf389", Release: Release{5, 7},
		Title:      "drivers/base/memory.c: drop pages_correctly_probed()",
		Summary:    "onlining no longer looks at the pages of the block, and no longer returns -EBUSY for them. In the same release memory_subsys_offline() stops counting sections (68c3a6ac1d8c)",
		Unverified: "id from memory; 5.6.4 and 5.7.14 were read on both sides"}
	ParseFirst = &Change{ID: "4dc8207bfd45", Release: Release{5, 7},
		Title:      "drivers/base/memory: store mapping between MMOP_* and string in an array",
		Summary:    "the state store reads its word before it tries device_hotplug_lock",
		Unverified: "id from memory; 5.6.4 and 5.7.14 were read on both sides"}
	RemoveUnpairedDone = &Change{ID: "b4223a510e2a", Release: Release{5, 9},
		Title:   "mm/memory_hotplug: fix unpaired mem_hotplug_begin/done",
		Summary: "removal that fails the check no longer calls mem_hotplug_done() without mem_hotplug_begin()",
		Repairs: []*Invariant{LocksBalanced}, Needs: []*Change{RemoveBlocksFirst}}
	MemtraceContig = &Change{ID: "0bd4b96d9910", Release: Release{5, 11},
		Title:   "powernv/memtrace: don't abuse memory hot(un)plug infrastructure for memory allocations",
		Summary: "memtrace no longer uses memory hotplug"}
	HardwareErrors = &Change{ID: "5033091de814", Release: Release{6, 2},
		Title:      "mm/hwpoison: introduce per-memory_block hwpoison counter",
		Summary:    "a block with a hardware error is not onlined: -EHWPOISON, before any lock",
		Unverified: "id and release from memory; 6.1-rc7 and 6.5.0 were read on both sides"}
	LockInBlockOnline = &Change{ID: "001002e73712", Release: Release{6, 7},
		Title:   "mm/memory_hotplug: add missing mem_hotplug_lock",
		Summary: "mem_hotplug_lock moves from online_pages() and offline_pages() up into memory_block_online() and memory_block_offline()",
		Needs:   []*Change{LockInOnlinePages}}
	RemoveBlocksInside = &Change{ID: "6b8f0798b85a", Release: Release{6, 8},
		Title:   "mm/memory_hotplug: split memmap_on_memory requests across memblocks",
		Summary: "block devices are removed under mem_hotplug_lock again",
		Needs:   []*Change{RemoveBlocksFirst}}
	DeviceReady = &Change{ID: "ready_to_probe", Release: Release{7, 1},
		Title:      "driver core: do not probe a device before it is ready",
		Summary:    "device_add() takes device_lock() for a moment, to mark the device ready to be probed, before bus_probe_device()",
		Unverified: "commit id not found, title in our words; 6.19.0 and 7.1.3 were read on both sides, and 6.1.192 has it as a backport"}
)

// CoreChanges returns the changes that decide what the procedures of group core do, oldest first.
func CoreChanges() []*Change {
	return byRelease([]*Change{SysfsTrylock, HotplugWithoutSleep, NodeUnderMemHotplug, OnlineMems, StateStoreLock, MemremapPages, WholeBlocks, AutoOnlineMem, StateStoreReturn,
		MemremapLock, MemremapGate, MemoryAddRemoveLock, AutoOnlineDevice, PercpuCPUHotplug, DrainCpusLocked, ZoneAtOnline, PercpuMemHotplug, Memtrace, AnyZone, OfflineForever, DrainWithoutCPULock, MemtraceReadd, NodeOnDemand,
		RemoveTakesDeviceHotplug, AddTakesDeviceHotplug, LockInOnlinePages, MemtraceOnlineLock, MemtraceOfflineLock,
		DeviceKill, ProbeStoreUnlock, ReleaseResourceLate, RemoveReturnsBusy, BlockDevicesOutside, CreateBlocksAfter, NoMemSysfsMutex, RemoveBlocksFirst,
		NoPagesCheck, ParseFirst, RemoveUnpairedDone, MemtraceContig, HardwareErrors, LockInBlockOnline, RemoveBlocksInside, DeviceReady})
}

// Changes returns every change, oldest first.
func Changes() []*Change { return byRelease(slices.Concat(CoreChanges(), callerChanges())) }

func byRelease(changes []*Change) []*Change {
	slices.SortStableFunc(changes, func(a, b *Change) int { return a.Release.Compare(b.Release) })
	return changes
}
