void bus_probe_device(struct device *dev) { device_initial_probe(dev); }
void bus_remove_device(struct device *dev) { device_release_driver(dev); }
