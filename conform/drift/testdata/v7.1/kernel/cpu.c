static int cpu_up(int c) { cpu_maps_update_begin(); _cpu_up(c); cpu_maps_update_done(); } static int _cpu_up(int c) { cpus_write_lock(); cpus_write_unlock(); }
