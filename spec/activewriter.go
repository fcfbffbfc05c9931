package spec

// The home-made memory hotplug lock in full, v3.16 to v4.12, and the plain mutex before it: active_writer is written before the mutex is held, so that
// two writers without a common lock overwrite it, and the one that is forgotten sleeps for ever. See history of
// mem_hotplug_begin(), mm/memory_hotplug.c of v3.18.20.

// Locks and variables of the home-made lock.
var (
	HomeMade     = &LockClass{Name: "mem_hotplug.lock", Kind: Mutex, Doc: "the mutex inside the home-made lock: held by a writer, and for a moment by readers"}
	ActiveWriter = &VarClass{Name: "mem_hotplug.active_writer", Values: []string{"NULL", "first", "second"}, Doc: "the task that the last reader wakes", Protected: lockOf(HomeMade)}
	Refcount     = &VarClass{Name: "mem_hotplug.refcount", Values: []string{"0", "1"}, Doc: "the readers, of whom there is one", Protected: lockOf(HomeMade)}
	AsleepFirst  = &VarClass{Name: "first writer", Values: []string{"awake", "asleep"}, Doc: "whether the task sleeps in mem_hotplug_begin()", Protected: lockOf(HomeMade)}
	AsleepSecond = &VarClass{Name: "second writer", Values: []string{"awake", "asleep"}, Doc: "whether the task sleeps in mem_hotplug_begin()", Protected: lockOf(HomeMade)}
)

var homeMade = HomeMade.Of(NoBlock)

// writer models a caller of mem_hotplug_begin() and mem_hotplug_done(); me is 1 or 2, and gate tells whether the caller holds
// device_hotplug_lock. A writer that is done sets active_writer to NULL, and nobody will wake another that is asleep then.
func writer(me int, takes, gate func(Kernel) bool) func(Task, Block) Errno {
	asleep, other := AsleepFirst.Of(NoBlock), AsleepSecond.Of(NoBlock)
	if me == 2 {
		asleep, other = other, asleep
	}
	return func(t Task, _ Block) Errno {
		k := t.Kernel()
		if !takes(k) {
			return OK
		}
		if gate(k) {
			lockDeviceHotplug(t)
			defer unlockDeviceHotplug(t)
		}
		if !k.Has(OnlineMems) {
			t.Lock(homeMade) // lock_memory_hotplug(): a mutex
			t.Unlock(homeMade)
			return OK
		}
		if k.Has(MemoryAddRemoveLock) {
			t.Lock(AddRemoveLock)
			defer t.Unlock(AddRemoveLock)
		}
		t.Write(ActiveWriter.Of(NoBlock), me)
		again := t.Mark()
		t.Lock(homeMade)
		if t.Read(Refcount.Of(NoBlock)) != 0 {
			t.Write(asleep, True)
			t.Unlock(homeMade)
			t.Wait(asleep, False) // schedule()
			t.Again(again)
		}
		t.Assert(other, False, NoDeadlock)
		t.Write(ActiveWriter.Of(NoBlock), 0)
		t.Unlock(homeMade)
		return OK
	}
}

// countedReader models get_online_mems() and put_online_mems(): the last reader wakes active_writer.
func countedReader(t Task, _ Block) Errno {
	if !t.Kernel().Has(OnlineMems) {
		t.Lock(homeMade)
		t.Unlock(homeMade)
		return OK
	}
	t.Lock(homeMade)
	t.Write(Refcount.Of(NoBlock), 1)
	t.Unlock(homeMade)
	t.Lock(homeMade)
	t.Write(Refcount.Of(NoBlock), 0)
	switch t.Read(ActiveWriter.Of(NoBlock)) {
	case 1:
		t.Write(AsleepFirst.Of(NoBlock), False)
	case 2:
		t.Write(AsleepSecond.Of(NoBlock), False)
	}
	t.Unlock(homeMade)
	return OK
}

func writerActors() []Actor {
	single := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, Until: PercpuMemHotplug, Run: run,
			Single: &LockClass{Name: name + "_wq", Kind: WorkItem, Doc: "a ghost: the task is one"}}
	}
	always := func(Kernel) bool { return true }
	never := func(Kernel) bool { return false }
	return inGroup(GroupPlatform,
		single("writer_acpi", "ACPI adds memory, with the home-made lock in full", writer(1, always, always)),
		single("writer_memremap", "devm_memremap_pages(), with the home-made lock in full", writer(2, MemremapLock.in, MemremapGate.in)),
		single("writer_s390", "the boot code of s390 adds memory, with the home-made lock in full", writer(2, always, never)),
		single("counted_reader", "a caller of get_online_mems(), with the home-made lock in full", countedReader),
	)
}
