package spec

// The slab allocator: mm/slab_common.c and mm/slub.c. What stands for a block here is a cache: its sysfs directory and
// its structure for the node that the block belongs to.

// Locks and variables of the slab allocator.
var (
	SlabMutex = &LockClass{Name: "slab_mutex", Kind: Mutex, Doc: "protects the list of caches; mm/slab_common.c"}
	SlabAttr  = &LockClass{Name: "kn->active#slab", Kind: KernfsActive, Scope: PerBlock,
		Doc: "kernfs active reference of an attribute in /sys/kernel/slab/CACHE; mm/slub.c"}
	SlubFlush  = &LockClass{Name: "flush_lock", Kind: Mutex, Doc: "serialises flushes of the CPU slabs; mm/slub.c"}
	SlabListed = &VarClass{Name: "cache on slab_caches", Values: []string{"no", "yes"},
		Doc: "whether a new cache is on the list of caches; mm/slab_common.c", Protected: lockOf(SlabMutex)}
	SlabNode = &VarClass{Name: "kmem_cache_node", Values: []string{"none", "allocated"},
		Doc: "s->node[nid], the structure of the cache for the node that comes online; mm/slub.c", Protected: lockOf(SlabMutex)}
	SlabNodes = &VarClass{Name: "slab_nodes", Values: []string{"no", "yes"},
		Doc: "whether slab counts the node as one with memory, since 7e1fa93deff4; mm/slub.c", Protected: lockOf(SlabMutex)}
	NodeHasMemory = &VarClass{Name: "N_NORMAL_MEMORY", Values: []string{"no", "yes"},
		Doc: "whether the node counts as one with memory: node_states_set_node(); mm/memory_hotplug.c", Protected: lockOf(MemHotplug)}
)

var slabMutex = SlabMutex.Of(NoBlock)

// slabLock is what kmem_cache_create(), kmem_cache_destroy() and kmem_cache_shrink() take first.
func slabLock(t Task) (unlock func()) {
	k := t.Kernel()
	cpus, mems := !k.Has(SlabNoCPULock), k.Has(SlabOnlineMems) && !k.Has(NodeMaskOfSlab)
	if cpus {
		t.RLock(CPUHotplugLock)
	}
	if mems {
		getOnlineMems(t)
	}
	return func() {
		if mems {
			putOnlineMems(t)
		}
		if cpus {
			t.RUnlock(CPUHotplugLock)
		}
	}
}

// kmemCacheCreate models kmem_cache_create(): the new cache gets a structure for each node that has memory.
func kmemCacheCreate(t Task, _ Block) Errno {
	defer slabLock(t)()
	t.Lock(slabMutex)
	defer t.Unlock(slabMutex)
	if t.Read(SlabListed.Of(NoBlock)) == True {
		return EEXIST
	}
	nodes := NodeHasMemory
	if t.Kernel().Has(NodeMaskOfSlab) {
		nodes = SlabNodes
	}
	if t.Read(nodes.Of(NoBlock)) == True { // init_kmem_cache_nodes()
		t.Write(SlabNode.Of(NoBlock), True)
	}
	t.Write(SlabListed.Of(NoBlock), True)
	return OK
}

// kmemCacheAlloc models an allocation on the node: a cache without a structure for a node that has memory is a NULL
// pointer that slab follows. It looks while neither slab nor memory hotplug is at work, so that it sees what stays.
func kmemCacheAlloc(t Task, _ Block) Errno {
	getOnlineMems(t)
	defer putOnlineMems(t)
	t.Lock(slabMutex)
	defer t.Unlock(slabMutex)
	if t.Read(SlabListed.Of(NoBlock)) == True && t.Read(NodeHasMemory.Of(NoBlock)) == True {
		t.Assert(SlabNode.Of(NoBlock), True, NoBug)
	}
	return OK
}

// kmemCacheDestroy models kmem_cache_destroy() and shutdown_cache(): the attributes of the cache go under slab_mutex.
func kmemCacheDestroy(t Task, b Block) Errno {
	defer slabLock(t)()
	t.Lock(slabMutex)
	kernfsRemove(t, SlabAttr.Of(b)) // sysfs_slab_unlink()
	t.Unlock(slabMutex)
	return OK
}

// slabAttrShow models show_slab_objects(): before e4f8e513c3d3 it takes mem_hotplug_lock with the attribute in use, after
// it nothing keeps the structure of the node.
func slabAttrShow(t Task, b Block) Errno {
	return sysfsRead(t, SlabAttr.Of(b), func() {
		if !t.Kernel().Has(SlabShowLockless) {
			getOnlineMems(t)
			defer putOnlineMems(t)
		}
		if t.Read(SlabNode.Of(NoBlock)) == True { // for_each_kmem_cache_node()
			t.Assert(SlabNode.Of(NoBlock), True, NoBug) // n->nr_partial
		}
	})
}

