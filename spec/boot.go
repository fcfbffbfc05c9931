package spec

// What runs while the system boots.

// GroupBoot are the paths of boot.
const GroupBoot = "boot"

// acpiBootScan models acpi_scan_init(): it adds the memory that ACPI has, without device_hotplug_lock in any kernel; locked is how
// a patch of 2019 would have had it.
func acpiBootScan(locked bool) func(Task, Block) Errno {
	return func(t Task, b Block) Errno {
		if locked {
			lockDeviceHotplug(t)
			defer unlockDeviceHotplug(t)
		}
		t.Lock(AcpiScanLock)
		defer t.Unlock(AcpiScanLock)
		return addUnderGate(t, b)
	}
}

func bootActors() []Actor {
	return inGroup(GroupBoot,
		Actor{Name: "acpi_boot_scan", Doc: "ACPI adds memory at boot", PerBlock: true, Platforms: acpiPlatforms, Run: acpiBootScan(false)},
	)
}
