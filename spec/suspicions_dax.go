package spec

// The devices of a dax region, and dax/kmem, which adds their memory: drivers/dax/{bus,kmem,cxl}.c. The machine has a static
// region, of pmem, and a dynamic one, of CXL or hmem.

// daxRegion is a dax region with one device.
type daxRegion struct {
	// parent is device_lock() of the device that the region belongs to, device that of the dax device.
	parent, device *LockClass
	// size and start are attributes of the device and of its mapping. Those of a static region that take the lock of the region do not exist.
	size, start *LockClass
	state       *VarClass
	mapping     *VarClass
}

// Values of daxRegion.state.
const (
	daxKmem = iota
	daxUnbound
	daxGone
)

func newDaxRegion(name, parent string, size *LockClass) *daxRegion {
	return &daxRegion{size: size,
		parent:  &LockClass{Name: "device_lock(" + parent + ")", Kind: Mutex, Doc: "device_lock() of the device that a dax region belongs to; drivers/base/dd.c"},
		device:  &LockClass{Name: "device_lock(" + name + ")", Kind: Mutex, Doc: "device_lock() of a dax device, held by the probe and remove of dax/kmem; drivers/base/dd.c"},
		start:   &LockClass{Name: "kn->active#start(" + name + ")", Kind: KernfsActive, Doc: "kernfs active reference of mappingZ/start, `end` and `page_offset` of a dax device; drivers/dax/bus.c"},
		state:   &VarClass{Name: name, Values: []string{"kmem", "unbound", "gone"}, Doc: "whether the dax device is there, and dax/kmem bound to it"},
		mapping: &VarClass{Name: name + ", mapping", Values: []string{"there", "gone"}, Doc: "whether the range of the dax device has its mapping device"},
	}
}

// staticDax is a region of pmem: one device, whose size nobody changes. dynamicDax is one of CXL or of hmem.
var (
	staticDax  = newDaxRegion("dax0.0", "nd dax", nil)
	dynamicDax = newDaxRegion("dax1.0", "dax region", &LockClass{Name: "kn->active#size(dax1.0)", Kind: KernfsActive,
		Doc: "kernfs active reference of daxX.Y/size, `align` and `mapping`; drivers/dax/bus.c"})
)

func (r *daxRegion) locks() []*LockClass {
	out := []*LockClass{r.parent, r.device, r.start}
	if r.size != nil {
		out = append(out, r.size)
	}
	return out
}

// Functions of drivers/dax.
var (
	KmemProbe        = &Function{Name: "dev_dax_kmem_probe", File: "drivers/dax/kmem.c", Doc: "adds the memory of a dax device"}
	KmemRemove       = &Function{Name: "dev_dax_kmem_remove", File: "drivers/dax/kmem.c", Doc: "calls remove_memory() for each range that was added, be it offline or not"}
	UnregisterDevDax = &Function{Name: "unregister_dev_dax", File: "drivers/dax/bus.c", Doc: "deletes a dax device"}
	CreateDevDax     = &Function{Name: "devm_create_dev_dax", File: "drivers/dax/bus.c", Errnos: []Errno{ENOMEM}, Doc: "makes a dax device"}
	DaxSizeStore     = &Function{Name: "size_store", File: "drivers/dax/bus.c", Errnos: []Errno{EBUSY}, Doc: "write to daxX.Y/size"}
	DaxStartShow     = &Function{Name: "start_show", File: "drivers/dax/bus.c", Doc: "read of mappingZ/start"}
)

// attach models the probe of dax/kmem, for a caller that holds device_lock() of the dax device.
func (r *daxRegion) attach(t Task) {
	defer t.Call(KmemProbe)()
	if !t.Kernel().Has(KmemWorksLater) {
		addRange(t)
	}
	t.Write(r.state.Of(NoBlock), daxKmem)
}

// release models its remove.
func (r *daxRegion) release(t Task) {
	if v := r.state.Of(NoBlock); t.Read(v) == daxKmem {
		defer t.Call(KmemRemove)()
		if !t.Kernel().Has(KmemWorksLater) {
			removeRange(t)
		}
		t.Write(v, daxUnbound)
	}
}

// bind and unbind model bind_store() and unbind_store() of dax/kmem, as daxctl uses them.
func (r *daxRegion) bind(t Task, _ Block) Errno {
	defer t.Call(BindStore)()
	t.Lock(r.device.Of(NoBlock))
	defer t.Unlock(r.device.Of(NoBlock))
	if t.Read(r.state.Of(NoBlock)) == daxUnbound {
		r.attach(t)
	}
	return OK
}

func (r *daxRegion) unbind(t Task, _ Block) Errno {
	defer t.Call(UnbindStore)()
	t.Lock(r.device.Of(NoBlock))
	r.release(t)
	t.Unlock(r.device.Of(NoBlock))
	return OK
}

// attribute models an attribute of a dax device: with an active reference of it held it takes dax_region_rwsem, and before c05ae9d85b47
// device_lock() of the parent of the region. (Since then whoever waits for that can be killed: down_write_killable().)
func (r *daxRegion) attribute(t Task, attr *LockClass, f *Function, use func() Errno) Errno {
	return sysfsWrite(t, attr.Of(NoBlock), func() Errno {
		defer t.Call(f)()
		l := r.parent.Of(NoBlock)
		if DaxRegion.ExistsIn(t.Kernel()) {
			l = DaxRegion.Of(NoBlock)
		}
		if !t.Kernel().Has(DaxAttrsTry) {
			t.Lock(l)
		} else if !t.TryLock(l) {
			return ERESTARTNOINTR
		}
		defer t.Unlock(l)
		return use()
	})
}