// slabShrinkStore models shrink_store() and kmem_cache_shrink().
func slabShrinkStore(t Task, b Block) Errno {
	return sysfsWrite(t, SlabAttr.Of(b), func() Errno {
		defer slabLock(t)()
		return OK
	})
}

// slabCallback models slab_memory_callback(): going online, every cache on the list gets a structure for the node.
func slabCallback(t Task, a MemAction, _ Block) Errno {
	switch a {
	case GoingOnline:
		t.Lock(slabMutex)
		setSlabNodes(t, True)
		if t.Read(SlabListed.Of(NoBlock)) == True {
			t.Write(SlabNode.Of(NoBlock), True)
		}
		t.Unlock(slabMutex)
	case Online:
		t.Write(NodeHasMemory.Of(NoBlock), True) // node_states_set_node(), just before the chain is called
	case Offline, CancelOnline:
		if a == Offline {
			t.Write(NodeHasMemory.Of(NoBlock), False)
		}
		t.Lock(slabMutex)
		setSlabNodes(t, False)
		if !t.Kernel().Has(NodeNeverFreed) {
			t.Write(SlabNode.Of(NoBlock), False)
		}
		t.Unlock(slabMutex)
	}
	return OK
}

func setSlabNodes(t Task, value int) {
	if t.Kernel().Has(NodeMaskOfSlab) {
		t.Write(SlabNodes.Of(NoBlock), value)
	}
}

// slabOnline is a task that onlines the memory of a node, with slab's callback registered.
func slabOnline(t Task, b Block) Errno { return underGate(WithHooks(t, slabHooks()), b, deviceOnline) }

// slabOffline is a task that offlines the memory of a node, with slab's callback registered.
func slabOffline(t Task, b Block) Errno {
	return underGate(WithHooks(t, slabHooks()), b, deviceOffline)
}

func slabHooks() Hooks {
	return Hooks{NodeNotify: []Callback{slabCallback}}
}

// underGate runs device_online() or device_offline() of a block that is there with device_hotplug_lock held, and with mem_hotplug_lock
// where online_pages() expects its caller to take it.
func underGate(t Task, b Block, f func(Task, Block) Errno) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	if t.Read(Presence.Of(b)) != Present {
		return ENODEV
	}
	k := t.Kernel()
	if k.Has(StateStoreLock) && !k.Has(LockInOnlinePages) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	return f(t, b)
}

// slubFlushNext models flush_all() of linux-next in August 2021, called with slab_mutex held: flush_lock, and inside it cpu_hotplug_lock.
func slubFlushNext(t Task, _ Block) Errno {
	t.Lock(slabMutex)
	t.Lock(SlubFlush.Of(NoBlock))
	t.RLock(CPUHotplugLock)
	t.RUnlock(CPUHotplugLock)
	t.Unlock(SlubFlush.Of(NoBlock))
	t.Unlock(slabMutex)
	return OK
}

// slubFlush models flush_all_cpus_locked() of v5.15: cpu_hotplug_lock is outermost.
func slubFlush(t Task, _ Block) Errno {
	t.RLock(CPUHotplugLock)
	t.Lock(slabMutex)
	t.Lock(SlubFlush.Of(NoBlock))
	t.Unlock(SlubFlush.Of(NoBlock))
	t.Unlock(slabMutex)
	t.RUnlock(CPUHotplugLock)
	return OK
}

// GroupSlab are the slab allocator's readers of the hotplug locks.
const GroupSlab = "slab"

func slabActors() []Actor {
	return inGroup(GroupSlab,
		Actor{Name: "kmem_cache_create", Doc: "a driver creates a slab cache", Run: kmemCacheCreate},
		Actor{Name: "kmem_cache_alloc", Doc: "an allocation from the new cache on the node", Run: kmemCacheAlloc},
		Actor{Name: "kmem_cache_destroy", Doc: "a driver destroys a slab cache", PerBlock: true, Run: kmemCacheDestroy},
		Actor{Name: "slab_attr_show", Doc: "user space reads /sys/kernel/slab/CACHE/partial", PerBlock: true, Run: slabAttrShow},
		Actor{Name: "slab_shrink_store", Doc: "user space writes /sys/kernel/slab/CACHE/shrink", PerBlock: true, Run: slabShrinkStore},
		Actor{Name: "slub_flush", Doc: "slub flushes the CPU slabs", Run: slubFlush},
		Actor{Name: "slab_online", Doc: "a task onlines a block, with slab's memory notifier", PerBlock: true, Run: slabOnline},
		Actor{Name: "slab_offline", Doc: "a task offlines a block, with slab's memory notifier", PerBlock: true, Run: slabOffline},
	)
}
