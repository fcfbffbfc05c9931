package spec

// Things that look wrong beside the rules of memory hotplug: mm/memory_hotplug.c, drivers/base/memory.c, drivers/acpi/acpi_processor.c.

// Locks and variables of nodes, zones and blocks.
var (
	NodeSpan = &VarClass{Name: "node_spanned_pages", Values: []string{"0", "some"},
		Doc: "whether the node of a CPU spans pages, such as ZONE_DEVICE; mm/memory_hotplug.c", Protected: lockOf(MemHotplug), WriteRule: PagesUnderMemHotplug}
	NodeOnline = &VarClass{Name: "node_online_map", Values: []string{"online", "offline"},
		Doc: "whether that node is online; node_set_online(), node_set_offline()", Protected: lockOf(MemHotplug), WriteRule: PagesUnderMemHotplug}
	KernelZone = &VarClass{Name: "spans of kernel and movable zones", Values: []string{"as chosen", "changed"},
		Doc: "what zone_for_pfn_range() looks at: spans of ZONE_NORMAL and ZONE_MOVABLE, never of ZONE_DEVICE", Protected: lockOf(MemHotplug)}
	ZoneStart  = &VarClass{Name: "zone->zone_start_pfn", Values: []string{"high", "low"}, Doc: "the start of a zone that grows downwards; mm/memory_hotplug.c", Protected: lockOf(MemHotplug)}
	ZoneLength = &VarClass{Name: "zone->spanned_pages", Values: []string{"short", "long"}, Doc: "the length of that zone; mm/memory_hotplug.c", Protected: lockOf(MemHotplug)}
	SpanSeq    = &LockClass{Name: "zone->span_seqlock", Kind: Rwsem,
		Doc: "a reader that meets a writer tries again: for a model, it waits; page_outside_zone_boundaries(), mm/page_alloc.c. Without writers since 27cacaad16c5"}
	BlockParts = &VarClass{Name: "mem->altmap and mem->group", Values: []string{"set", "unset"}, Scope: PerBlock,
		Doc: "fields that add_memory_block() sets after device_register(); drivers/base/memory.c"}
)

// Functions of nodes and zones.
var (
	TryOfflineNode = &Function{Name: "try_offline_node", File: fileHotplug, Doc: "offlines a node without memory and CPUs"}
	PageOutside    = &Function{Name: "page_outside_zone_boundaries", File: "mm/page_alloc.c", Doc: "part of bad_range(), which VM_BUG_ON_PAGE() asks with CONFIG_DEBUG_VM"}
	ResizeZone     = &Function{Name: "resize_zone_range", File: fileHotplug, Doc: "grows the span of a zone"}
	AddMemoryBlock = &Function{Name: "add_memory_block", File: fileMemory, Doc: "registers a memory block device"}
	PagemapRange   = &Function{Name: "pagemap_range", File: "mm/memremap.c", Doc: "puts ZONE_DEVICE memory into a node, with mem_hotplug_lock and no other"}
)

// acpiCPUEject models the end of the eject of the last CPU of a node without memory: acpi_processor_remove(), acpi_processor_post_eject() in 7.1.5,
// calls try_offline_node() when it has released all its locks; device_hotplug_lock is held around it (acpi_device_hotplug()).
func acpiCPUEject(t Task, _ Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	t.Lock(AcpiScanLock)
	defer t.Unlock(AcpiScanLock)
	if t.Kernel().Has(OfflineNodeLocked) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	defer t.Call(TryOfflineNode)()
	if t.Read(NodeSpan.Of(NoBlock)) == True {
		return EBUSY
	}
	t.Write(NodeOnline.Of(NoBlock), True)
	return OK
}

// memremapNode models pagemap_range() of a device of that node. It does not ask whether the node is online. That the node went before is left out:
// the matter here is a node that goes while it gets pages.
func memremapNode(t Task, _ Block) Errno {
	defer t.Call(PagemapRange)()
	memHotplugBegin(t)
	defer memHotplugDone(t)
	if t.Read(NodeOnline.Of(NoBlock)) == True {
		return ENODEV
	}
	t.Write(NodeSpan.Of(NoBlock), True) // move_pfn_range_to_zone(): resize_pgdat_range()
	return OK
}

// memunmapNode models memunmap_pages() of that device, whose pages must still be those of an online node.
func memunmapNode(t Task, _ Block) Errno {
	defer t.Call(MemunmapPages)()
	memHotplugBegin(t)
	defer memHotplugDone(t)
	if t.Read(NodeSpan.Of(NoBlock)) == True {
		t.Assert(NodeOnline.Of(NoBlock), False, PagesUnderMemHotplug)
		t.Write(NodeSpan.Of(NoBlock), False)
	}
	return OK
}

