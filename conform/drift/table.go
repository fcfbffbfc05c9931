package drift

import "memhp/spec"

const (
	core, bus, dd  = "drivers/base/core.c", "drivers/base/bus.c", "drivers/base/dd.c"
	memory, hot    = "drivers/base/memory.c", "mm/memory_hotplug.c"
	cpu, swap      = "kernel/cpu.c", "mm/swap.c"
	memremap, then = "mm/memremap.c", "kernel/memremap.c"
)

// where is where a modelled function is in C.
type where struct {
	// files are the places that it moved through, newest first.
	files []string
	// names are its names over time: the first that the tree has is meant.
	names []string
	// unless is the name of a function whose work this one still does itself in trees that do not have that: then it is not compared.
	unless string
}

// places are the functions that do not have the name and the file of the specification in every tree.
var places = map[*spec.Function]where{
	spec.OnlineShow:         {names: []string{"online_show", "show_online"}},
	spec.BusProbe:           {files: []string{bus}},
	spec.StateStore:         {names: []string{"state_store", "store_mem_state"}},
	spec.StateShow:          {names: []string{"state_show", "show_mem_state"}},
	spec.ProbeStore:         {names: []string{"probe_store", "memory_probe_store"}},
	spec.AutoOnlineStore:    {names: []string{"auto_online_blocks_store", "store_auto_online_blocks"}},
	spec.OfflinePages:       {names: []string{"__offline_pages", "offline_pages"}},
	spec.CreateBlocks:       {names: []string{"create_memory_block_devices", "hotplug_memory_register", "register_new_memory"}},
	spec.RemoveBlocks:       {names: []string{"remove_memory_block_devices", "remove_memory_section", "remove_memory_block", "unregister_memory_section"}},
	spec.MemHotplugBegin:    {names: []string{"mem_hotplug_begin", "lock_memory_hotplug"}},
	spec.MemHotplugDone:     {names: []string{"mem_hotplug_done", "unlock_memory_hotplug"}},
	spec.GetOnlineMems:      {names: []string{"get_online_mems", "lock_memory_hotplug"}},
	spec.PutOnlineMems:      {names: []string{"put_online_mems", "unlock_memory_hotplug"}},
	spec.AddMemory:          {unless: "add_memory_resource"},
	spec.AddMemoryResource:  {names: []string{"add_memory_resource", "add_memory"}},
	spec.TryRemoveMemory:    {names: []string{"try_remove_memory", "__remove_memory", "remove_memory"}},
	spec.RemoveMemoryLocked: {unless: "try_remove_memory"},
	spec.RemoveMemory:       {unless: "__remove_memory"},
	spec.MemremapPagesFn:    {files: []string{memremap, then}, names: []string{"memremap_pages", "devm_memremap_pages"}},
	spec.MemunmapPages:      {files: []string{memremap, then}, names: []string{"memunmap_pages", "devm_memremap_pages_release"}},
	spec.CPUUp:              {names: []string{"cpu_up", "do_cpu_up"}},
}

// followed are the functions whose locks are those of their caller: wrappers of a lock, and parts that the specification does
// not name. The file is where the tree has them.
var followed = map[string]string{
	"lock_device_hotplug": core, "unlock_device_hotplug": core, "lock_device_hotplug_sysfs": core,
	"mem_hotplug_begin": hot, "mem_hotplug_done": hot, "lock_memory_hotplug": hot, "unlock_memory_hotplug": hot,
	"lru_add_drain_all": swap,
	"device_attach":     dd, "device_initial_probe": dd, "__device_attach": dd,
	"device_release_driver": dd, "device_release_driver_internal": dd, "__device_driver_lock": dd, "__device_driver_unlock": dd,
	"do_cpu_up": cpu, "_cpu_up": cpu,
	"pagemap_range": memremap, "pageunmap_range": memremap,
}

// notCompared are the functions that are left out, with the reason.
var notCompared = map[*spec.Function]string{
	spec.KernfsFopWrite:   "an active reference is a count, not a lock call",
	spec.KernfsSeqShow:    "an active reference is a count, not a lock call",
	spec.KernfsRemove:     "an active reference is a count, not a lock call",
	spec.ArchAddMemory:    "each architecture has its own",
	spec.ArchRemoveMemory: "each architecture has its own",
}

// homeMade are the functions of the lock of v3.16 to v4.12 that is made of a mutex and a count.
var homeMade = []*spec.Function{spec.MemHotplugBegin, spec.MemHotplugDone, spec.GetOnlineMems, spec.PutOnlineMems}
