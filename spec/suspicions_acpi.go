package spec

// ACPI events on PCI slots, and the slot power of acpiphp: drivers/acpi/{scan,dock,pci_root}.c, drivers/pci/hotplug/acpiphp_{glue,core}.c.

// acpiEvent is what an ACPI hotplug event is about.
type acpiEvent uint8

const (
	slotEvent   acpiEvent = iota // hp->notify: acpiphp, and docks
	rootEvent                    // a scan handler that removes a PCI host bridge
	memoryEvent                  // a scan handler that adds or removes memory
)

// acpiHotplugWork models acpi_device_hotplug() on the ordered queue kacpi_hotplug (acpi_hotplug_work_fn(), drivers/acpi/osl.c).
func acpiHotplugWork(e acpiEvent, handle func(Task, gateState)) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno {
		defer t.Call(AcpiDeviceHotplug)()
		k := t.Kernel()
		held := gateHeld
		if e == slotEvent && k.Has(SlotsWithoutGate) || e == rootEvent && k.Has(RootsWithoutGate) {
			held = gateFree
		}
		if e == slotEvent && k.Has(QuiesceFirst) {
			virtioMemQuiesce(t)
		}
		if held == gateHeld && !k.Has(ScanLockFirst) {
			lockDeviceHotplug(t)
			defer unlockDeviceHotplug(t)
		}
		t.Lock(AcpiScanLock)
		defer t.Unlock(AcpiScanLock)
		if held == gateHeld && k.Has(ScanLockFirst) {
			lockDeviceHotplug(t)
			defer unlockDeviceHotplug(t)
		}
		if e == slotEvent && held == gateHeld && k.Has(SlotsDropGate) {
			unlockDeviceHotplug(t)
			defer lockDeviceHotplug(t)
			held = gateFree
		}
		handle(t, held)
		return OK
	}
}

// ejectSlot models hotplug_event() for an eject request: acpiphp_disable_and_eject_slot(), disable_slot().
func ejectSlot(f *pciFunction) func(Task, gateState) {
	return func(t Task, held gateState) {
		defer t.Call(HotplugEvent)()
		t.Lock(pciLock)
		f.stopAndRemove(t, held)
		t.Unlock(pciLock)
	}
}

// checkSlot models hotplug_event() for a bus or device check: enable_slot() scans the slot and binds drivers.
func checkSlot(f *pciFunction) func(Task, gateState) {
	return func(t Task, _ gateState) {
		defer t.Call(HotplugEvent)()
		t.Lock(pciLock)
		f.add(t)
		t.Unlock(pciLock)
	}
}

// ejectRoot models acpi_scan_hot_remove() of a PCI host bridge: its handler is acpi_pci_root_remove().
func ejectRoot(t Task, held gateState) {
	defer t.Call(AcpiRootRemove)()
	t.Lock(pciLock)
	virtioMemPCI.stopAndRemove(t, held)
	t.Unlock(pciLock)
}

// containerEject models acpi_scan_hot_remove() of a container whose memory and processors user space has offlined (demand_offline, drivers/acpi/container.c):
// acpi_scan_check_and_detach() detaches what is in it, a PCI host bridge among it. As proposed it does that before it takes device_hotplug_lock.
func containerEject(t Task, b Block) Errno {
	if !t.Kernel().Has(ContainersSplit) {
		return acpiHotplugWork(memoryEvent, func(t Task, held gateState) {
			ejectRoot(t, held)
			dimmEvent(t, held)
		})(t, b)
	}
	defer t.Call(AcpiDeviceHotplug)()
	t.Lock(AcpiScanLock)
	defer t.Unlock(AcpiScanLock)
	ejectRoot(t, gateFree)
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	dimmEvent(t, gateHeld)
	return OK
}

// dimmEvent models the plug or the eject of a DIMM by its locks: acpi_memory_device_add() and acpi_memory_device_remove() call
// __add_memory() and __remove_memory(). What happens to its blocks is shown by acpi_add and acpi_eject of group core.
func dimmEvent(t Task, _ gateState) {
	defer t.Call(AcpiMemoryAdd)()
	changeRange(t)
}

