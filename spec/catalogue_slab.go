package spec

// Bugs of the slab allocator with memory and CPU hotplug.

func slabBugs() []Bug {
	return []Bug{
		{ID: "B09", Title: "memory hotplug and CPU hotplug deadlock through slab", Fix: []*Change{PercpuMemHotplug, DrainCpusLocked}, Causes: []string{"B10", "B15", "B19", "B30"},
			Story: "Memory hotplug holds mem_hotplug_lock when it reads cpu_hotplug_lock; slab reads cpu_hotplug_lock and then mem_hotplug_lock. Between the two readers " +
				"a pending CPU hotplug closes the cycle, once cpu_hotplug_lock is a percpu rwsem. The repair reads cpu_hotplug_lock in mem_hotplug_begin(), before mem_hotplug_lock.",
			Source: "3f906ba23689; v4.12.0 and v4.13.4",
			Scenarios: []Scenario{{Before: "v4.13-3f906ba23689-a47fed5b5b01", After: "v4.13", Actors: "slab_offline,kmem_cache_create,cpu_up", Tasks: 3,
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"cpu_up", "kmem_cache_create", "slab_offline"}},
				{Before: "v4.13-3f906ba23689-167d0f258f53", After: "v4.13-167d0f258f53", Actors: "zonelist_order,online_mems_reader", Opens: []*Invariant{PagesUnderMemHotplug, ReadersSeeStable}},
				{Before: "v4.13-3f906ba23689", After: "v4.13", Actors: "slab_attr_show,kmem_cache_destroy,memremap_pages", Tasks: 3, Opens: []*Invariant{NoDeadlock, LockOrder}},
				{Before: "v4.13-3f906ba23689", After: "v4.13", Actors: "ksmd,ksm_offline,cpu_up", Tasks: 3, Opens: []*Invariant{NoDeadlock, LockOrder}},
				{Before: "v4.13-3f906ba23689", After: "v4.13", Actors: "dlpar_add", Opens: []*Invariant{NoRecursion}}}},
		{ID: "B14", Title: "a new cache misses the node that comes online", Fix: []*Change{OnlineMems, SlabOnlineMems}, Causes: []string{"B11", "B15", "B16"},
			Story: "kmem_cache_create() looks at the nodes that have memory before the new one is among them; the callback of MEM_GOING_ONLINE walks the caches before the " +
				"new one is on the list. The cache has no structure for the node. The repair reads mem_hotplug_lock around the creation, inside " +
				"cpu_hotplug_lock: the other way round than offline_pages(), which becomes B09. It needs a lock that readers share, and that home-made lock is B11.",
			Source: "told again in 7e1fa93deff4; v3.15.5, v3.16.0 and v3.18.20",
			Scenarios: []Scenario{{Before: "v3.16-bfc8c90139eb-03afc0e25f7f", After: "v3.16", Actors: "writer_acpi,writer_s390,counted_reader", Tasks: 3, Opens: []*Invariant{NoDeadlock}},
				{Before: "v3.18-03afc0e25f7f", After: "v3.18", Actors: "kmem_cache_create,slab_online,kmem_cache_alloc", Tasks: 3,
					Breaks: []*Invariant{NoBug}, By: []string{"kmem_cache_alloc"}, Opens: []*Invariant{DeclaredOrder}},
				{Before: "v5.10-03afc0e25f7f", After: "v5.10+59450bbc12be+7e1fa93deff4", Actors: "kmem_cache_create,slab_online,slab_offline,kmem_cache_alloc", Tasks: 3,
					Breaks: []*Invariant{NoBug}, By: []string{"kmem_cache_alloc"}},
				{Before: "v5.3-03afc0e25f7f", After: "v5.3", Actors: "slab_attr_show,kmem_cache_destroy,memremap_pages", Tasks: 3, Opens: []*Invariant{NoDeadlock, LockOrder}},
				{Before: "v5.10-03afc0e25f7f", After: "v5.10", Actors: "slab_shrink_store,kmem_cache_destroy,memremap_pages", Tasks: 3, Opens: []*Invariant{NoDeadlock, LockOrder}}}},
		{ID: "B15", Title: "reading an attribute of a cache deadlocks with its removal", Fix: []*Change{SlabShowLockless}, Causes: []string{"B17"},
			Story: "A reader of /sys/kernel/slab uses the attribute and reads mem_hotplug_lock; kmem_cache_destroy() reads mem_hotplug_lock and waits for the users of the attribute. " +
				"A pending memory hotplug holds off the reader. The repair reads without the lock.",
			Source: "e4f8e513c3d3; v5.3.1 and v5.10.185",
			Scenarios: []Scenario{{Before: "v5.3", After: "v5.3+e4f8e513c3d3", Actors: "slab_attr_show,kmem_cache_destroy,memremap_pages", Tasks: 3,
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"kmem_cache_destroy", "memremap_pages", "slab_attr_show"}},
				{Before: "v5.3", After: "v5.3+e4f8e513c3d3", Actors: "slab_attr_show,kmem_cache_destroy,memremap_pages,slab_online,slab_offline,kmem_cache_create", Tasks: 3,
					Breaks: []*Invariant{NoDeadlock}, Opens: []*Invariant{NoBug}}}},
		{ID: "B16", Title: "shrinking a cache deadlocks with its removal", Fix: []*Change{NodeMaskOfSlab, SlabNoCPULock},
			Story: "A store to the shrink attribute uses it and reads cpu_hotplug_lock and mem_hotplug_lock; kmem_cache_destroy() reads both and waits for the users of the attribute. " +
				"A pending memory hotplug holds off the store. The repairs let slab do without both locks.",
			Source: "59450bbc12be, 7e1fa93deff4; v5.10.185",
			Scenarios: []Scenario{{Before: "v5.10", After: "v5.10+59450bbc12be+7e1fa93deff4", Actors: "slab_shrink_store,kmem_cache_destroy,memremap_pages", Tasks: 3,
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"kmem_cache_destroy", "memremap_pages", "slab_shrink_store"}}}},
		{ID: "B17", Title: "reading an attribute of a cache uses a structure that is freed", Fix: []*Change{NodeNeverFreed},
			Story:  "Since e4f8e513c3d3 the reader holds nothing while it uses the structure of a node, and the callback of MEM_OFFLINE frees it. The repair never frees it.",
			Source: "666716fd267d and its patch; v5.10.185",
			Scenarios: []Scenario{{Before: "v5.10", After: "v5.10+666716fd267d", Actors: "slab_attr_show,slab_online,slab_offline,kmem_cache_create", Tasks: 2,
				Breaks: []*Invariant{NoBug}, By: []string{"slab_attr_show"}}}},
		{ID: "B57", Title: "flushing CPU slabs deadlocks with offlining",
			Story: "In linux-next flush_lock was taken before cpu_hotplug_lock, with slab_mutex held; offlining holds cpu_hotplug_lock for reading when slab's callback takes slab_mutex. " +
				"A pending CPU hotplug closes the cycle. No release had it: in v5.15 cpu_hotplug_lock is outermost.",
			Source: "the report of August 2021", Unverified: "the tree of linux-next was not read; the order of v5.15 is told by the report's answer",
			Scenarios: []Scenario{{Before: "v5.10+59450bbc12be+7e1fa93deff4", After: "v5.10+59450bbc12be+7e1fa93deff4", Tasks: 3,
				Actors: "slub_flush_next,slab_offline,cpu_up", AfterActors: "slub_flush,slab_offline,cpu_up",
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"cpu_up", "slab_offline", "slub_flush_next"}}}},
	}
}