// remove models device_release_driver() of the parent of the region: the mapping of the device goes, then the device
// (unregister_dax_mapping() and unregister_dev_dax(), from devres_release_all()).
func (r *daxRegion) remove(t Task) {
	t.Lock(r.parent.Of(NoBlock))
	defer t.Unlock(r.parent.Of(NoBlock))
	if t.Read(r.state.Of(NoBlock)) == daxGone {
		return
	}
	r.removeMapping(t)
	r.unregister(t, true)
}

// lockDaxRegions takes dax_region_rwsem where it exists.
func lockDaxRegions(t Task) (unlock func()) {
	if !DaxRegion.ExistsIn(t.Kernel()) {
		return func() {}
	}
	t.Lock(DaxRegion.Of(NoBlock))
	return func() { t.Unlock(DaxRegion.Of(NoBlock)) }
}

// lockDaxRegionsToUnregister takes dax_region_rwsem as unregister_dev_dax() does: in v6.9 not at all if somebody has it, be it the caller or not.
func lockDaxRegionsToUnregister(t Task) (unlock func()) {
	if !DaxRegion.ExistsIn(t.Kernel()) || t.Kernel().Has(DaxUnregisterLocks) {
		return lockDaxRegions(t)
	}
	if l := DaxRegion.Of(NoBlock); t.TryLock(l) { // rwsem_is_locked(), then down_write_killable()
		return func() { t.Unlock(l) }
	}
	return func() {}
}

// unregister models unregister_dev_dax().
func (r *daxRegion) unregister(t Task, lock bool) {
	defer t.Call(UnregisterDevDax)()
	if lock {
		defer lockDaxRegionsToUnregister(t)()
	}
	if r.size != nil {
		kernfsRemove(t, r.size.Of(NoBlock)) // device_del(): device_remove_attrs()
	}
	t.Lock(r.device.Of(NoBlock)) // bus_remove_device(): device_release_driver()
	r.release(t)
	t.Write(r.state.Of(NoBlock), daxGone)
	t.Unlock(r.device.Of(NoBlock))
}

func (r *daxRegion) removeMapping(t Task) {
	if v := r.mapping.Of(NoBlock); t.Read(v) == False {
		kernfsRemove(t, r.start.Of(NoBlock))
		t.Write(v, True)
	}
}

// probe models the probe of the parent of the region: alloc_dax_region() and devm_create_dev_dax().
func (r *daxRegion) probe(t Task) {
	t.Lock(r.parent.Of(NoBlock))
	defer t.Unlock(r.parent.Of(NoBlock))
	if t.Read(r.state.Of(NoBlock)) == daxGone {
		r.create(t)
	}
}

// create models devm_create_dev_dax(). If devm_add_action_or_reset() fails in __devm_create_dev_dax(), it calls unregister_dev_dax(), with
// dax_region_rwsem held already.
func (r *daxRegion) create(t Task) {
	defer t.Call(CreateDevDax)()
	defer lockDaxRegions(t)()
	if r.size != nil {
		t.Activate(r.size.Of(NoBlock)) // device_add()
	}
	t.Lock(r.device.Of(NoBlock))
	r.attach(t)
	t.Unlock(r.device.Of(NoBlock))
	if t.Choose("devm_add_action_or_reset() fails", 2) == 1 {
		r.unregister(t, !t.Kernel().Has(DaxCreateUnwinds))
		return
	}
	t.Activate(r.start.Of(NoBlock)) // devm_register_dax_mapping()
	t.Write(r.mapping.Of(NoBlock), False)
}

// sizeStore models size_store() of 0: dev_dax_shrink() unregisters the mapping. A bound device is busy.
func (r *daxRegion) sizeStore(t Task, _ Block) Errno {
	return r.attribute(t, r.size, DaxSizeStore, func() Errno {
		if t.Read(r.state.Of(NoBlock)) != daxUnbound {
			return EBUSY
		}
		r.removeMapping(t)
		return OK
	})
}

// startShow models start_show(): get_dax_range() takes the lock of the region.
func (r *daxRegion) startShow(t Task, _ Block) Errno {
	return r.attribute(t, r.start, DaxStartShow, func() Errno { return OK })
}

// hmemUnbind models unbind_store() of dax_hmem, whose device is the parent of a region (drivers/dax/hmem/hmem.c).
func hmemUnbind(t Task, _ Block) Errno {
	defer t.Call(UnbindStore)()
	dynamicDax.remove(t)
	return OK
}

func hmemBind(t Task, _ Block) Errno {
	defer t.Call(BindStore)()
	dynamicDax.probe(t)
	return OK
}

func daxRegionActors() []Actor {
	return []Actor{
		{Name: "kmem_bind", Doc: "user space binds dax/kmem", From: DaxKmem, Run: dynamicDax.bind},
		{Name: "kmem_unbind", Doc: "user space unbinds dax/kmem", From: RemoveReturnsBusy, Run: dynamicDax.unbind},
		{Name: "dax_size", Doc: "user space writes 0 to daxX.Y/size", From: DaxKmem, Run: dynamicDax.sizeStore},
		{Name: "dax_start", Doc: "user space reads daxX.Y/mappingZ/start", From: DaxKmem, Run: dynamicDax.startShow},
		{Name: "hmem_unbind", Doc: "user space unbinds dax_hmem", From: DaxKmem, Run: hmemUnbind},
		{Name: "hmem_bind", Doc: "user space binds dax_hmem", From: DaxKmem, Run: hmemBind},
	}
}
