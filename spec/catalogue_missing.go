package spec

// Bugs that the specification does not reproduce, and changes that it does not model: why.

func missingBugs() []Bug {
	return []Bug{
		{ID: "B53", Title: "unbinding dax/kmem while somebody onlines a block",
			Story:  "A tool offlines the blocks of a dax device and unbinds it; a daemon onlines one in between; removal fails with -EBUSY, and the memory stays without a driver until reboot.",
			Source: "drivers/dax/kmem.c of v6.12.0 and v7.1.5; a mail of a series of 2026, dax/kmem: add sysfs interface for atomic whole-device hotplug",
			NotReproduced: "the run is explored, kmem_remove_two with online_store, and breaks no rule: remove_memory() returns -EBUSY as its contract says, dev_dax_kmem_remove() keeps the memory and " +
				"its resource, and every lock is released. What is lost is a resource, and no invariant is about those. That the unbinding hangs or reaches BUG(), as the series says, was not found in the source: " +
				"remove_memory() does not wait for anything, and returns -EBUSY since eca499ab3749"},
	}
}

// Unmodelled is a change to memory hotplug that makes no difference to the specification.
type Unmodelled struct {
	// ID and Title name it; a title in our words where it was not read.
	ID, Title string
	// Release is where it belongs, or before what.
	Release string
	// Reason says why it is not modelled.
	Reason string
}

// UnmodelledChanges returns the changes of the history and of the bugs that are no Change, in the order of releases.
func UnmodelledChanges() []Unmodelled {
	return []Unmodelled{
		{"6677e3eaf4d7", "memory-hotplug: check whether all memory blocks are offlined or not when removing memory", "v3.9",
			"it is older than the oldest kernel, where remove_memory() offlined the blocks itself; what it checks is modelled, and its absence in what came after is B24"},
		{"4f3549d72d1b", "device_hotplug_lock is introduced", "v3.11", "it is older than the oldest kernel, and every procedure rests on it"},
		{"fa2be40fe7c0", "drivers: base: use standard device online/offline for state change", "v3.12", "it is older than the oldest kernel; what it made possible is B01"},
		{"3fc21924100b", "mm: validate device_hotplug is held for memory hotplug", "v4.11", "it asserts what device-hotplug-lock-held asserts, and 55adc1d05dca took it out before v4.11"},
		{"dee6da22efac", "memory-hotplug.rst: add some details about locking internals", "v4.20", "documentation: the rules are the contracts and the invariants"},
		{"f46edbd1b151", "mm/sparsemem: add helpers track active portions of a section at boot", "v5.3",
			"it makes the map that B44 is about; the readers that look into it are modelled as they are since, and nothing else of it locks"},
		{"3d680bdf60a5", "mm/page_isolation: fix potential warning from user", "v5.6", "it takes a warning out of isolation, and alters no lock and no state"},
		{"f42ce5f087eb", "mm/memory_hotplug: fix error handling in add_memory_resource()", "v6.7", "it frees the memmap of a range that could not be added as it was allocated; that is no lock and no state of a block"},
		{"300709fbefd1", "mm/memory_hotplug: remove MEM_PREPARE_ONLINE/MEM_FINISH_OFFLINE notifiers", "v6.19", "it undoes c5f1e2d18909: that change is gone from v6.19 on"},
	}
}
