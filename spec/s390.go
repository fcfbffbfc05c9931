package spec

// s390 sclp: drivers/s390/char/sclp_cmd.c, v3.15 to v6.18.

// SclpMem is the lock of sclp's memory increments.
var SclpMem = &LockClass{Name: "sclp_mem_mutex", Kind: Mutex, Doc: "protects the list of memory increments; drivers/s390/char/sclp_cmd.c"}

var sclpMemMutex = SclpMem.Of(NoBlock)

// sclpCallback models sclp_mem_notifier(): it holds the mutex for the time of one call, and may refuse.
func sclpCallback(t Task, a MemAction, _ Block) Errno {
	t.Lock(sclpMemMutex)
	defer t.Unlock(sclpMemMutex)
	assign := GoingOnline
	if t.Kernel().Has(PrepareNotifier) {
		assign = PrepareOnline // v6.12.0; the patch to the driver came with c5f1e2d18909
	}
	if a == assign && t.Choose("the hypervisor refuses to assign the storage", 2) == 1 {
		return EPERM // NOTIFY_BAD
	}
	return OK
}

func sclpOnline(t Task, b Block) Errno { return underGate(onSclp(t), b, deviceOnline) }

func sclpOffline(t Task, b Block) Errno { return underGate(onSclp(t), b, deviceOffline) }

func onSclp(t Task) Task {
	return WithHooks(t, Hooks{Notify: []Callback{sclpCallback}})
}

func s390Actors() []Actor {
	s390 := []string{"s390"}
	per := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, PerBlock: true, Platforms: s390, Run: run}
	}
	return inGroup(GroupPlatform,
		per("sclp_boot_add", "s390 adds standby memory: add_memory() from an initcall", ofOne(addMemory)), // add_memory_merged()
		per("sclp_online", "user space onlines a block on s390", sclpOnline),
		per("sclp_offline", "user space offlines a block on s390", sclpOffline),
	)
}
