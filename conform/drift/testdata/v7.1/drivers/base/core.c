void lock_device_hotplug(void) { mutex_lock(&device_hotplug_lock); }
void unlock_device_hotplug(void) { mutex_unlock(&device_hotplug_lock); }
int lock_device_hotplug_sysfs(void) { if (mutex_trylock(&device_hotplug_lock)) return 0; return restart_syscall(); }
static ssize_t online_show(struct device *dev) { device_lock(dev); device_unlock(dev); }
static ssize_t online_store(struct device *dev) { if (lock_device_hotplug_sysfs()) return -1; unlock_device_hotplug(); }
int device_online(struct device *dev) { device_lock(dev); device_unlock(dev); }
int device_offline(struct device *dev) { device_lock(dev); device_unlock(dev); }
int device_add(struct device *dev) { device_lock(dev); device_unlock(dev); bus_probe_device(dev); }
void device_del(struct device *dev) { device_lock(dev); kill_device(dev); device_unlock(dev); }
