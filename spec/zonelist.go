package spec

// Zonelists: mm/page_alloc.c, and who rebuilds and who walks them.

// Locks and variables of zonelists.
var (
	ZonelistSeq = &VarClass{Name: "zonelist_update_seq", Values: []string{"even", "odd"},
		Doc: "the seqlock of the zonelists: odd while they are rebuilt; mm/page_alloc.c", Protected: lockOf(ZonelistSeqLock)}
	ZonelistMoved = &VarClass{Name: "zonelist_update_seq moved", Values: []string{"no", "yes"},
		Doc: "a ghost: the sequence has moved since the one reader looked", Protected: lockOf(nil)}
	Zonelists       = &VarClass{Name: "zonelists", Values: []string{"complete", "being rebuilt"}, Doc: "the zones to allocate from; mm/page_alloc.c", Protected: lockOf(ZonelistSeqLock)}
	ZonelistSeqLock = &LockClass{Name: "zonelist_update_seq.lock", Kind: Mutex, Doc: "the lock of the writers of zonelist_update_seq; mm/page_alloc.c"}
	PortLock        = &LockClass{Name: "port->lock", Kind: Mutex, Doc: "the lock of a serial port, taken by printk() and by the tty layer; drivers/tty"}
	ZonelistsMutex  = &LockClass{Name: "zonelists_mutex", Kind: Mutex, Doc: "serialises build_all_zonelists() until v4.13; mm/page_alloc.c"}
	ZlOrder         = &LockClass{Name: "zl_order_mutex", Kind: Mutex, Doc: "serialises writers of the sysctl; mm/page_alloc.c"}
)

var portLock = PortLock.Of(NoBlock)

// allocPages models __alloc_pages_slowpath(): an allocation that finds no zone retries if the zonelists were being rebuilt, and otherwise is out of memory.
func allocPages(t Task, _ Block) Errno {
	seq := t.Kernel().Has(ZonelistSeqcount)
	retry := t.Mark()
	if seq {
		t.Write(ZonelistMoved.Of(NoBlock), False)
		t.Wait(ZonelistSeq.Of(NoBlock), False) // zonelist_iter_begin(): read_seqbegin() spins
	}
	if t.Read(Zonelists.Of(NoBlock)) == False {
		return OK
	}
	if seq && t.Read(ZonelistMoved.Of(NoBlock)) == True { // check_retry_zonelist()
		t.Again(retry)
	}
	t.Assert(Zonelists.Of(NoBlock), False, ReadersSeeStable) // out of memory, with memory free
	return ENOMEM
}

// buildAllZonelists models build_all_zonelists() of memory hotplug: before 1007843a9190 an interrupt that allocates can come in between, and
// printk() waits for the console.
func buildAllZonelists(t Task, _ Block) Errno {
	memHotplugBegin(t)
	defer memHotplugDone(t)
	k := t.Kernel()
	if !k.Has(ZonelistSeqcount) {
		t.Write(Zonelists.Of(NoBlock), True)
		t.Write(Zonelists.Of(NoBlock), False)
		return OK
	}
	t.Lock(ZonelistSeqLock.Of(NoBlock))
	defer t.Unlock(ZonelistSeqLock.Of(NoBlock))
	t.Write(ZonelistSeq.Of(NoBlock), True)
	t.Write(ZonelistMoved.Of(NoBlock), True)
	t.Write(Zonelists.Of(NoBlock), True)
	if !k.Has(ZonelistIrqsOff) {
		switch t.Choose("while the sequence is odd: nothing, an interrupt allocates, a message is printed", 3) {
		case 1:
			t.Wait(ZonelistSeq.Of(NoBlock), False) // read_seqbegin() of the interrupt
		case 2:
			t.Lock(portLock)
			t.Unlock(portLock)
		}
	}
	t.Write(Zonelists.Of(NoBlock), False)
	t.Write(ZonelistSeq.Of(NoBlock), False)
	return OK
}

// ttyInsert models tty_insert_flip_string_and_push_buffer(): an allocation with the lock of a serial port held.
func ttyInsert(t Task, _ Block) Errno {
	t.Lock(portLock)
	defer t.Unlock(portLock)
	return allocPages(t, NoBlock)
}

// zonelistOrder models numa_zonelist_order_handler().
func zonelistOrder(t Task, _ Block) Errno {
	t.Lock(ZlOrder.Of(NoBlock))
	defer t.Unlock(ZlOrder.Of(NoBlock))
	if t.Kernel().Has(ZonelistOrderLock) {
		memHotplugBegin(t)
		defer memHotplugDone(t)
	}
	t.Lock(ZonelistsMutex.Of(NoBlock))
	defer t.Unlock(ZonelistsMutex.Of(NoBlock))
	if t.Kernel().Has(PercpuMemHotplug) {
		t.Write(ZonePages.Of(NoBlock), 0) // build_all_zonelists() expects its caller to keep CPUs and memory as they are
	}
	return OK
}

// zonelistReader is the one reader that the ghost stands for.
var zonelistReader = &LockClass{Name: "zonelist_reader_wq", Kind: WorkItem, Doc: "a ghost: one reader of the zonelists"}

func zonelistActors() []Actor {
	return inGroup(GroupReaders,
		Actor{Name: "alloc_pages", Doc: "an allocation walks the zonelists", Single: zonelistReader, Run: allocPages},
		Actor{Name: "tty_insert", Doc: "an allocation with the lock of a serial port held", Single: zonelistReader, Run: ttyInsert},
		Actor{Name: "build_all_zonelists", Doc: "memory hotplug rebuilds the zonelists", Run: buildAllZonelists},
		Actor{Name: "zonelist_order", Doc: "user space writes /proc/sys/vm/numa_zonelist_order", Until: NoZonelistOrder, Run: zonelistOrder},
	)
}
