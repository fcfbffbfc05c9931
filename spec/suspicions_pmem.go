package spec

// What a dax region is below: virtio-pmem and pseries pmem through libnvdimm, and CXL memory: drivers/nvdimm/{virtio_pmem,bus,region}.c,
// drivers/dax/pmem.c, arch/powerpc/platforms/pseries/{pmem,papr_scm}.c, drivers/cxl/core/region.c.

// Locks of libnvdimm, CXL and pseries.
var (
	NdAsync    = &LockClass{Name: "nd_async_domain", Kind: WorkItem, Doc: "libnvdimm adds and deletes devices asynchronously, and nd_synchronize() waits for all of that; drivers/nvdimm/bus.c"}
	NdPending  = &VarClass{Name: "libnvdimm's device", Values: []string{"added", "to be added"}, Doc: "whether nd_async_device_register() is to add the device with the dax region", Protected: lockOf(NdAsync)}
	NvdimmBus  = &LockClass{Name: "device_lock(nvdimm bus)", Kind: Mutex, Doc: "device_lock() of the bus device of libnvdimm, held by nd_bus_remove(); drivers/base/dd.c"}
	PaprDevice = &LockClass{Name: "device_lock(papr_scm)", Kind: Mutex, Doc: "device_lock() of an ibm,pmemory platform device; drivers/base/dd.c"}
)

// Functions of libnvdimm and its providers.
var (
	NdBusRemove     = &Function{Name: "nd_bus_remove", File: "drivers/nvdimm/bus.c", Doc: "unregisters all devices of an nvdimm bus"}
	NdAsyncRegister = &Function{Name: "nd_async_device_register", File: "drivers/nvdimm/bus.c", Doc: "adds a device of libnvdimm, as asynchronous work"}
	DlparPmem       = &Function{Name: "dlpar_hp_pmem", File: "arch/powerpc/platforms/pseries/pmem.c", Doc: "adds or removes pmem by DLPAR, under device_hotplug_lock"}
	CxlAddToRegion  = &Function{Name: "cxl_add_to_region", File: "drivers/cxl/core/region.c", Doc: "puts the decoder of a new memory device into a region, and binds the region's driver"}
	CxlDetach       = &Function{Name: "cxl_decoder_detach", File: "drivers/cxl/core/region.c", Doc: "releases the driver of a region that loses a decoder (cxl_region_detach() before v6.17 or so)"}
)

var (
	pmemPCI = newPciFunction("virtio-pmem", func(t Task, _ gateState) { ndBusRemove(t) }, func(t Task) { t.Write(NdPending.Of(NoBlock), True) })
	cxlPCI  = newPciFunction("cxl memory", func(t Task, _ gateState) { cxlDetach(t) }, cxlInitialProbe)
)

// ndBusRemove models nvdimm_bus_unregister(): nd_synchronize(), then nd_device_unregister() of each region and of what is below it.
// The device_lock()s between are one here, that of the parent of the dax region.
func ndBusRemove(t Task) {
	defer t.Call(NdBusRemove)()
	bus := NvdimmBus.Of(NoBlock)
	t.Lock(bus)
	defer t.Unlock(bus)
	t.Lock(NdAsync.Of(NoBlock)) // nd_synchronize()
	t.Unlock(NdAsync.Of(NoBlock))
	staticDax.remove(t)
}

// ndAsyncRegister models nd_async_device_register() of the device with the dax region. dax/kmem binds at once if it was told the id of the dax device
// (new_id), as daxctl does.
func ndAsyncRegister(t Task, _ Block) Errno {
	defer t.Call(NdAsyncRegister)()
	if t.Read(NdPending.Of(NoBlock)) == False {
		return OK
	}
	staticDax.probe(t)
	t.Write(NdPending.Of(NoBlock), False)
	return OK
}

// cxlDetach models the end of a CXL memory device: cxl_decoder_detach() releases the driver of its region, and cxl_dax_region goes with it.
func cxlDetach(t Task) {
	defer t.Call(CxlDetach)()
	l := CxlRegion.Of(NoBlock)
	t.Lock(l)
	dynamicDax.remove(t)
	t.Unlock(l)
}

// cxlRegionUnbind models unbind_store() of the region's driver.
func cxlRegionUnbind(t Task, _ Block) Errno {
	defer t.Call(UnbindStore)()
	l := CxlRegion.Of(NoBlock)
	t.Lock(l)
	dynamicDax.remove(t)
	t.Unlock(l)
	return OK
}

// cxlAttach models what follows from the probe of a CXL memory device whose decoders are set up already: cxl_pci_probe(), cxl_mem_probe(),
// cxl_endpoint_port_probe(), discover_region(), cxl_add_to_region(), and the region's driver: cxl_dax_region_probe().
func cxlAttach(t Task) {
	defer t.Call(CxlAddToRegion)()
	l := CxlRegion.Of(NoBlock)
	t.Lock(l)
	dynamicDax.probe(t)
	t.Unlock(l)
}