// cpuNodeUp models try_online_node() before a CPU of that node comes up, for a caller that holds device_hotplug_lock.
func cpuNodeUp(t Task, _ Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	defer t.Call(TryOnlineNode)()
	memHotplugBegin(t)
	t.Write(NodeOnline.Of(NoBlock), False)
	memHotplugDone(t)
	return OK
}

// zoneChosen models memory_block_online(): zone_for_pfn_range() chooses the zone before mem_hotplug_lock is taken.
func zoneChosen(gate bool) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno {
		if gate {
			lockDeviceHotplug(t)
			defer unlockDeviceHotplug(t)
		}
		defer t.Call(BlockOnline)()
		v := KernelZone.Of(NoBlock)
		chosen := t.Read(v)
		memHotplugBegin(t)
		defer memHotplugDone(t)
		t.Assert(v, chosen, PagesUnderMemHotplug)
		t.Write(v, 1-chosen) // move_pfn_range_to_zone(), or remove_pfn_range_from_zone() of one that goes offline
		return OK
	}
}

// zoneGrows models resize_zone_range() of a zone that gets memory below it: two assignments.
func zoneGrows(t Task, _ Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	memHotplugBegin(t)
	defer memHotplugDone(t)
	defer t.Call(ResizeZone)()
	if !t.Kernel().Has(SpanWithoutSeqlock) || t.Kernel().Has(SpanSeqlockAgain) {
		t.Lock(SpanSeq.Of(NoBlock)) // zone_span_writelock()
		defer t.Unlock(SpanSeq.Of(NoBlock))
	}
	t.Write(ZoneStart.Of(NoBlock), True)
	t.Write(ZoneLength.Of(NoBlock), True)
	return OK
}

// pageFreed models a page at the end of that zone that is freed by a kernel with CONFIG_DEBUG_VM: bad_range() must not find it outside its zone.
func pageFreed(t Task, _ Block) Errno {
	defer t.Call(PageOutside)()
	t.RLock(SpanSeq.Of(NoBlock)) // zone_span_seqbegin()
	defer t.RUnlock(SpanSeq.Of(NoBlock))
	if t.Read(ZoneStart.Of(NoBlock)) == True && t.Read(ZoneLength.Of(NoBlock)) == False {
		t.Bug("VM_BUG_ON_PAGE(bad_range(zone, page), page)")
	}
	return OK
}

// blockAdded models add_memory_block(): user space sees the block before mem->altmap and mem->group are set.
func blockAdded(gate bool) func(Task, Block) Errno {
	return func(t Task, b Block) Errno {
		if gate {
			lockDeviceHotplug(t)
			defer unlockDeviceHotplug(t)
		}
		defer t.Call(AddMemoryBlock)()
		t.Deactivate(StateAttr.Of(b))
		t.Drain(StateAttr.Of(b)) // the block before this one
		t.Write(BlockParts.Of(b), True)
		t.Activate(StateAttr.Of(b)) // device_register()
		t.Write(BlockParts.Of(b), False)
		return OK
	}
}

// blockUsed models a write to `state` of that block: memory_block_online() looks at mem->altmap and mem->group.
func blockUsed(t Task, b Block) Errno {
	return sysfsWrite(t, StateAttr.Of(b), func() Errno {
		defer t.Call(StateStore)()
		if ret := lockDeviceHotplugSysfs(t); ret != OK {
			return ret
		}
		t.Assert(BlockParts.Of(b), False, NoOnlineOfRemoved)
		unlockDeviceHotplug(t)
		return OK
	})
}

func nodeActors() []Actor {
	return []Actor{
		{Name: "acpi_cpu_eject", Doc: "ACPI ejects the last CPU of a node without memory", Single: kacpiHotplug, Platforms: acpiPlatforms, Run: acpiCPUEject},
		{Name: "node_memremap", Doc: "a driver puts ZONE_DEVICE memory into that node", From: MemremapLock, Run: memremapNode},
		{Name: "node_memunmap", Doc: "a driver takes it away", From: MemremapLock, Run: memunmapNode},
		{Name: "node_cpu_up", Doc: "a CPU of that node comes up", Run: cpuNodeUp},
		{Name: "zone_chosen", Doc: "a block goes online, or offline, in a zone that was chosen before mem_hotplug_lock is taken", Run: zoneChosen(true)},
		{Name: "zone_grows", Doc: "a zone gets memory below it", Run: zoneGrows},
		{Name: "block_added", Doc: "a block is registered, and gets mem->altmap and mem->group after that", PerBlock: true, Run: blockAdded(true)},
		{Name: "block_used", Doc: "user space writes `state` of that block", PerBlock: true, Run: blockUsed},
		{Name: "page_freed", Doc: "a kernel with CONFIG_DEBUG_VM frees a page at the end of that zone", Run: pageFreed},
	}
}
