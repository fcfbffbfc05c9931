package spec

// Sometimes is something that happens in some run: a rule that holds because nothing ever comes to it says nothing.
type Sometimes struct {
	// Function is called; with an Errno it returns that.
	Function *Function
	Errno    Errno
	// Lock is contended: a task waits for it, or tries it and fails.
	Lock *LockClass
	// Choice gets the answer 1: a notifier vetoes.
	Choice string
}

func (s Sometimes) String() string {
	switch {
	case s.Lock != nil:
		return s.Lock.Name + " is contended"
	case s.Choice != "":
		return s.Choice
	case s.Errno != OK:
		return s.Function.Name + "() returns " + s.Errno.String()
	}
	return s.Function.Name + "() is called"
}

// vetoes are the choices of a notifier to say no.
var vetoes = [...]string{vetoOnline, vetoOffline}

// SometimesProperties returns what must happen in some run of the core group of kernel k: each function is called and returns each errno of its
// contract, each lock is contended, and each notifier vetoes.
func SometimesProperties(k Kernel) []Sometimes {
	var out []Sometimes
	for _, f := range Functions() {
		out = append(out, Sometimes{Function: f})
		for _, e := range f.Returns(k) {
			out = append(out, Sometimes{Function: f, Errno: e})
		}
	}
	for _, l := range LockClasses() {
		out = append(out, Sometimes{Lock: l})
	}
	for _, c := range vetoes {
		out = append(out, Sometimes{Choice: c})
	}
	return out
}

// never is something that does not happen in the core group, in the kernels with From and without Until.
type never struct {
	what        Sometimes
	from, until *Change
	reason      string
}

// Never returns why s need not happen under the core group of kernel k, or nothing if it has to happen.
func (s Sometimes) Never(k Kernel) string {
	if s.Lock != nil && !s.Lock.ExistsIn(k) {
		return "the kernel has no such lock"
	}
	for _, n := range nevers() {
		same := n.what == s || n.what == Sometimes{Function: s.Function} // what is not called returns nothing
		if same && (n.from == nil || k.Has(n.from)) && (n.until == nil || !k.Has(n.until)) {
			return n.reason
		}
	}
	return ""
}

// nevers are the exceptions, each with the fact of the kernel, or the limit of the model, that it rests on.
func nevers() []never {
	calls := func(f *Function, from, until *Change, reason string) never {
		return never{what: Sometimes{Function: f}, from: from, until: until, reason: reason}
	}
	returns := func(f *Function, e Errno, from, until *Change, reason string) never {
		return never{what: Sometimes{Function: f, Errno: e}, from: from, until: until, reason: reason}
	}
	agree := func(f *Function) never {
		return returns(f, EINVAL, nil, nil, "under device_lock() mem->state is what dev->offline says, so memory_block_change_state() finds the state that it expects (block-device-agree)")
	}
	const foreign = "f1037ec0cc8a releases mem_hotplug_lock there without holding it, and the path ends"
	return []never{
		calls(AddMemoryLocked, nil, AddTakesDeviceHotplug, "8df1d0e4a265 adds it"),
		calls(RemoveMemoryLocked, nil, RemoveTakesDeviceHotplug, "d15e59260f62 adds it"),
		calls(AutoOnlineStore, nil, AutoOnlineMem, "31bc3858ea3e adds it"),
		calls(MemremapPagesFn, nil, MemremapPages, "it is younger"),
		calls(MemunmapPages, nil, MemremapPages, "it is younger"),
		calls(MemtraceEnable, nil, Memtrace, "memtrace is younger"),
		calls(MemtraceOffline, nil, Memtrace, "memtrace is younger"),
		calls(MemtraceAlloc, nil, Memtrace, "memtrace is younger"),
		calls(MemtraceOnline, nil, MemtraceReadd, "memtrace does not add its memory again yet"),
		calls(MemtraceEnable, MemtraceContig, nil, "memtrace takes no memory offline any more"),
		calls(MemtraceOffline, MemtraceContig, nil, "memtrace takes no memory offline any more"),
		calls(MemtraceAlloc, MemtraceContig, nil, "memtrace takes no memory offline any more"),
		calls(MemtraceOnline, MemtraceContig, nil, "memtrace takes no memory offline any more"),
		returns(MemtraceEnable, EAGAIN, nil, MemtraceReadd, "memtrace does not add its memory again yet"),
		returns(RemoveMemory, EBUSY, RemoveBlocksFirst, RemoveUnpairedDone, foreign),
		returns(TryRemoveMemory, EBUSY, RemoveBlocksFirst, RemoveUnpairedDone, foreign),
		returns(ProbeStore, ERESTARTNOINTR, nil, ProbeStoreUnlock, "it tries no lock before 8df1d0e4a265, and until d2ab99403ee0 it releases a lock that it has not, where the path ends"),
		returns(OnlineStore, ENODEV, nil, nil, "write(2) returns it, where the attribute is gone, and the store is not called: kernfs_fop_write()"),
		returns(StateStore, ENODEV, nil, nil, "write(2) returns it, where the attribute is gone, and the store is not called: kernfs_fop_write()"),
		returns(ProbeStore, EINVAL, nil, nil, "what is written is always the address of a block: parsing is not modelled"),
		agree(SubsysOnline), agree(DeviceOnline),
		{what: Sometimes{Lock: AcpiScan}, reason: "the core group takes it only under device_hotplug_lock: acpi_device_hotplug()"},
		{what: Sometimes{Lock: MemSysfs}, reason: "blocks are registered and unregistered only under mem_hotplug_lock or device_hotplug_lock"},
	}
}
