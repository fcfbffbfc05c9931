package spec

// PCI devices that come and go: drivers/pci/{remove,bus,pci-sysfs}.c, and acpiphp, drivers/pci/hotplug/acpiphp_{glue,core}.c.

// Locks and variables of PCI hotplug.
var (
	PciRescanRemove = &LockClass{Name: "pci_rescan_remove_lock", Kind: Mutex, Doc: "serialises scans and removals of PCI devices; drivers/pci/probe.c"}
	SlotPowerAttr   = &LockClass{Name: "kn->active#power", Kind: KernfsActive, Doc: "kernfs active reference of slots/N/power; drivers/pci/hotplug/pci_hotplug_core.c"}
	PciBridge       = &VarClass{Name: "PCI bridge", Values: []string{"there", "removed"}, Doc: "the bridge that the slot is behind", Protected: lockOf(PciRescanRemove)}
)

var pciLock = PciRescanRemove.Of(NoBlock)

// pciFunction is a PCI device with what its driver does.
type pciFunction struct {
	// lock is device_lock() of the PCI device, which device_release_driver() and device_attach() hold (drivers/base/dd.c).
	lock *LockClass
	// removeAttr and rescanAttr are its attributes; removed tells whether a write to `remove` won, gone whether the device is.
	removeAttr, rescanAttr *LockClass
	removed, gone          *VarClass
	// remove and probe are those of its driver and of the drivers of what that driver registers.
	remove func(Task, gateState)
	probe  func(Task)
}

func newPciFunction(name string, remove func(Task, gateState), probe func(Task)) *pciFunction {
	return &pciFunction{remove: remove, probe: probe,
		lock:       &LockClass{Name: "device_lock(pci " + name + ")", Kind: Mutex, Doc: "device_lock() of a PCI device; drivers/base/dd.c"},
		removeAttr: &LockClass{Name: "kn->active#remove(" + name + ")", Kind: KernfsActive, Doc: "kernfs active reference of `remove` of a PCI device; " + filePciSysfs},
		rescanAttr: &LockClass{Name: "kn->active#rescan(" + name + ")", Kind: KernfsActive, Doc: "kernfs active reference of `rescan` of a PCI device; " + filePciSysfs},
		removed:    &VarClass{Name: "KERNFS_SUICIDAL(" + name + ")", Values: []string{"no", "yes"}, Doc: "somebody removes the device by its own attribute; fs/kernfs/dir.c", Protected: lockOf(nil)},
		gone:       &VarClass{Name: "PCI device " + name, Values: []string{"there", "removed"}, Doc: "whether the device is on its bus", Protected: lockOf(PciRescanRemove)},
	}
}

func (f *pciFunction) locks() []*LockClass { return []*LockClass{f.lock, f.removeAttr, f.rescanAttr} }

// stopAndRemove models pci_stop_and_remove_bus_device(): pci_stop_dev() releases the driver, pci_destroy_dev() deletes the device
// with its attributes. The caller holds pci_rescan_remove_lock (lockdep_assert_held() in 7.1.5).
func (f *pciFunction) stopAndRemove(t Task, held gateState) {
	defer t.Call(PciStopAndRemove)()
	if t.Read(f.gone.Of(NoBlock)) == True {
		return
	}
	t.Lock(f.lock.Of(NoBlock))
	f.remove(t, held)
	t.Unlock(f.lock.Of(NoBlock))
	kernfsRemove(t, f.rescanAttr.Of(NoBlock)) // device_del(): device_remove_attrs()
	kernfsRemove(t, f.removeAttr.Of(NoBlock))
	t.Write(f.gone.Of(NoBlock), True)
}

// add models pci_device_add() and pci_bus_add_device(). Before 7.1 device_attach() probes at once, since then device_initial_probe().
func (f *pciFunction) add(t Task) {
	defer t.Call(PciAddDevice)()
	if t.Read(f.gone.Of(NoBlock)) == False {
		return
	}
	t.Write(f.gone.Of(NoBlock), False)
	t.Activate(f.rescanAttr.Of(NoBlock))
	t.Activate(f.removeAttr.Of(NoBlock), Assign{f.removed.Of(NoBlock), False})
	t.Lock(f.lock.Of(NoBlock))
	f.probe(t)
	t.Unlock(f.lock.Of(NoBlock))
}

