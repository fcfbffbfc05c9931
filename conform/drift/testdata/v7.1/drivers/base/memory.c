static ssize_t state_show(struct device *dev) { return 0; }
static ssize_t state_store(struct device *dev) { ret = lock_device_hotplug_sysfs(); unlock_device_hotplug(); }
static ssize_t probe_store(struct device *dev) { ret = lock_device_hotplug_sysfs(); unlock_device_hotplug(); }
static int memory_block_online(struct memory_block *mem) { mem_hotplug_begin(); mem_hotplug_done(); }
static int memory_block_offline(struct memory_block *mem) { mem_hotplug_begin(); mem_hotplug_done(); }
