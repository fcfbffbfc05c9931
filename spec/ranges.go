package spec

// Ranges of several blocks: a DIMM, what a driver added at once, a list of LMBs. A procedure here works on the first two blocks of the machine; what
// happens to one of them between the steps that are for the other is what is looked for.

// GroupRanges are those who work on more than one block at a time.
const GroupRanges = "ranges"

// theRange are the blocks of a range.
func theRange() []Block { return []Block{0, 1} }

// ofOne makes a procedure of a range one of the single block that it is given.
func ofOne(f func(Task, ...Block) Errno) func(Task, Block) Errno {
	return func(t Task, b Block) Errno { return f(t, b) }
}

// ofRange makes it one of the range.
func ofRange(f func(Task, ...Block) Errno) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno { return f(coarse{t}, theRange()...) }
}

// coarse is a Task in which whatever can be refused has one reason to be: that it is refused after the lock was taken, and changes nothing. The other
// reasons are those of group core, and what comes after is the same. mem->online_type, which decides nothing else, is left out.
type coarse struct{ Task }

// Choose lets a notifier veto onlining, a later device fail, and nothing else.
func (t coarse) Choose(what string, n int) int {
	if what == vetoOnline || what == laterDevice {
		return t.Task.Choose(what, n)
	}
	return 0
}

// Eventually lets offlining succeed or fail; it is tried once.
func (t coarse) Eventually(what string, n int, _ string) int { return (n - 1) * t.Task.Choose(what, 2) }

func (t coarse) Read(v Var) int {
	if v.Class == OnlineType {
		return TypeKeep
	}
	return t.Task.Read(v)
}

func (t coarse) Write(v Var, x int) {
	if v.Class != OnlineType {
		t.Task.Write(v, x)
	}
}

// laterDevice is what may go wrong where a range is added.
const laterDevice = "the device of a later block cannot be registered"

// acpiUnderLocks models acpi_device_hotplug(), which holds device_hotplug_lock and acpi_scan_lock while it handles an event.
func acpiUnderLocks(f func(Task, ...Block) Errno) func(Task, ...Block) Errno {
	return func(t Task, r ...Block) (errno Errno) {
		defer t.Call(AcpiDeviceHotplug)(&errno)
		lockDeviceHotplug(t)
		defer unlockDeviceHotplug(t)
		t.Lock(AcpiScanLock)
		defer t.Unlock(AcpiScanLock)
		return f(t, r...)
	}
}

// dimmAdd models acpi_memory_enable_device(): the blocks of a DIMM are added at once.
func dimmAdd(t Task, r ...Block) (errno Errno) {
	defer t.Call(AcpiMemoryAdd)(&errno)
	return addUnderGate(t, r...)
}

// dimmEject models acpi_scan_hot_remove() of a DIMM: acpi_scan_try_to_offline() goes over its blocks, ignores what fails, goes once more over those
// that the first pass did not offline, and if one fails again brings back what it offlined itself.
func dimmEject(t Task, r ...Block) (errno Errno) {
	defer t.Call(AcpiScanHotRemove)(&errno)
	for _, b := range r {
		if t.Read(Presence.Of(b)) != Present {
			return ENODEV
		}
	}
	putOnline := make([]bool, len(r))
	if !acpiBusOffline(t, r, putOnline, firstPass) && !acpiBusOffline(t, r, putOnline, secondPass) {
		acpiBusOnline(t, r, putOnline)
		return EBUSY
	}
	defer t.Call(AcpiMemoryRemove)(&errno)
	return removeMemoryLocked(t, r...)
}

// acpiPass is a pass of acpi_scan_try_to_offline() over the blocks of a device.
type acpiPass uint8

const (
	firstPass acpiPass = iota
	secondPass
)

// acpiBusOffline models acpi_bus_offline(): physical_node_lock is held over all blocks. It notes which ones it offlined itself, and tells whether
// none failed.
func acpiBusOffline(t Task, r []Block, putOnline []bool, pass acpiPass) bool {
	t.Lock(PhysicalNode.Of(NoBlock))
	defer t.Unlock(PhysicalNode.Of(NoBlock))
	all := true
	for i, b := range r {
		if pass == secondPass && putOnline[i] {
			continue
		}
		ret := deviceOffline(t, b)
		switch {
		case ret >= OK:
			putOnline[i] = ret == OK
		case pass == secondPass:
			return false
		default:
			all = false
		}
	}
	return all
}

