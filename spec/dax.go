package spec

// ZONE_DEVICE and dax: mm/memremap.c, drivers/nvdimm, drivers/dax/kmem.c.

// Locks and variables of dax devices.
var (
	DaxDevice  = &LockClass{Name: "device_lock(dax)", Kind: Mutex, Doc: "device_lock() of a dax device, held by its driver's probe and remove; drivers/base/dd.c"}
	PmemDevice = &LockClass{Name: "device_lock(pmem)", Kind: Mutex, Doc: "device_lock() of a pmem namespace, held by its driver's probe and remove; drivers/base/dd.c"}
	PgmapRef   = &LockClass{Name: "pgmap->ref", Kind: KernfsActive, Scope: PerBlock,
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
		Actor{Name: "pmem_probe", Doc: "a pmem driver maps its memory", From: MemremapPages, Run: pmemProbe},
		Actor{Name: "pmem_remove", Doc: "a pmem driver is unbound", From: MemremapPages, Run: pmemRemove},
		Actor{Name: "pgmap_use", Doc: "somebody uses a page of a device mapping", PerBlock: true, Run: pgmapUse},
		Actor{Name: "pgmap_teardown", Doc: "a device mapping is torn down", PerBlock: true, Run: pgmapTeardown},
	)
}
