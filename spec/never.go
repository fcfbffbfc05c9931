package spec

// What no kernel has: procedures without the thing that protects them, and repairs that were only proposed. The
// catalogue holds them against what kernels have.

func neverActors() []Actor {
	per := func(name, doc string, run func(Task, Block) Errno) Actor {
		return Actor{Name: name, Doc: doc, PerBlock: true, Run: run}
	}
	keeps := per("hv_hot_add_keeps_mutex", "hv_hot_add that keeps ha_region_mutex", hvHotAddKeepsMutex)
	forever := per("hv_hot_add_no_timeout", "hv_hot_add that waits without an end", hvHotAddNoTimeout)
	keeps.Single, forever.Single = hvBalloonWork, hvBalloonWork
	return inGroup(GroupNever, keeps, forever,
		per("acpi_offline_ungated", "acpi_offline without device_hotplug_lock", acpiOffline(false)),
		per("acpi_eject_ungated", "ACPI removes an offline block without device_hotplug_lock", acpiEjectUngated),
		per("acpi_eject_no_drain", "acpi_eject that does not wait for the users of attributes", acpiEjectNoDrain),
		per("acpi_boot_scan_locked", "acpi_boot_scan under device_hotplug_lock, as proposed in 2019", acpiBootScan(true)),
		per("virtio_mem_online_bare", "virtio_mem_online with no lock of memory hotplug held", virtioMemOnlineBare),
		Actor{Name: "lru_drain_work_reads", Doc: "lru_drain_work that reads mem_hotplug_lock", Single: mmPercpuWork, Run: lruDrainWork(true)},
		Actor{Name: "memory_failure_locked", Doc: "memory_failure under get_online_mems(), as proposed in 2022", Run: memoryFailure(true)},
		Actor{Name: "kexec_file_load_locked", Doc: "kexec_file_load under get_online_mems()", Run: kexecLoad(true)},
		per("block_added_ungated", "block_added without device_hotplug_lock", blockAdded(false)),
		Actor{Name: "zone_chosen_ungated", Doc: "zone_chosen without device_hotplug_lock", Run: zoneChosen(false)},
		Actor{Name: "vm_rmmod_locked", Doc: "vm_rmmod that waits for users of the driver's attributes under device_lock()", Run: virtioRmmodLocked},
		Actor{Name: "pci_remove_keeps_reference", Doc: "pci_remove that keeps its active reference", Run: virtioMemPCI.removeStore(false)},
		Actor{Name: "slub_flush_next", Doc: "slub_flush as it was in linux-next in 2021", Run: slubFlushNext},
	)
}
