void device_initial_probe(struct device *dev) { __device_attach(dev, true); }
static int __device_attach(struct device *dev, bool async) { device_lock(dev); device_unlock(dev); return 0; }
void device_release_driver(struct device *dev) { device_release_driver_internal(dev); }
void device_release_driver_internal(struct device *dev) { __device_driver_lock(dev); __device_driver_unlock(dev); }
static void __device_driver_lock(struct device *dev) { device_lock(dev); }
static void __device_driver_unlock(struct device *dev) { device_unlock(dev); }
