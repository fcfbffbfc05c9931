package spec

// Bugs that the specification does not reproduce, and why.

func missingBugs() []Bug {
	return []Bug{
		{ID: "B23", Title: "hibernation, ACPI and memory hotplug take their locks in different orders",
			Story:         "A series of August 2013 set the order: pm_mutex, device_hotplug_lock, acpi_scan_lock; memory hotplug took pm_mutex no more. Old and new orders mixed would deadlock.",
			Source:        "the mails of the series; kernel/power/hibernate.c of v3.18.20 has the new order",
			NotReproduced: "it is rework, not the repair of a hang that anybody saw, the commits that mix the orders were never a release, and no tree before v3.12 could be read"},
		{ID: "B53", Title: "unbinding dax/kmem while somebody onlines a block",
			Story:         "A tool offlines the blocks of a dax device and unbinds it; a daemon onlines one in between; removal fails with -EBUSY, and the memory stays without a driver until reboot.",
			Source:        "drivers/dax/kmem.c of v6.12.0 and v7.1.5; a series of 2026 in review",
			NotReproduced: "what is lost is a resource until the next reboot, and no invariant is about those; the race itself is B24, where removal returns -EBUSY"},
		{ID: "B54", Title: "the removable attribute looks at pages without a lock",
			Story:         "A read of memoryN/removable inspected pages with no lock while they went offline. The repair always answers 1.",
			Source:        "53cdc1cb29e8 (v5.6)",
			NotReproduced: "what the attribute saw were page flags and types, of which the specification has none"},
		{ID: "B60", Title: "mem->online_type is written without a lock",
			Story:         "Before 381eab4a6ee8 the state store wrote mem->online_type where auto-online could read it; the last writer wins.",
			Source:        "the comment in drivers/base/memory.c of v3.18.20",
			NotReproduced: "no invariant says which zone a block must go to; the comment calls the race benign"},
		{ID: "B65", Title: "a freed page hides in a per-CPU list",
			Story:         "A page is freed to a per-CPU list after offlining has drained those and before it looks; it never comes to the buddy allocator and offlining loops. The repairs drain again (968318261221, v5.9) and switch the lists off.",
			Source:        "968318261221; mm/memory_hotplug.c of v5.10.185",
			NotReproduced: "the lists of free pages are not modelled; that a retry may go on for ever with a lock held is B56"},
	}
}