// cxlInitialProbe models the probe by pci_bus_add_device(): at once, by device_attach(), until v6.17. Since then cxl_pci probes asynchronously.
func cxlInitialProbe(t Task) {
	if !t.Kernel().Has(PciInitialProbe) {
		cxlAttach(t)
	}
}

// cxlAsyncProbe models that probe, and the one when the module of the driver comes, under device_lock() of the PCI device.
func cxlAsyncProbe(t Task, _ Block) Errno {
	t.Lock(cxlPCI.lock.Of(NoBlock))
	defer t.Unlock(cxlPCI.lock.Of(NoBlock))
	if t.Read(cxlPCI.gone.Of(NoBlock)) == True {
		return ENODEV
	}
	cxlAttach(t)
	return OK
}

// cxlRegionProbe models bind_store() of the region's driver.
func cxlRegionProbe(t Task, _ Block) Errno {
	defer t.Call(BindStore)()
	cxlAttach(t)
	return OK
}

// dlparPmemRemove models dlpar_hp_pmem(): pmem_drc_remove_node(), dlpar_detach_node(), and of_platform_notify() (drivers/of/platform.c)
// unregisters the platform device: papr_scm_remove(). dlpar_hp_pmem() takes device_hotplug_lock as dlpar_memory() does.
func dlparPmemRemove(t Task, _ Block) Errno {
	defer t.Call(DlparPmem)()
	if !t.Kernel().Has(DlparPmemWithoutGate) {
		lockDeviceHotplug(t)
		defer unlockDeviceHotplug(t)
	}
	return paprUnbind(t, NoBlock)
}

// paprUnbind models unbind_store() of papr_scm.
func paprUnbind(t Task, _ Block) Errno {
	t.Lock(PaprDevice.Of(NoBlock))
	ndBusRemove(t)
	t.Unlock(PaprDevice.Of(NoBlock))
	return OK
}

// ejectActor is the eject of a PCI slot with f in it.
func ejectActor(name, doc string, from *Change, f *pciFunction) Actor {
	return Actor{Name: name, Doc: doc, Single: kacpiHotplug, Platforms: acpiPlatforms, From: from, Run: acpiHotplugWork(slotEvent, ejectSlot(f))}
}

func pmemActors() []Actor {
	pseries := []string{"pseries"}
	return []Actor{
		ejectActor("acpi_pmem_eject", "ACPI requests the eject of a PCI slot with virtio-pmem", VirtioMem, pmemPCI),
		{Name: "acpi_pmem_check", Doc: "ACPI announces a PCI device with virtio-pmem", Single: kacpiHotplug, Platforms: acpiPlatforms, From: VirtioMem,
			Run: acpiHotplugWork(slotEvent, checkSlot(pmemPCI))},
		{Name: "pmem_pci_remove", Doc: "user space writes `remove` of a PCI device with virtio-pmem", From: VirtioMem, Run: pmemPCI.removeStore(true)},
		{Name: "nd_async", Doc: "libnvdimm adds a device, asynchronously", Single: NdAsync, From: DaxKmem, Run: ndAsyncRegister},
		{Name: "nd_kmem_bind", Doc: "user space binds dax/kmem to a device of pmem", From: DaxKmem, Run: staticDax.bind},
		{Name: "nd_kmem_unbind", Doc: "user space unbinds dax/kmem from a device of pmem", From: RemoveReturnsBusy, Run: staticDax.unbind},
		{Name: "dlpar_pmem_remove", Doc: "pseries removes pmem", Platforms: pseries, From: DaxKmem, Run: dlparPmemRemove},
		{Name: "papr_unbind", Doc: "user space unbinds papr_scm", Platforms: pseries, From: DaxKmem, Run: paprUnbind},
	}
}

func cxlActors() []Actor {
	return []Actor{
		ejectActor("acpi_cxl_eject", "ACPI requests the eject of a PCI slot with CXL memory", CxlDax, cxlPCI),
		{Name: "acpi_cxl_check", Doc: "ACPI announces a PCI device with CXL memory", Single: kacpiHotplug, Platforms: acpiPlatforms, From: CxlDax,
			Run: acpiHotplugWork(slotEvent, checkSlot(cxlPCI))},
		{Name: "cxl_pci_probe", Doc: "cxl_pci probes a device asynchronously", From: CxlDax, Run: cxlAsyncProbe},
		{Name: "cxl_pci_remove", Doc: "user space writes `remove` of a PCI device with CXL memory", From: CxlDax, Run: cxlPCI.removeStore(true)},
		{Name: "cxl_unbind", Doc: "user space unbinds the driver of a CXL region", From: CxlDax, Run: cxlRegionUnbind},
		{Name: "cxl_probe", Doc: "the driver of a CXL region is bound", From: CxlDax, Run: cxlRegionProbe},
	}
}
