package spec

// ZONE_DEVICE and dax: mm/memremap.c, drivers/nvdimm, drivers/dax/kmem.c.

// Locks and variables of dax devices.
var (
	DaxDevice  = &LockClass{Name: "device_lock(dax)", Kind: Mutex, Doc: "device_lock() of a dax device, held by its driver's probe and remove; drivers/base/dd.c"}
	PmemDevice = &LockClass{Name: "device_lock(pmem)", Kind: Mutex, Doc: "device_lock() of a pmem namespace, held by its driver's probe and remove; drivers/base/dd.c"}
	DaxRegion  = &LockClass{Name: "dax_region_rwsem", Kind: Rwsem, From: DaxRegionSem,
		Doc: "protects the devices of a dax region: written while one is made or goes, its driver's probe and remove included; drivers/dax/bus.c"}
	CxlRegion = &LockClass{Name: "device_lock(cxl region)", Kind: Mutex, Doc: "device_lock() of the dax region of a CXL region, held by its driver; drivers/dax/cxl.c"}
	PgmapRef  = &LockClass{Name: "pgmap->ref", Kind: KernfsActive, Scope: PerBlock,
		Doc: "references to the pages of a device mapping: percpu_ref_tryget_live() takes one, percpu_ref_kill() lets no more in; mm/memremap.c"}
	PgmapGone = &VarClass{Name: "mapping", Values: []string{"there", "gone"}, Scope: PerBlock, Doc: "struct pages and page tables of a device mapping", Protected: lockOf(MemHotplug)}
)

// daxKmemProbe models dev_dax_kmem_probe().
func daxKmemProbe(t Task, b Block) Errno {
	t.Lock(DaxDevice.Of(NoBlock))
	defer t.Unlock(DaxDevice.Of(NoBlock))
	return addMemory(t, b)
}

// daxKmemRemove models dev_dax_kmem_remove(): blocks that are not offline stay until reboot.
func daxKmemRemove(t Task, b Block) Errno {
	t.Lock(DaxDevice.Of(NoBlock))
	defer t.Unlock(DaxDevice.Of(NoBlock))
	if t.Read(Presence.Of(b)) != Present {
		return ENODEV
	}
	return removeMemory(t, b)
}

// inDaxRegion runs the probe or the remove of dax/kmem as devm_create_dev_dax() and unregister_dev_dax() do for a CXL region, or for
// memory that the firmware set aside (drivers/dax/hmem): with dax_region_rwsem written.
func inDaxRegion(f func(Task, Block) Errno) func(Task, Block) Errno {
	return func(t Task, b Block) Errno {
		t.Lock(CxlRegion.Of(NoBlock))
		defer t.Unlock(CxlRegion.Of(NoBlock))
		if DaxRegion.ExistsIn(t.Kernel()) {
			t.Lock(DaxRegion.Of(NoBlock))
			defer t.Unlock(DaxRegion.Of(NoBlock))
		}
		return f(t, b)
	}
}

// pmemProbe models a pmem driver that binds: devm_memremap_pages() with the lock of the device held.
func pmemProbe(t Task, b Block) Errno {
	t.Lock(PmemDevice.Of(NoBlock))
	defer t.Unlock(PmemDevice.Of(NoBlock))
	return memremapPages(t, b)
}

// pmemRemove models its unbinding.
func pmemRemove(t Task, b Block) Errno {
	t.Lock(PmemDevice.Of(NoBlock))
	defer t.Unlock(PmemDevice.Of(NoBlock))
	return memunmapPages(t, b)
}

// pgmapUse models somebody who gets a reference to a page of a device mapping, and uses the page.
func pgmapUse(t Task, b Block) Errno {
	if !t.TryRLock(PgmapRef.Of(b)) {
		return ENODEV
	}
	t.Assert(PgmapGone.Of(b), False, NoBug)
	t.RUnlock(PgmapRef.Of(b))
	return OK
}

// pgmapTeardown models devm_memremap_pages_release(): before 50f44ee7248a it did not wait for the last reference.
func pgmapTeardown(t Task, b Block) Errno {
	t.Lock(PmemDevice.Of(NoBlock))
	defer t.Unlock(PmemDevice.Of(NoBlock))
	ref := PgmapRef.Of(b)
	t.Deactivate(ref) // percpu_ref_kill()
	if t.Kernel().Has(ZoneDeviceDrain) {
		t.Drain(ref) // cleanup: wait for the last reference
	}
	memHotplugBegin(t)
	t.Write(PgmapGone.Of(b), True)
	memHotplugDone(t)
	if !t.Kernel().Has(ZoneDeviceDrain) {
		t.Drain(ref)
	}
	t.Activate(ref, Assign{PgmapGone.Of(b), False}) // the next mapping
	return OK
}

func daxActors() []Actor {
	return inGroup(GroupPlatform,
		Actor{Name: "dax_kmem_probe", Doc: "dax/kmem adds the memory of a dax device", PerBlock: true, From: DaxKmem, Run: daxKmemProbe},
		Actor{Name: "dax_kmem_remove", Doc: "dax/kmem is unbound from a dax device", PerBlock: true, From: RemoveReturnsBusy, Run: daxKmemRemove},
		Actor{Name: "cxl_region_probe", Doc: "the dax region of a CXL region, or of hmem, comes up", PerBlock: true, From: CxlDax, Run: inDaxRegion(daxKmemProbe)},
		Actor{Name: "cxl_region_remove", Doc: "the dax region of a CXL region, or of hmem, goes", PerBlock: true, From: CxlDax, Run: inDaxRegion(daxKmemRemove)},
		Actor{Name: "pmem_probe", Doc: "a pmem driver maps its memory", From: MemremapPages, Run: pmemProbe},
		Actor{Name: "pmem_remove", Doc: "a pmem driver is unbound", From: MemremapPages, Run: pmemRemove},
		Actor{Name: "pgmap_use", Doc: "somebody uses a page of a device mapping", PerBlock: true, Run: pgmapUse},
		Actor{Name: "pgmap_teardown", Doc: "a device mapping is torn down", PerBlock: true, Run: pgmapTeardown},
	)
}