// removeStore models remove_store(): device_remove_file_self() drops its own active reference, so that the removal does not
// wait for itself, and of several writers one wins; the others wait for it with nothing held (kernfs_remove_self(), fs/kernfs/dir.c).
func (f *pciFunction) removeStore(breakProtection bool) func(Task, Block) Errno {
	return func(t Task, _ Block) (errno Errno) {
		defer t.Call(PciRemoveStore)(&errno)
		attr := f.removeAttr.Of(NoBlock)
		if !t.TryRLock(attr) {
			return ENODEV
		}
		if breakProtection {
			t.RUnlock(attr)
		}
		if t.Swap(f.removed.Of(NoBlock), False, True) {
			if breakProtection {
				kernfsRemove(t, attr)
			}
			t.Lock(pciLock) // pci_stop_and_remove_bus_device_locked()
			f.stopAndRemove(t, gateFree)
			t.Unlock(pciLock)
		}
		if !breakProtection {
			t.RUnlock(attr)
		}
		return OK
	}
}

// devRescanStore models dev_rescan_store(): it waits for pci_rescan_remove_lock with an active reference of its device held.
func (f *pciFunction) devRescanStore(t Task, _ Block) Errno {
	return sysfsWrite(t, f.rescanAttr.Of(NoBlock), func() (errno Errno) {
		defer t.Call(PciDevRescan)(&errno)
		if ret := lockForStore(t, pciLock); ret != OK {
			return ret
		}
		pciRescan(t)
		t.Unlock(pciLock)
		return OK
	})
}

// rescanStore models rescan_store() of the bus, whose attribute is never removed.
func rescanStore(t Task, _ Block) (errno Errno) {
	defer t.Call(PciRescanStore)(&errno)
	t.Lock(pciLock)
	pciRescan(t)
	t.Unlock(pciLock)
	return OK
}

// pciRescan models pci_rescan_bus(): what is there again is found, with the slots of a bridge (acpiphp_enumerate_slots()).
func pciRescan(t Task) {
	if v := PciBridge.Of(NoBlock); t.Read(v) == True {
		t.Write(v, False)
		t.Activate(SlotPowerAttr.Of(NoBlock))
	}
	virtioMemPCI.add(t)
}

// bridgeRemoveStore models remove_store() of the bridge: what is behind it goes, then its slots: pci_remove_bus(), pcibios_remove_bus(),
// acpi_pci_remove_bus(), acpiphp_remove_slots(), cleanup_bridge(), pci_hp_del(), which drains slots/N/power.
func bridgeRemoveStore(t Task, _ Block) (errno Errno) {
	defer t.Call(PciRemoveStore)(&errno)
	t.Lock(pciLock)
	defer t.Unlock(pciLock)
	v := PciBridge.Of(NoBlock)
	if t.Read(v) == True {
		return ENODEV
	}
	virtioMemPCI.stopAndRemove(t, gateFree)
	defer t.Call(AcpiphpCleanup)(&errno)
	kernfsRemove(t, SlotPowerAttr.Of(NoBlock))
	t.Write(v, True)
	return OK
}

func pciSysfsActors() []Actor {
	return []Actor{
		{Name: "pci_remove", Doc: "user space writes `remove` of a PCI device with virtio-mem", From: VirtioMem, Run: virtioMemPCI.removeStore(true)},
		{Name: "pci_rescan", Doc: "user space writes /sys/bus/pci/rescan", From: VirtioMem, Run: rescanStore},
		{Name: "pci_dev_rescan", Doc: "user space writes `rescan` of a PCI device", From: VirtioMem, Run: virtioMemPCI.devRescanStore},
		{Name: "pci_bridge_remove", Doc: "user space writes `remove` of the bridge above the slot", From: VirtioMem, Run: bridgeRemoveStore},
	}
}
