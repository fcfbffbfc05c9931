void acpi_device_hotplug(void) { lock_device_hotplug(); mutex_lock(&acpi_scan_lock); acpi_scan_lock_release(); unlock_device_hotplug(); }
