package spec

// virtio-mem as a driver that comes and goes: drivers/virtio/{virtio_mem,virtio_pci_common,virtio}.c.

// Locks and variables of a virtio-mem device.
var (
	VirtioDevice = &LockClass{Name: "device_lock(virtio)", Kind: Mutex, Doc: "device_lock() of a virtio device, held by its driver's probe and remove; drivers/base/dd.c"}
	VirtioUnbind = &LockClass{Name: "kn->active#unbind", Kind: KernfsActive, Doc: "kernfs active reference of `bind` and `unbind` of the virtio-mem driver; drivers/base/bus.c"}
	VirtioBound  = &VarClass{Name: "virtio device", Values: []string{"bound", "unbound", "deleted"}, Doc: "whether the device is there and virtio-mem bound to it", Protected: lockOf(VirtioDevice)}
	VmRemoving   = &VarClass{Name: "vm->removing", Values: []string{"no", "yes"}, Doc: "no more work is queued; " + fileVirtioMem, Protected: lockOf(VirtioMemHotplug)}
	VmWork       = &VarClass{Name: "vm->wq", Values: []string{"may run", "cancelled"}, Doc: "whether the work of the device may be pending", Protected: lockOf(virtioMemWork)}
	VmBlock      = &VarClass{Name: "virtio-mem's block", Values: []string{"unused", "plugged", "offline, partly plugged"},
		Doc: "a memory block of the device: the states VIRTIO_MEM_SBM_MB_*; " + fileVirtioMem, Protected: lockOf(VirtioMemHotplug)}
)

// Values of VirtioBound.
const (
	virtioBound = iota
	virtioUnbound
	virtioDeleted
)

// Values of VmBlock.
const (
	vmUnused = iota
	vmPlugged
	vmPartial
)

// virtioMemPCI is the PCI device of virtio-mem.
var virtioMemPCI = newPciFunction("virtio-mem", virtioPciRemove, virtioPciProbe)

// virtioPciRemove models virtio_pci_remove(): device_unregister() of the virtio device, with device_lock() of the PCI device held.
func virtioPciRemove(t Task, held gateState) {
	l, v := VirtioDevice.Of(NoBlock), VirtioBound.Of(NoBlock)
	t.Lock(l) // device_del(): kill_device(), nobody binds any more
	if t.Read(v) == virtioUnbound {
		t.Write(v, virtioDeleted)
	}
	t.Unlock(l)
	t.Lock(l) // bus_remove_device(): device_release_driver()
	virtioRelease(t, held)
	t.Write(v, virtioDeleted)
	t.Unlock(l)
}

// virtioPciProbe models virtio_pci_probe(): register_virtio_device(), and bus_probe_device() of the new device.
func virtioPciProbe(t Task) {
	t.Lock(VirtioDevice.Of(NoBlock))
	t.Write(VirtioBound.Of(NoBlock), virtioUnbound)
	virtioAttach(t)
	t.Unlock(VirtioDevice.Of(NoBlock))
}

func virtioRelease(t Task, held gateState) {
	if v := VirtioBound.Of(NoBlock); t.Read(v) == virtioBound {
		virtioMemRemove(t, held)
		t.Write(v, virtioUnbound)
	}
}

// virtioAttach models virtio_mem_probe(): it queues work and does not wait. It fails if memory of an earlier device is still there.
func virtioAttach(t Task) {
	if t.Read(VirtioBound.Of(NoBlock)) == virtioUnbound && t.Read(VmBlock.Of(NoBlock)) == vmUnused {
		t.Write(VirtioBound.Of(NoBlock), virtioBound)
		t.Write(VmRemoving.Of(NoBlock), False)
		t.Write(VmWork.Of(NoBlock), False) // queue_work()
	}
}

// virtioMemRemove models virtio_mem_remove() and virtio_mem_deinit_hotplug().
func virtioMemRemove(t Task, held gateState) {
	defer t.Call(VirtioMemRemoveFn)()
	k := t.Kernel()
	virtioMemQuiesce(t)
	if t.Read(VmBlock.Of(NoBlock)) != vmPartial || k.Has(VirtioMemKeepsBlocks) {
		return
	}
	if held == gateHeld && k.Has(VirtioMemKnowsGate) {
		defer t.Call(RemoveMemoryLocked)()
		changeRange(t)
	} else {
		removeRange(t) // virtio_mem_sbm_remove_mb()
	}
	t.Write(VmBlock.Of(NoBlock), vmUnused)
}

// virtioMemQuiesce models the beginning of virtio_mem_deinit_hotplug(): no work is queued any more, and none runs.
func virtioMemQuiesce(t Task) {
	t.Lock(virtioMemMutex)
	t.Write(VmRemoving.Of(NoBlock), True)
	t.Unlock(virtioMemMutex)
	t.Lock(virtioMemWork.Of(NoBlock)) // cancel_work_sync()
	t.Write(VmWork.Of(NoBlock), True)
	t.Unlock(virtioMemWork.Of(NoBlock))
}

