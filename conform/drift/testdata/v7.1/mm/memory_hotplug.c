void mem_hotplug_begin(void) { cpus_read_lock(); percpu_down_write(&mem_hotplug_lock); }
void mem_hotplug_done(void) { percpu_up_write(&mem_hotplug_lock); cpus_read_unlock(); }
void get_online_mems(void) { percpu_down_read(&mem_hotplug_lock); }
void put_online_mems(void) { percpu_up_read(&mem_hotplug_lock); }
int online_pages(unsigned long pfn) { return 0; }
int offline_pages(unsigned long pfn) { lru_add_drain_all(); return 0; }
int add_memory(int nid) { lock_device_hotplug(); __add_memory(nid); unlock_device_hotplug(); }
int __add_memory(int nid) { return add_memory_resource(nid); }
int add_memory_resource(int nid) { mem_hotplug_begin(); mem_hotplug_done(); return 0; }
int remove_memory(u64 start) { lock_device_hotplug(); unlock_device_hotplug(); }
void __remove_memory(u64 start) { if (try_remove_memory(start)) BUG(); }
static int try_remove_memory(u64 start) { mem_hotplug_begin(); mem_hotplug_done(); return 0; }
int try_online_node(int nid) { mem_hotplug_begin(); mem_hotplug_done(); return 0; }
