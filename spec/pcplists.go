package spec

// Per-CPU lists of free pages: mm/page_alloc.c, and how offlining empties them.

// Locks and variables of one page that is freed while its block goes offline.
var (
	PcpBatchHigh = &LockClass{Name: "pcp_batch_high_lock", Kind: Mutex, Doc: "serialises changes of the per-CPU lists of a zone; zone_pcp_disable() keeps it until zone_pcp_enable(); mm/page_alloc.c"}
	PcpLists     = &LockClass{Name: "pcp lists", Kind: Mutex, Doc: "interrupts are off on the CPU of a list while it is changed, and the work that drains it runs there; mm/page_alloc.c"}
	FreedPage    = &VarClass{Name: "page", Values: []string{"in use", "on a per-CPU list", "in the buddy allocator"}, Doc: "where a page of the block is; mm/page_alloc.c", Protected: lockOf(nil)}
	PcpOff       = &VarClass{Name: "per-CPU lists", Values: []string{"on", "off"}, Doc: "zone_pcp_disable() leaves the lists no room; mm/page_alloc.c", Protected: lockOf(PcpBatchHigh)}
)

// Values of FreedPage.
const (
	pageInUse = iota
	pageOnPcp
	pageInBuddy
)

var pcpBatchHigh, pcpLists = PcpBatchHigh.Of(NoBlock), PcpLists.Of(NoBlock)

// offlineDrains models the loop of offline_pages() for the last page of a block, once it is no longer in use: it must come to the buddy allocator.
// start_isolate_page_range() drains the per-CPU lists once; 968318261221 drains them again before each further look, ec6e8c7e0314 switches them off first.
func offlineDrains(t Task, _ Block) Errno {
	k := t.Kernel()
	page := FreedPage.Of(NoBlock)
	memHotplugBegin(t)
	defer memHotplugDone(t)
	if k.Has(PcpDisable) {
		t.Lock(pcpBatchHigh) // zone_pcp_disable()
		defer t.Unlock(pcpBatchHigh)
		t.Write(PcpOff.Of(NoBlock), True)
		defer t.Write(PcpOff.Of(NoBlock), False)
	}
	drainPcp(t) // start_isolate_page_range()
	look := t.Mark()
	switch t.Read(page) { // test_pages_isolated()
	case pageInUse:
		return EBUSY // migrating it is another matter
	case pageInBuddy:
		t.Write(page, pageInUse) // the next page
		return OK
	}
	if k.Has(PcpDrainAgain) && !k.Has(PcpDisable) {
		drainPcp(t)
	}
	t.Again(look)
	return OK
}

// drainPcp models drain_all_pages() for that page.
func drainPcp(t Task) {
	t.Lock(pcpLists)
	defer t.Unlock(pcpLists)
	t.Swap(FreedPage.Of(NoBlock), pageOnPcp, pageInBuddy)
}

// freePage models free_unref_page(): a page goes to the list of this CPU, or to the buddy allocator where the lists are off.
func freePage(t Task, _ Block) Errno {
	t.Lock(pcpLists)
	defer t.Unlock(pcpLists)
	to := pageOnPcp
	if t.Read(PcpOff.Of(NoBlock)) == True {
		to = pageInBuddy
	}
	t.Swap(FreedPage.Of(NoBlock), pageInUse, to)
	return OK
}

func pcpActors() []Actor {
	return inGroup(GroupReaders,
		Actor{Name: "offline_drains", Doc: "offlining drains the per-CPU lists, and looks whether the last page came to the buddy allocator", Run: offlineDrains},
		Actor{Name: "free_page", Doc: "the last page of a block is freed", Run: freePage})
}