// virtioMemRunWq models virtio_mem_run_wq(), which plugs an unused block, wholly or in part, or takes one away. hotplug_mutex is never held across
// the calls into memory hotplug, and vm->removing is never looked at.
func virtioMemRunWq(t Task, _ Block) (errno Errno) {
	defer t.Call(VirtioMemWorkFn)(&errno)
	k := t.Kernel()
	if t.Read(VmWork.Of(NoBlock)) == True {
		return OK // not pending
	}
	t.Lock(virtioMemMutex)
	t.Unlock(virtioMemMutex)
	if k.Has(WorkerAsksRemoving) && t.Read(VmRemoving.Of(NoBlock)) == True {
		return OK
	}
	if k.Has(WorkerTriesGate) {
		if !t.TryLock(DeviceHotplugLock) {
			return EAGAIN // it is queued again
		}
		defer unlockDeviceHotplug(t)
		return virtioMemChange(t, changeRange, changeRange)
	}
	return virtioMemChange(t, addRange, offlineAndRemoveRange)
}

// virtioMemChange plugs or unplugs a block, by calls that take device_hotplug_lock or are made under it.
func virtioMemChange(t Task, add, remove func(Task)) Errno {
	next := vmUnused
	if t.Read(VmBlock.Of(NoBlock)) == vmUnused {
		add(t)
		next = vmPlugged + t.Choose("requested-size ends: with the block, inside it", 2)
	} else {
		remove(t)
	}
	t.Lock(virtioMemMutex)
	t.Write(VmBlock.Of(NoBlock), next)
	t.Unlock(virtioMemMutex)
	return OK
}

// offlineAndRemoveRange models offline_and_remove_memory() by its locks.
func offlineAndRemoveRange(t Task) {
	defer t.Call(OfflineAndRemove)()
	lockDeviceHotplug(t)
	changeRange(t)
	unlockDeviceHotplug(t)
}

// virtioUnbind models unbind_store() of the driver: device_driver_detach() holds device_lock() of the virtio device.
func virtioUnbind(t Task, _ Block) Errno {
	return sysfsWrite(t, VirtioUnbind.Of(NoBlock), func() (errno Errno) {
		defer t.Call(UnbindStore)(&errno)
		t.Lock(VirtioDevice.Of(NoBlock))
		virtioRelease(t, gateFree)
		t.Unlock(VirtioDevice.Of(NoBlock))
		return OK
	})
}

// virtioBind models bind_store() of the driver.
func virtioBind(t Task, _ Block) Errno {
	return sysfsWrite(t, VirtioUnbind.Of(NoBlock), func() (errno Errno) {
		defer t.Call(BindStore)(&errno)
		t.Lock(VirtioDevice.Of(NoBlock))
		virtioAttach(t)
		t.Unlock(VirtioDevice.Of(NoBlock))
		return OK
	})
}

// virtioRmmod models bus_remove_driver(): `bind` and `unbind` go first, with no lock held, then the driver is released from its devices.
func virtioRmmod(t Task, _ Block) (errno Errno) {
	defer t.Call(BusRemoveDriver)(&errno)
	kernfsRemove(t, VirtioUnbind.Of(NoBlock))
	t.Lock(VirtioDevice.Of(NoBlock)) // driver_detach()
	virtioRelease(t, gateFree)
	t.Unlock(VirtioDevice.Of(NoBlock))
	t.Activate(VirtioUnbind.Of(NoBlock)) // the module comes again
	return OK
}

// virtioRmmodLocked is virtioRmmod that waits for the users of the attributes with device_lock() held: no kernel.
func virtioRmmodLocked(t Task, _ Block) Errno {
	t.Lock(VirtioDevice.Of(NoBlock))
	kernfsRemove(t, VirtioUnbind.Of(NoBlock))
	t.Activate(VirtioUnbind.Of(NoBlock))
	t.Unlock(VirtioDevice.Of(NoBlock))
	return OK
}

func virtioMemDriverActors() []Actor {
	return []Actor{
		{Name: "vm_work", Doc: "the work of a virtio-mem device", Single: virtioMemWork, From: VirtioMem, Run: virtioMemRunWq},
		{Name: "vm_unbind", Doc: "user space unbinds virtio-mem", From: VirtioMem, Run: virtioUnbind},
		{Name: "vm_bind", Doc: "user space binds virtio-mem", From: VirtioMem, Run: virtioBind},
		{Name: "vm_rmmod", Doc: "the module of virtio-mem goes, and comes again", From: VirtioMem, Run: virtioRmmod},
	}
}