// slotPower models power_write_file(): an active reference of the attribute is held while the slot changes.
func slotPower(change func(Task) Errno) func(Task, Block) Errno {
	return func(t Task, _ Block) Errno {
		return sysfsWrite(t, SlotPowerAttr.Of(NoBlock), func() (errno Errno) {
			defer t.Call(PowerWrite)(&errno)
			return change(t)
		})
	}
}

// lockForStore takes l for a store that holds an active reference; as proposed it only tries, and has the system call restarted.
func lockForStore(t Task, l Lock) Errno {
	if !t.Kernel().Has(PciStoresTry) {
		t.Lock(l)
	} else if !t.TryLock(l) {
		return ERESTARTNOINTR
	}
	return OK
}

// acpiphpDisable models acpiphp_disable_slot(): acpi_scan_lock without device_hotplug_lock.
func acpiphpDisable(t Task) (errno Errno) {
	defer t.Call(AcpiphpDisable)(&errno)
	if ret := lockForStore(t, AcpiScanLock); ret != OK {
		return ret
	}
	defer t.Unlock(AcpiScanLock)
	if ret := lockForStore(t, pciLock); ret != OK {
		return ret
	}
	defer t.Unlock(pciLock)
	virtioMemPCI.stopAndRemove(t, gateFree)
	return OK
}

// acpiphpEnable models acpiphp_enable_slot().
func acpiphpEnable(t Task) (errno Errno) {
	defer t.Call(AcpiphpEnable)(&errno)
	if ret := lockForStore(t, pciLock); ret != OK {
		return ret
	}
	defer t.Unlock(pciLock)
	virtioMemPCI.add(t)
	return OK
}

// undockStore models undock_store(): handle_eject_request(), hot_remove_dock_devices(), and acpiphp_hotplug_notify() for the slot in the dock.
func undockStore(t Task, _ Block) (errno Errno) {
	defer t.Call(UndockStore)(&errno)
	t.Lock(AcpiScanLock)
	ejectSlot(virtioMemPCI)(t, gateFree)
	t.Unlock(AcpiScanLock)
	return OK
}

// hibernate models hibernate(): device_hotplug_lock (kernel/power/hibernate.c), then acpi_scan_lock for the whole transition, from
// acpi_hibernation_begin() to acpi_pm_end() (drivers/acpi/sleep.c). Processes are frozen before that, so nobody is in a system call that
// holds one of the two; kacpi_hotplug is not frozen.
func hibernate(t Task, _ Block) Errno {
	if t.Kernel().Has(SleepLocksEarly) {
		t.Lock(AcpiScanLock)
		defer t.Unlock(AcpiScanLock)
	}
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	if !t.Kernel().Has(SleepLocksEarly) {
		t.Lock(AcpiScanLock)
		defer t.Unlock(AcpiScanLock)
	}
	return OK
}

func acpiphpActors() []Actor {
	event := func(name, doc string, e acpiEvent, handle func(Task, gateState)) Actor {
		return Actor{Name: name, Doc: doc, Single: kacpiHotplug, Platforms: acpiPlatforms, From: VirtioMem, Run: acpiHotplugWork(e, handle)}
	}
	sysfs := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, Platforms: acpiPlatforms, From: VirtioMem, Run: run}
	}
	return []Actor{
		event("acpi_slot_eject", "ACPI requests the eject of a PCI slot with virtio-mem", slotEvent, ejectSlot(virtioMemPCI)),
		event("acpi_slot_check", "ACPI announces a change of a PCI slot", slotEvent, checkSlot(virtioMemPCI)),
		event("acpi_root_eject", "ACPI requests the eject of a PCI host bridge with virtio-mem below it", rootEvent, ejectRoot),
		{Name: "acpi_container_eject", Doc: "ACPI requests the eject of a container with memory, and with a PCI host bridge with virtio-mem below it", Single: kacpiHotplug, Platforms: acpiPlatforms,
			From: VirtioMem, Run: containerEject},
		event("acpi_dimm", "ACPI plugs or ejects a DIMM", memoryEvent, dimmEvent),
		sysfs("slot_power_off", "user space writes 0 to slots/N/power, of acpiphp", slotPower(acpiphpDisable)),
		sysfs("slot_power_on", "user space writes 1 to slots/N/power, of acpiphp", slotPower(acpiphpEnable)),
		sysfs("undock", "user space writes `undock` of a dock that the slot is in", undockStore),
	}
}
