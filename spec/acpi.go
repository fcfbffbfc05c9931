package spec

// ACPI in more detail than the core needs: the lock of a device's physical nodes, and what no kernel does.

// Locks of ACPI devices.
var (
	PhysicalNode = &LockClass{Name: "physical_node_lock", Kind: Mutex,
		Doc: "protects the list of physical nodes of an ACPI device, here one with all blocks; held while acpi_bus_offline() offlines them; drivers/acpi/scan.c"}
)

// acpiOffline models acpi_scan_try_to_offline() under acpi_device_hotplug(): physical_node_lock is held while blocks are offlined.
func acpiOffline(gate bool) func(Task, Block) Errno {
	return func(t Task, b Block) Errno {
		if gate {
			lockDeviceHotplug(t)
			defer unlockDeviceHotplug(t)
			t.Lock(AcpiScanLock)
			defer t.Unlock(AcpiScanLock)
		}
		if t.Read(Presence.Of(b)) != Present {
			return ENODEV
		}
		t.Lock(PhysicalNode.Of(NoBlock))
		defer t.Unlock(PhysicalNode.Of(NoBlock))
		return deviceOffline(t, b)
	}
}

// acpiEjectUngated is the removal of acpiEject with no lock around it: no kernel.
func acpiEjectUngated(t Task, b Block) Errno {
	if t.Read(Presence.Of(b)) != Present || t.Read(BlockState.Of(b)) != MemOffline {
		return ENODEV
	}
	return removeMemoryLocked(t, b)
}

// acpiEjectNoDrain is acpiEject without the wait for users of attributes: no kernel.
func acpiEjectNoDrain(t Task, b Block) Errno {
	return acpiEject(WithHooks(t, Hooks{NoDrain: true}), b)
}

// ueventShow models a reader of an attribute that asks ACPI for a device's properties, as platform_uevent() does.
func ueventShow(t Task, b Block) Errno {
	return sysfsRead(t, StateAttr.Of(b), func() {
		t.Lock(PhysicalNode.Of(NoBlock))
		t.Unlock(PhysicalNode.Of(NoBlock))
	})
}

func acpiActors() []Actor {
	per := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, PerBlock: true, Platforms: acpiPlatforms, Run: run}
	}
	offline := per("acpi_offline", "ACPI offlines the blocks of a device", acpiOffline(true))
	offline.Single = kacpiHotplug
	return inGroup(GroupPlatform, offline,
		per("uevent_show", "user space reads an attribute that asks ACPI", ueventShow),
	)
}