// acpiBusOnline models acpi_bus_online().
func acpiBusOnline(t Task, r []Block, putOnline []bool) {
	t.Lock(PhysicalNode.Of(NoBlock))
	defer t.Unlock(PhysicalNode.Of(NoBlock))
	for i, b := range r {
		if putOnline[i] {
			deviceOnline(t, b)
		}
	}
}

// offlineAndRemove models offline_and_remove_memory(): it remembers which blocks it offlined, try_offline_memory_block(), and if one cannot be
// offlined, or the range not be removed, brings those back, try_reonline_memory_block().
func offlineAndRemove(t Task, r ...Block) (errno Errno) {
	defer t.Call(OfflineAndRemove)(&errno)
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	offlined := make([]bool, len(r))
	ret := OK
	for i, b := range r {
		if t.Read(Presence.Of(b)) != Present { // walk_memory_blocks() finds the blocks that there are
			continue
		}
		done := deviceOffline(t, b)
		if offlined[i] = done == OK; done < OK {
			ret = done
			break
		}
	}
	if ret == OK {
		ret = removeRangeOf(t, r)
	}
	if ret == OK {
		return OK
	}
	for i, b := range r {
		if offlined[i] {
			t.Write(OnlineType.Of(b), TypeMovable)
			deviceOnline(t, b)
		}
	}
	return EBUSY
}

// removeRangeOf removes the blocks of a range if all are there: who removes one of several ranges is not modelled.
func removeRangeOf(t Task, r []Block) Errno {
	for _, b := range r {
		if t.Read(Presence.Of(b)) != Present {
			return ENODEV
		}
	}
	return tryRemoveMemory(t, r...)
}

// kmemRemoveRange models dev_dax_kmem_remove() of a device that user space offlined block by block: removal refuses if one is online.
func kmemRemoveRange(t Task, r ...Block) Errno {
	t.Lock(DaxDevice.Of(NoBlock))
	defer t.Unlock(DaxDevice.Of(NoBlock))
	for _, b := range r {
		if t.Read(Presence.Of(b)) != Present {
			return ENODEV
		}
	}
	return removeMemory(t, r...)
}

// dlparAddByCount models dlpar_memory_add_by_count(): LMB after LMB is added and onlined, and if there are not enough those that were are
// removed again.
func dlparAddByCount(t Task, r ...Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return allOrNone(t, r, dlparAddLMB, dlparRemoveLMB)
}

// dlparRemoveByCount models dlpar_memory_remove_by_count(), the other way round.
func dlparRemoveByCount(t Task, r ...Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return allOrNone(t, r, dlparRemoveLMB, dlparAddLMB)
}

// allOrNone does something to each LMB, and undoes it where it was done if it could not be done to all.
func allOrNone(t Task, r []Block, do, undo func(Task, Block) Errno) Errno {
	var done []Block
	for _, b := range r {
		if do(t, b) == OK {
			done = append(done, b)
		}
	}
	if len(done) == len(r) {
		return OK
	}
	for _, b := range done {
		undo(t, b)
	}
	return EINVAL
}

func rangeActors() []Actor {
	actor := func(name, doc string, platforms []string, run func(Task, ...Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, Blocks: len(theRange()), Platforms: platforms, Run: ofRange(run)}
	}
	since := func(c *Change, a Actor) Actor {
		a.From = c
		return a
	}
	add := actor("dimm_add", "ACPI announces a DIMM of two blocks", acpiPlatforms, acpiUnderLocks(dimmAdd))
	eject := actor("dimm_eject", "ACPI requests the eject of a DIMM of two blocks", acpiPlatforms, acpiUnderLocks(dimmEject))
	add.Single, eject.Single = kacpiHotplug, kacpiHotplug
	pseries := []string{"pseries"}
	return inGroup(GroupRanges, add, eject,
		actor("add_two", "a driver calls add_memory() for two blocks, with nothing held", nil, addMemory),
		since(OfflineRange, actor("offline_and_remove_two", "a driver calls offline_and_remove_memory() for two blocks, as virtio-mem does for a big block", nil, offlineAndRemove)),
		since(RemoveReturnsBusy, actor("kmem_remove_two", "dax/kmem is unbound from a dax device of two blocks", nil, kmemRemoveRange)),
		actor("dlpar_add_two", "pseries adds two LMBs, or none", pseries, dlparAddByCount),
		actor("dlpar_remove_two", "pseries removes two LMBs, or none", pseries, dlparRemoveByCount))
}
