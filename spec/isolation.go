package spec

// Isolation of pageblocks: mm/page_isolation.c.

// Locks and variables of isolation.
var (
	ZoneLock  = &LockClass{Name: "zone->lock", Kind: Mutex, Doc: "the spinlock of the free lists of a zone; include/linux/mmzone.h"}
	Pageblock = &VarClass{Name: "MIGRATE_ISOLATE", Values: []string{"no", "yes"}, Doc: "whether a pageblock is isolated; mm/page_isolation.c", Protected: lockOf(ZoneLock)}
)

var zoneLock = ZoneLock.Of(NoBlock)

// isolatePages models start_isolate_page_range() to undo_isolate_page_range(), as offlining and alloc_contig_range() call them.
func isolatePages(t Task, _ Block) Errno {
	v := Pageblock.Of(NoBlock)
	t.Lock(zoneLock)
	if t.Kernel().Has(IsolateOnce) && t.Read(v) == True {
		t.Unlock(zoneLock)
		return EBUSY
	}
	t.Write(v, True)
	t.Unlock(zoneLock)
	t.Pin(v) // pages that are freed now stay out of the free lists
	t.Unpin(v)
	t.Lock(zoneLock)
	t.Write(v, False)
	t.Unlock(zoneLock)
	return OK
}

// isolateUnmovable models set_migratetype_isolate() that finds an unmovable page, and prints it: to a console, whose lock printk() takes.
func isolateUnmovable(t Task, _ Block) Errno {
	printPage := func() { // dump_page()
		t.Lock(portLock)
		t.Unlock(portLock)
	}
	t.Lock(zoneLock)
	if !t.Kernel().Has(DumpAfterUnlock) {
		printPage()
	}
	t.Unlock(zoneLock)
	if t.Kernel().Has(DumpAfterUnlock) {
		printPage()
	}
	return EBUSY
}

// ttyAlloc models the tty layer that allocates with the lock of a port held: the page allocator takes zone->lock.
func ttyAlloc(t Task, _ Block) Errno {
	t.Lock(portLock)
	t.Lock(zoneLock) // rmqueue()
	t.Unlock(zoneLock)
	t.Unlock(portLock)
	return OK
}

func isolationActors() []Actor {
	return inGroup(GroupReaders,
		Actor{Name: "isolate_offline", Doc: "offlining isolates a pageblock", Run: isolatePages},
		Actor{Name: "alloc_contig_range", Doc: "a contiguous allocation isolates a pageblock", Run: isolatePages},
		Actor{Name: "isolate_unmovable", Doc: "offlining meets an unmovable page and prints it", Run: isolateUnmovable},
		Actor{Name: "tty_alloc", Doc: "the tty layer allocates with a port's lock held", Run: ttyAlloc},
	)
}
