package spec

// pciehp: drivers/pci/hotplug/pciehp_{core,ctrl,hpc,pci}.c. In its slot is CXL memory.

// Locks of pciehp.
var (
	PciehpIst       = &LockClass{Name: "pciehp_ist", Kind: WorkItem, Doc: "the interrupt thread of a PCIe hotplug port; drivers/pci/hotplug/pciehp_hpc.c"}
	PciehpPowerAttr = &LockClass{Name: "kn->active#power(pciehp)", Kind: KernfsActive, Doc: "kernfs active reference of slots/N/power of a PCIe hotplug port; drivers/pci/hotplug/pci_hotplug_core.c"}
)

// Functions of pciehp.
var (
	PciehpUnconfigure = &Function{Name: "pciehp_unconfigure_device", File: "drivers/pci/hotplug/pciehp_pci.c", Doc: "removes what is in a slot, in the interrupt thread"}
	PciehpRemove      = &Function{Name: "pciehp_remove", File: "drivers/pci/hotplug/pciehp_core.c", Doc: "unbinds pciehp from a port"}
)

// pciehpUnconfigure models pciehp_unconfigure_device(): ctrl->reset_lock is dropped around the removal.
func pciehpUnconfigure(t Task, _ Block) Errno {
	defer t.Call(PciehpUnconfigure)()
	if !t.Kernel().Has(PciehpThreadTries) {
		t.Lock(pciLock)
	} else if !t.TryLock(pciLock) {
		return EBUSY
	}
	cxlPCI.stopAndRemove(t, gateFree)
	t.Unlock(pciLock)
	return OK
}

// pciehpPower models pciehp_sysfs_disable_slot(), which asks the interrupt thread and waits until it is done. For who waits it is as if it were the thread.
func pciehpPower(t Task, b Block) Errno {
	return sysfsWrite(t, PciehpPowerAttr.Of(NoBlock), func() Errno {
		defer t.Call(PowerWrite)()
		if t.Kernel().Has(PciehpPowerAsks) {
			return OK // the thread is pciehp_ist
		}
		t.Lock(PciehpIst.Of(NoBlock))
		defer t.Unlock(PciehpIst.Of(NoBlock))
		return pciehpUnconfigure(t, b)
	})
}

// pciePortRemove models remove_store() of a hotplug port, or of what is above it: pciehp_remove() drains slots/N/power (pci_hp_del()) and
// waits for the interrupt thread (free_irq()), with pci_rescan_remove_lock held.
func pciePortRemove(t Task, _ Block) Errno {
	defer t.Call(PciRemoveStore)()
	t.Lock(pciLock)
	defer t.Unlock(pciLock)
	cxlPCI.stopAndRemove(t, gateFree)
	defer t.Call(PciehpRemove)()
	kernfsRemove(t, PciehpPowerAttr.Of(NoBlock))
	t.Lock(PciehpIst.Of(NoBlock))
	t.Unlock(PciehpIst.Of(NoBlock))
	t.Activate(PciehpPowerAttr.Of(NoBlock)) // the port comes again
	return OK
}

func pciehpActors() []Actor {
	return []Actor{
		{Name: "pciehp_ist", Doc: "the interrupt thread of a PCIe hotplug port removes CXL memory", Single: PciehpIst, From: CxlDax, Run: pciehpUnconfigure},
		{Name: "pciehp_power", Doc: "user space writes 0 to slots/N/power, of pciehp", From: CxlDax, Run: pciehpPower},
		{Name: "pcie_port_remove", Doc: "user space writes `remove` of a PCIe hotplug port", From: CxlDax, Run: pciePortRemove},
	}
}
