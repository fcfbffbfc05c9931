package spec

// The changes of the callers, readers and callbacks of memory hotplug, and those older than the oldest kernel. One whose
// commit id is not known is named by words.
var (
	NodeUnderMemHotplug = &Change{ID: "01b0f19707c5", Release: Release{3, 13},
		Title:   "cpu/mem hotplug: add try_online_node() for cpu_up()",
		Summary: "cpu_up() onlines the node of a CPU with mem_hotplug_lock held",
		Repairs: []*Invariant{PagesUnderMemHotplug}, Unverified: "read as a page of the commit, not as a tree; v3.18 has it"}
	SysfsTrylock = &Change{ID: "5e33bc4165f3", Release: Release{3, 12},
		Title:   "driver core / ACPI: Avoid device hot remove locking issues",
		Summary: "a sysfs store tries device_hotplug_lock and restarts the system call, instead of waiting for it",
		Repairs: []*Invariant{NoDeadlock}, Unverified: "the tree before it was not read; v3.18 has it"}
	SlabOnlineMems = &Change{ID: "03afc0e25f7f", Release: Release{3, 16},
		Title:   "slab: get_online_mems for kmem_cache_{create,destroy,shrink}",
		Summary: "creating, destroying and shrinking a cache excludes memory hotplug",
		Needs:   []*Change{OnlineMems},
		Repairs: []*Invariant{NoBug}, Unverified: "3.15.5 and 3.16.0 were read on both sides, the commit was not"}
	HyperVMutex = &Change{ID: "hv_region_mutex", Release: Release{4, 1},
		Title:      "Drivers: hv: hv_balloon: do not adjust the regions while memory goes online",
		Summary:    "the Hyper-V balloon takes ha_region_mutex at MEM_GOING_ONLINE and releases it at the closing notification",
		Unverified: "commit id not found, title in our words, release from memory; 3.18.20 and 4.4.220 were read on both sides"}
	HyperVCancel = &Change{ID: "hv_cancel_online", Release: Release{4, 2},
		Title:   "Drivers: hv: hv_balloon: check if ha_region_mutex was acquired in MEM_CANCEL_ONLINE case",
		Summary: "MEM_CANCEL_ONLINE releases ha_region_mutex only if somebody holds it",
		Needs:   []*Change{HyperVMutex}, Repairs: []*Invariant{LocksBalanced},
		Unverified: "commit id not found, release from memory; 4.4.220 has it"}
	HyperVBalanced = &Change{ID: "b05d8d9ef5ef", Release: Release{4, 1},
		Title:   "Drivers: hv: hv_balloon: keep locks balanced on add_memory() failure",
		Summary: "the hot-add work takes ha_region_mutex again where add_memory() failed, too",
		Needs:   []*Change{HyperVMutex}, Repairs: []*Invariant{LocksBalanced},
		Unverified: "id from memory; 4.1.3 has it, and 3.18.20 does not drop the mutex yet"}
	XenDropMutex = &Change{ID: "703fc13a3f66", Release: Release{4, 6},
		Title:      "xen_balloon: support memory auto onlining policy",
		Summary:    "the Xen balloon worker drops balloon_mutex around add_memory_resource()",
		Repairs:    []*Invariant{NoDeadlock, NoRecursion},
		Unverified: "id from memory; 4.5.7 and 4.6.2 were read on both sides"}
	HyperVSpinlock = &Change{ID: "hv_ha_lock", Release: Release{4, 9},
		Title:      "Drivers: hv: balloon: replace ha_region_mutex with spinlock",
		Summary:    "the Hyper-V balloon no longer holds a lock across the calls of the notifier chain",
		Repairs:    []*Invariant{LocksBalanced},
		Unverified: "commit id not found, release from memory; 4.4.220 and 4.12.0 were read on both sides"}
	PseriesCheckState = &Change{ID: "1a367063ca0c", Release: Release{4, 13},
		Title:      "powerpc/pseries: Check memory device state before onlining/offlining",
		Summary:    "DLPAR does not take a block that is online already for a failure",
		Repairs:    []*Invariant{NoBug},
		Unverified: "release from memory; 4.12.0 and 4.14.74 were read on both sides"}
	PseriesOnlines = &Change{ID: "943db62c316c", Release: Release{4, 11},
		Title:      "powerpc/pseries: Revert 'Auto-online hotplugged memory'",
		Summary:    "DLPAR onlines what it adds by device_online(), and no longer by the policy",
		Unverified: "release from 4.10.1 and 4.11.0, which were read on both sides"}
	ResizeHPT = &Change{ID: "dbcf929c0062", Release: Release{4, 11},
		Title:      "powerpc/pseries: Add support for hash table resizing",
		Summary:    "pseries resizes the hash page table, with stop_machine(), from arch_add_memory()",
		Unverified: "id from memory; 4.12.0 has it"}
	ZonelistOrderLock = &Change{ID: "167d0f258f53", Release: Release{4, 13},
		Title:      "mm: take memory hotplug lock within numa_zonelist_order_handler()",
		Summary:    "the sysctl takes mem_hotplug_lock around build_all_zonelists()",
		Needs:      []*Change{PercpuMemHotplug},
		Repairs:    []*Invariant{PagesUnderMemHotplug},
		Unverified: "id from memory; its mail and 4.13.4 were read"}
	NoZonelistOrder = &Change{ID: "c9bff3eebc09", Release: Release{4, 14},
		Title:      "mm, page_alloc: rip out ZONELIST_ORDER_ZONE",
		Summary:    "the sysctl no longer rebuilds zonelists",
		Unverified: "id from memory; 4.13.4 and 4.14.74 were read on both sides"}
	IsolateOnce = &Change{ID: "2c7452a075d4", Release: Release{4, 17},
		Title:      "mm/page_isolation.c: make start_isolate_page_range() fail if already isolated",
		Summary:    "the second to isolate a pageblock gets -EBUSY",
		Repairs:    []*Invariant{ReadersSeeStable},
		Unverified: "4.14.74 and 4.17.0 were read on both sides, the commit in quotations"}
	DaxKmem = &Change{ID: "c221c0b0308f", Release: Release{5, 1},
		Title:      "device-dax: Hotplug persistent memory for use like normal RAM",
		Summary:    "dax/kmem adds the memory of a dax device",
		Unverified: "id and release from memory; 5.0.1 and 5.2.1 were read on both sides"}
	VirtioMem = &Change{ID: "5f1f79bbc9e2", Release: Release{5, 8},
		Title:      "virtio-mem: Paravirtualized memory hotplug",
		Summary:    "virtio-mem adds memory block by block",
		Unverified: "id from memory; 5.6.4 and 5.8.1 were read on both sides"}
	ZoneDeviceDrain = &Change{ID: "50f44ee7248a", Release: Release{5, 2},
		Title:      "mm/devm_memremap_pages: fix final page put race",
		Summary:    "teardown waits for the last page reference before it removes the mapping",
		Repairs:    []*Invariant{NoBug},
		Unverified: "release from memory; 5.0.1 and 5.2.1 were read on both sides"}
	HPTCpusLocked = &Change{ID: "c784be435d5d", Release: Release{5, 4},
		Title:   "powerpc/pseries: Fix cpu_hotplug_lock acquisition in resize_hpt()",
		Summary: "resize_hpt() uses stop_machine_cpuslocked(), since mem_hotplug_begin() holds cpu_hotplug_lock",
		Needs:   []*Change{ResizeHPT}, Repairs: []*Invariant{NoRecursion}}
	SlabShowLockless = &Change{ID: "e4f8e513c3d3", Release: Release{5, 4},
		Title:   "mm/slub: fix a deadlock in show_slab_objects()",
		Summary: "reading the attributes of a cache no longer takes mem_hotplug_lock",
		Repairs: []*Invariant{NoDeadlock, LockOrder}}
	DumpAfterUnlock = &Change{ID: "4a55c0474a92", Release: Release{5, 6},
		Title:   "mm/hotplug: silence a lockdep splat with printk()",
		Summary: "isolation prints the unmovable page after it has released zone->lock",
		Repairs: []*Invariant{NoDeadlock, LockOrder}}
	RemovableAlways = &Change{ID: "53cdc1cb29e8", Release: Release{5, 6},
		Title:      "drivers/base/memory.c: indicate all memory blocks as removable",
		Summary:    "memoryN/removable no longer looks at the pages of the block",
		Repairs:    []*Invariant{ReadersSeeStable},
		Unverified: "title from memory; 5.4.18 and 5.6.4 were read on both sides"}
	PtdumpArm64Lock = &Change{ID: "bf2b59f60ee1", Release: Release{5, 7},
		Title:   "arm64/mm: Hold memory hotplug lock while walking for kernel page table dump",
		Summary: "the dump of kernel page tables on arm64 reads under mem_hotplug_lock",
		Repairs: []*Invariant{ReadersSeeStable}}
	PcpDrainAgain = &Change{ID: "968318261221", Release: Release{5, 9},
		Title:      "mm/memory_hotplug: drain per-cpu pages again during memory offline",
		Summary:    "offlining that finds pages not isolated drains the per-CPU lists before it looks again",
		Repairs:    []*Invariant{Progress},
		Unverified: "title from memory; 5.8.1 and 5.9.1 were read on both sides, and 5.4.286 has it as a backport"}
	PcpDisable = &Change{ID: "ec6e8c7e0314", Release: Release{5, 11},
		Title:      "mm, page_alloc: disable pcplists during memory offline",
		Summary:    "offlining holds pcp_batch_high_lock and switches the per-CPU lists of the zone off, from isolation to its end",
		Unverified: "title from memory; 5.10.7 and 5.11.0 were read on both sides"}
	OfflineRange = &Change{ID: "8dc4bb58a146", Release: Release{5, 11},
		Title:      "mm/memory_hotplug: extend offline_and_remove_memory() to handle more than one memory block",
		Summary:    "offline_and_remove_memory() offlines block after block, and brings those back that it did if one cannot be",
		Unverified: "id and title from memory; 5.10.7 and 5.11.0 were read on both sides"}
	NodeMaskOfSlab = &Change{ID: "7e1fa93deff4", Release: Release{5, 12},
		Title:   "mm, slab, slub: stop taking memory hotplug lock",
		Summary: "slab keeps a node mask of its own under slab_mutex, and takes mem_hotplug_lock no more",
		Repairs: []*Invariant{NoDeadlock, LockOrder}}
	SlabNoCPULock = &Change{ID: "59450bbc12be", Release: Release{5, 12},
		Title:   "mm, slab, slub: stop taking cpu hotplug lock",
		Summary: "creating, destroying and shrinking a cache no longer takes cpu_hotplug_lock",
		Repairs: []*Invariant{NoDeadlock, LockOrder}}
	NodeNeverFreed = &Change{ID: "666716fd267d", Release: Release{5, 12},
		Title:   "mm, slub: stop freeing kmem_cache_node structures on node offline",
		Summary: "MEM_OFFLINE no longer frees the per-node structure of a cache",
		Repairs: []*Invariant{NoBug}}
	MemremapGate = &Change{ID: "b5d24fda9c3d", Release: Release{4, 11}, Gone: Release{4, 11},
		Title:      "mm, devm_memremap_pages: hold device_hotplug lock over mem_hotplug_{begin, done}",
		Summary:    "devm_memremap_pages() takes device_hotplug_lock; 55adc1d05dca undid it before v4.11",
		Needs:      []*Change{MemremapLock},
		Unverified: "read in later mails; 4.11.0 does not have it, 4.9.22 and 4.9.229 have it as a backport"}
	LinearMappingMutex = &Change{ID: "e5b2af044f31", Release: Release{5, 11},
		Title:      "powerpc/mm: protect linear mapping modifications by a mutex",
		Summary:    "the linear mapping of powerpc has a lock of its own",
		Repairs:    []*Invariant{AddRemoveUnderMemHotplug},
		Unverified: "the changelog was not read; 5.10.7 and 5.11.0 were read on both sides"}
	KcoreFreeze = &Change{ID: "82840451936f", Release: Release{5, 14},
		Title:   "mm: introduce page_offline_(begin|end|freeze|thaw) to synchronize setting PageOffline()",
		Summary: "page_offline_rwsem, and /proc/kcore reads it while it reads pages (2711032c64a8)",
		Repairs: []*Invariant{ReadersSeeStable}, Unverified: "the id of the change of /proc/kcore is from memory; 5.12.9 and 5.14-rc5 were read on both sides"}
	VirtioMemFreeze = &Change{ID: "6cc26d77613a", Release: Release{5, 14},
		Title:   "virtio-mem: use page_offline_(start|end) when setting PageOffline()",
		Summary: "virtio-mem writes page_offline_rwsem around setting PageOffline()",
		Needs:   []*Change{KcoreFreeze}, Repairs: []*Invariant{ReadersSeeStable}, Unverified: "5.12.9 and 5.14-rc5 were read on both sides, the commit was not"}
	VirtioMemLeaveRCU = &Change{ID: "425bec0032f5", Release: Release{5, 14},
		Title:   "virtio-mem: fix sleeping in RCU read side section in virtio_mem_online_page_cb()",
		Summary: "virtio-mem leaves the RCU read-side critical section before it sets pages offline",
		Needs:   []*Change{VirtioMemFreeze}, Repairs: []*Invariant{NoBug}, Unverified: "6.1.158 was read"}
	MemmapOnMemory = &Change{ID: "a08a2ae34613", Release: Release{5, 14},
		Title:      "mm,memory_hotplug: allocate memmap from the added memory range",
		Summary:    "a block can hold its own memmap, which is put into the zone when the block is onlined",
		Unverified: "5.12.9 and 5.14-rc5 were read on both sides, the commit was not"}
	SpanWithoutSeqlock = &Change{ID: "27cacaad16c5", Release: Release{5, 14},
		Title:      "mm,memory_hotplug: drop unneeded locking",
		Summary:    "spans of zones and nodes are written under mem_hotplug_lock alone, no longer under their seqlock and pgdat_resize_lock()",
		Unverified: "id, title and release from memory; 5.12.9 and 5.14-rc5 were read on both sides"}
	ZonelistSeqcount = &Change{ID: "3d36424b3b58", Release: Release{6, 0},
		Title:   "mm/page_alloc: fix race condition between build_all_zonelists and page allocation",
		Summary: "an allocation that finds no zone tries again if the zonelists were being rebuilt",
		Repairs: []*Invariant{ReadersSeeStable}, Unverified: "release from memory; 6.0-rc1 and 6.1-rc7 were read on both sides"}
	PageExtRCU = &Change{ID: "b1d5488a2528", Release: Release{6, 1},
		Title:   "mm: fix use-after free of page_ext after race with memory-offline",
		Summary: "users of page_ext are in an RCU read-side critical section, and offlining waits for them",
		Repairs: []*Invariant{NoBug}, Unverified: "id from memory; 6.0-rc1 and 6.1-rc7 were read on both sides"}
	ZonelistIrqsOff = &Change{ID: "1007843a9190", Release: Release{6, 3},
		Title:   "mm/page_alloc: fix potential deadlock on zonelist_update_seq seqlock",
		Summary: "zonelists are rebuilt with interrupts off and messages deferred",
		Needs:   []*Change{ZonelistSeqcount}, Repairs: []*Invariant{NoDeadlock}, Unverified: "release from memory; 6.1.20 and 6.5.0 were read on both sides, and 6.1.55 has it as a backport"}
	CxlDax = &Change{ID: "09d09e04d2fc", Release: Release{6, 3},
		Title:      "cxl/dax: Create dax devices for CXL RAM regions",
		Summary:    "the memory of a CXL region becomes that of a dax device",
		Unverified: "id and release from memory; 7.1.5 was read"}
	DaxRegionSem = &Change{ID: "c05ae9d85b47", Release: Release{6, 9},
		Title:      "dax/bus.c: replace driver-core lock usage by a local rwsem",
		Summary:    "dax_region_rwsem is written while the device of a dax region is made or goes, but when it goes while somebody else has the lock",
		Unverified: "id from memory; 6.8.0 and 6.9.0 were read on both sides"}
	DaxUnregisterLocks = &Change{ID: "dax_unregister_locks", Release: Release{6, 10},
		Title:      "dax/bus.c: fix locking for unregister_dax_dev / unregister_dax_mapping paths",
		Summary:    "unregister_dev_dax() takes dax_region_rwsem, and no longer does without if somebody has it",
		Needs:      []*Change{DaxRegionSem},
		Unverified: "commit id not found; the title is in the list of a merge, 6.9.0 and 6.12.0 were read on both sides"}
	NodeNotifier = &Change{ID: "8d2882a8edb8", Release: Release{6, 17},
		Title:      "mm,memory_hotplug: implement numa node notifier",
		Summary:    "a chain of its own tells of the first and the last memory of a node; slab, memory tiers and HMAT move to it",
		Unverified: "id and release from memory; 6.12.0 and 6.17.0 were read on both sides"}
	PrepareNotifier = &Change{ID: "c5f1e2d18909", Release: Release{6, 9}, Gone: Release{6, 19},
		Title:      "mm/memory_hotplug: introduce MEM_PREPARE_ONLINE/MEM_FINISH_OFFLINE notifiers",
		Summary:    "memory_block_online() and memory_block_offline() call the memory notifier chain once more, with mem_hotplug_lock held; undone by 300709fbefd1",
		Needs:      []*Change{LockInBlockOnline},
		Unverified: "the commit was not read; 6.8.0 and 6.9.0 were read on both sides, and 6.18.2 and 6.19.0 on those of 300709fbefd1"}
	MemoryTiers = &Change{ID: "992bf77591cb", Release: Release{6, 1},
		Title:      "mm/demotion: add support for explicit memory tiers",
		Summary:    "a callback of the memory notifier chain takes memory_tier_lock",
		Unverified: "id from memory; 6.0-rc1 and 6.1-rc7 were read on both sides"}
	MigrationWaitUnpinned = &Change{ID: "9a1ea439b16b", Release: Release{5, 0},
		Title:   "mm: put_and_wait_on_page_locked() while page is migrated",
		Summary: "who waits for a page that is migrated does not keep a reference to it meanwhile",
		Repairs: []*Invariant{Progress}}
	UsageRCU = &Change{ID: "5ec8e8ea8b77", Release: Release{6, 8},
		Title:   "mm/sparsemem: fix race in accessing memory_section->usage",
		Summary: "a section is marked invalid first, and its usage map is freed after a grace period",
		Repairs: []*Invariant{NoBug}, Unverified: "6.6.9 and 6.12.0 were read on both sides"}
	PtdumpLock = &Change{ID: "59305202c67f", Release: Release{6, 17},
		Title:   "mm/ptdump: take the memory hotplug lock inside ptdump_walk_pgd()",
		Summary: "every dump of kernel page tables reads mem_hotplug_lock",
		Repairs: []*Invariant{ReadersSeeStable}, Unverified: "6.12.0 and 6.17.0 were read on both sides"}
	PciInitialProbe = &Change{ID: "pci_initial_probe", Release: Release{6, 17},
		Title:      "PCI: Allow built-in drivers to use async initial probing",
		Summary:    "pci_bus_add_device() lets a driver that asks for it, as cxl_pci does, probe a new device later, by device_initial_probe()",
		Unverified: "commit id not found; its mail, 6.12.0 and 6.17.0 were read"}
	OfflineAtomic = &Change{ID: "a7cc262a1135", Release: Release{7, 2},
		Title:      "driver core: Replace dev->offline + ->offline_disabled with accessors",
		Summary:    "dev->offline no longer shares a word with flags that other locks protect: it is a bit of dev->flags, set and cleared by atomic bit operations",
		Repairs:    []*Invariant{BlockDeviceAgree},
		Unverified: "that v7.2 is its release: it was in driver-core-next on 2 May 2026 and in tip on 15 June, 7.1.5 lacks it, and the tree of v7.2 was not read"}
)

func callerChanges() []*Change {
	return []*Change{SlabOnlineMems, HyperVMutex, HyperVBalanced, HyperVCancel, XenDropMutex, HyperVSpinlock, PseriesOnlines, ResizeHPT,
		PseriesCheckState, ZonelistOrderLock, NoZonelistOrder, MigrationWaitUnpinned, IsolateOnce, DaxKmem, VirtioMem, ZoneDeviceDrain, HPTCpusLocked, SlabShowLockless,
		DumpAfterUnlock, RemovableAlways, PtdumpArm64Lock, PcpDrainAgain, PcpDisable, OfflineRange, NodeMaskOfSlab, SlabNoCPULock, NodeNeverFreed,
		LinearMappingMutex, KcoreFreeze, VirtioMemFreeze, VirtioMemLeaveRCU, MemmapOnMemory, SpanWithoutSeqlock, ZonelistSeqcount, PageExtRCU, ZonelistIrqsOff, CxlDax, DaxRegionSem, DaxUnregisterLocks, MemoryTiers, PrepareNotifier, NodeNotifier, UsageRCU, PtdumpLock, PciInitialProbe, OfflineAtomic}
}
