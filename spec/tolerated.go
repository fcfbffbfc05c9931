package spec

// Tolerance says why a mutation of a procedure breaks no rule, though it changes what the procedure does.
type Tolerance struct {
	// Kind, Function and Object name the mutations.
	Kind, Function, Object string
	// Reason is a fact of the kernel, or a limit of the rules.
	Reason string
}

// Tolerances are the mutations that are known to break no rule of the core group that the kernel keeps: in kernels that are right, and in v4.20.
func Tolerances() []Tolerance {
	const (
		gated = "all callers of the core group hold device_hotplug_lock; device_lock() keeps out drivers that bind and unbind (drivers/base/dd.c), which are not in it"
		twice = "dev->offline was looked at under the same lock and says the same (block-device-agree), and memory_block_change_state() looks once more"
		freed = "what a show without a reference could do is use memory that is freed, and the model has none of that"
		leak  = "the range stays registered, or is not marked while device_hotplug_lock keeps everybody away: at worst a resource leaks, and no rule is about that"
		gone  = "who adds memory has got its resource first, and who removes it releases that last: a section is valid when it is removed, and not when it is added"
		cpus  = "who else takes it is in the group cpu"
		plugs = "mem_hotplug_begin() takes it for reading, so that CPUs stay as they are, and no rule of the core group is about what a CPU that comes up changes"
		stays = "the next task that adds the range finds its section and registers no block: memory that cannot go offline, and no rule is about that"
	)
	var out []Tolerance
	add := func(kind, object, reason string, functions ...string) {
		for _, f := range functions {
			out = append(out, Tolerance{kind, f, object, reason})
		}
	}
	add("drop-lock", "device_lock", gated, "device_online", "device_offline", "device_del", "bus_probe_device", "bus_remove_device")
	add("drop-lock", "device_lock", "it reads one flag, and nothing depends on it", "online_show")
	add("drop-check", "mem->state", twice, "memory_subsys_online", "memory_subsys_offline")
	add("drop-lock", "cpu_hotplug_lock", "it keeps CPUs as they are for build_all_zonelists() and stop_machine() (3f906ba23689), of which the core group has none", "mem_hotplug_begin")
	add("drop-lock", "kn->active#state", freed, "kernfs_seq_show")
	add("drop-lock", "kn->active#online", freed, "kernfs_seq_show")
	add("drop-check", "sections", gone, "add_memory_resource", "try_remove_memory")
	add("drop-write", "sections", stays, "try_remove_memory")
	add("drop-write", "presence", leak, "__add_memory", "try_remove_memory")
	add("drop-check", "memhp_auto_online", "it is a policy: the rules hold whether memory is onlined as it is added or not", "add_memory_resource", "memtrace_online")
	add("drop-write", "memhp_auto_online", "it is a policy: the rules hold whether memory is onlined as it is added or not", "auto_online_blocks_store")
	add("drop-lock", "acpi_scan_lock", "acpi_device_hotplug() takes it under device_hotplug_lock, and in the core group nobody else does", "acpi_device_hotplug")
	add("drop-write", "dev->offline", "only an offline block is removed, so it is set already (block-device-agree)", "bus_remove_device")
	add("drop-check", "presence", "a block that memtrace does not find, and does not online, stays offline until user space onlines it", "memtrace_online")
	add("drop-write", "memtrace_size", "memtrace then tries to add memory again that is there, and gets -EEXIST", "memtrace_online")
	add("drop-write", "mem->state", "memtrace holds device_hotplug_lock, and who holds it next finds MEM_ONLINE or MEM_OFFLINE again", "memtrace_offline_pages")
	add("drop-lock", "mem_sysfs_mutex", "blocks are registered and unregistered under mem_hotplug_lock or device_hotplug_lock already", "create_memory_block_devices", "remove_memory_block_devices")
	add("drop-check", "presence", "remove_memory() of what is not there finds no block that is not offline, and no section", "driver_remove")
	add("drop-lock", "cpu_add_remove_lock", cpus, "cpu_up")
	add("drop-lock", "cpu_hotplug_lock", plugs, "cpu_up")
	add("read-for-write", "cpu_hotplug_lock", plugs, "cpu_up")
	add("drop-check", "mem->state", "before eca499ab3749 the check leads to BUG() and to nothing else: without it an online block is removed, which is what BUG() stands for, and no other rule is about that", "try_remove_memory")
	add("drop-unlock", "device_hotplug_lock", "without d2ab99403ee0 probe_store() breaks locks-balanced by itself: what it leaks is the same violation as what it releases and does not hold", "probe_store")
	return out
}

// ToleratedMutation returns why a mutation is tolerated, or nothing.
func ToleratedMutation(kind, function, object string) string {
	for _, t := range Tolerances() {
		if t.Kind == kind && t.Function == function && t.Object == object {
			return t.Reason
		}
	}
	return ""
}
