package spec

// pseries: DLPAR of arch/powerpc/platforms/pseries/hotplug-memory.c, the hash page table of lpar.c, and the linear
// mapping of arch/powerpc/mm/mem.c.

// Locks and variables of pseries and powernv.
var (
	LinearMapping = &LockClass{Name: "linear_mapping_mutex", Kind: Mutex, From: LinearMappingMutex, Doc: "serialises changes of the linear mapping; arch/powerpc/mm/mem.c"}
	LinearMap     = &VarClass{Name: "linear mapping", Values: []string{"consistent", "being changed"},
		Doc: "page tables that arch_create_linear_mapping() and arch_remove_linear_mapping() change; arch/powerpc/mm/mem.c", Protected: lockOf(LinearMapping)}
)

// dlparAdd models dlpar_memory() for one LMB, dlparAddLMB dlpar_add_lmb(): add, online, and remove again if that fails.
func dlparAdd(t Task, b Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return dlparAddLMB(t, b)
}

func dlparAddLMB(t Task, b Block) Errno {
	t = onPseries(t)
	if ret := addUnderGate(t, b); ret != OK {
		return ret
	}
	if !t.Kernel().Has(PseriesOnlines) {
		return OK // the policy onlined it, or user space will
	}
	if ret := dlparChangeState(t, b, true); ret != OK {
		removeMemoryLocked(t, b)
		return ret
	}
	return OK
}

// addUnderGate adds memory for a caller that holds device_hotplug_lock.
func addUnderGate(t Task, r ...Block) Errno {
	if t.Kernel().Has(AddTakesDeviceHotplug) {
		return addMemoryLocked(t, r...)
	}
	return addMemory(t, r...)
}

// dlparRemove models dlpar_memory() for one LMB, dlparRemoveLMB dlpar_remove_lmb().
func dlparRemove(t Task, b Block) Errno {
	lockDeviceHotplug(t)
	defer unlockDeviceHotplug(t)
	return dlparRemoveLMB(t, b)
}

func dlparRemoveLMB(t Task, b Block) Errno {
	if t.Read(Presence.Of(b)) != Present {
		return EINVAL
	}
	if ret := dlparChangeState(t, b, false); ret != OK {
		return ret
	}
	return removeMemoryLocked(onPseries(t), b)
}

// dlparChangeState models dlpar_online_lmb() and dlpar_change_lmb_state(): before 1a367063ca0c the 1 of device_online() for a block that
// is online already looked like a failure.
func dlparChangeState(t Task, b Block, online bool) Errno {
	if t.Kernel().Has(PseriesCheckState) && (t.Read(DevOffline.Of(b)) == True) != online {
		return OK
	}
	if online {
		return deviceOnline(t, b)
	}
	return deviceOffline(t, b)
}

func onPseries(t Task) Task { return WithHooks(t, Hooks{ArchAdd: resizeHPT}) }

// resizeHPT models resize_hpt_for_hotplug() with stop_machine(), or stop_machine_cpuslocked() for callers that hold
// cpu_hotplug_lock.
func resizeHPT(t Task, _ Block) {
	if k := t.Kernel(); k.Has(ResizeHPT) && !k.Has(HPTCpusLocked) {
		t.RLock(CPUHotplugLock)
		t.RUnlock(CPUHotplugLock)
	}
}

// memtraceLinearMap models memtrace_free_node() and memtrace_alloc_node() since 0bd4b96d9910: they change the linear mapping
// with no lock of memory hotplug.
func memtraceLinearMap(t Task, _ Block) Errno {
	changeLinearMap(t)
	return OK
}

// powerpcAdd models arch_add_memory() on powerpc, under mem_hotplug_lock.
func powerpcAdd(t Task, _ Block) Errno {
	memHotplugBegin(t)
	defer memHotplugDone(t)
	changeLinearMap(t)
	return OK
}

// changeLinearMap models arch_create_linear_mapping(): nobody else may be at it.
func changeLinearMap(t Task) {
	if LinearMapping.ExistsIn(t.Kernel()) {
		t.Lock(LinearMapping.Of(NoBlock))
		defer t.Unlock(LinearMapping.Of(NoBlock))
	}
	v := LinearMap.Of(NoBlock)
	t.Assert(v, False, AddRemoveUnderMemHotplug)
	t.Write(v, True)
	t.Write(v, False)
}

func pseriesActors() []Actor {
	pseries, powernv := []string{"pseries"}, []string{"powernv"}
	return inGroup(GroupPlatform,
		Actor{Name: "dlpar_add", Doc: "pseries adds memory", PerBlock: true, Platforms: pseries, Run: dlparAdd},
		Actor{Name: "dlpar_remove", Doc: "pseries removes memory", PerBlock: true, Platforms: pseries, Run: dlparRemove},
		Actor{Name: "memtrace_linear_map", Doc: "memtrace takes memory out of the linear mapping", Platforms: powernv, From: MemtraceContig, Run: memtraceLinearMap},
		Actor{Name: "powerpc_add", Doc: "arch_add_memory() of powerpc", Platforms: []string{"pseries", "powernv"}, Run: powerpcAdd},
	)
}
