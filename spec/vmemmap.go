package spec

// memmap_on_memory: the memmap of a block lies in the block: drivers/base/memory.c and mm/memory_hotplug.c since v5.14.

// vmemmapInit models mhp_init_memmap_on_memory() and adjust_present_page_count() around online_pages(), for a block whose
// memmap is its own.
func vmemmapInit(t Task, b Block) {
	if hooksOf(t).MemmapOnMemory && t.Kernel().Has(MemmapOnMemory) {
		t.Write(ZonePages.Of(b), 0)
	}
}

func onMemmap(f func(Task, Block) Errno) func(Task, Block) Errno {
	return func(t Task, b Block) Errno { return underGate(WithHooks(t, Hooks{MemmapOnMemory: true}), b, f) }
}

func vmemmapActors() []Actor {
	per := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, PerBlock: true, From: MemmapOnMemory, Run: run}
	}
	return inGroup(GroupPlatform,
		per("vmemmap_online", "a task onlines a block that holds its own memmap", onMemmap(deviceOnline)),
		per("vmemmap_offline", "a task offlines a block that holds its own memmap", onMemmap(deviceOffline)),
	)
}
