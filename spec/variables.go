package spec

// Values of a boolean variable.
const (
	False = iota
	True
)

// Values of Presence.
const (
	Absent   = iota // no such memory
	Adding          // its resource is registered, the adding task is not done
	Present         // added
	Removing        // being removed
)

// Values of BlockState: include/linux/memory.h. MEM_GOING_ONLINE is never stored.
const (
	MemOffline = iota
	MemGoingOffline
	MemOnline
)

// Values of OnlineType: include/linux/memory_hotplug.h, before v5.7.
const (
	TypeKeep    = iota // MMOP_ONLINE_KEEP, also what a fresh block holds
	TypeKernel         // MMOP_ONLINE_KERNEL
	TypeMovable        // MMOP_ONLINE_MOVABLE
	TypeUnset          // MMOP_OFFLINE: use the default
)

func lockOf(c *LockClass) func(Kernel) *LockClass { return func(Kernel) *LockClass { return c } }

// The shared variables.
var (
	// Presence is a ghost: where the memory of a block is between absent and added. Its step from Absent to Adding is
	// register_memory_resource(), which fails with -EEXIST if the range is busy.
	Presence = &VarClass{Name: "presence", Values: []string{"absent", "adding", "present", "removing"}, Scope: PerBlock,
		Doc: "the iomem resource of the block and the progress of its adding and removal; mm/memory_hotplug.c", Protected: lockOf(DeviceHotplug)}
	BlockState = &VarClass{Name: "mem->state", Values: []string{"MEM_OFFLINE", "MEM_GOING_OFFLINE", "MEM_ONLINE"}, Scope: PerBlock,
		Doc: "struct memory_block.state; drivers/base/memory.c", Protected: lockOf(DeviceLock)}
	DevOffline = &VarClass{Name: "dev->offline", Values: []string{"false", "true"}, Scope: PerBlock,
		Doc: "struct device.offline; drivers/base/core.c", Protected: lockOf(DeviceLock)}
	OnlineType = &VarClass{Name: "mem->online_type", Values: []string{"keep", "kernel", "movable", "unset"}, Scope: PerBlock,
		Doc: "struct memory_block.online_type; drivers/base/memory.c. A comment says that device_hotplug_lock protects it since 381eab4a6ee8",
		Protected: func(k Kernel) *LockClass {
			if k.Has(LockInOnlinePages) {
				return DeviceHotplug
			}
			return nil
		}}
	AutoOnline = &VarClass{Name: "memhp_auto_online", Values: []string{"offline", "online"},
		Doc: "the policy of auto_online_blocks, a plain variable; mm/memory_hotplug.c", Protected: func(Kernel) *LockClass { return nil }}
	ZonePages = &VarClass{Name: "zone and node pages", Values: []string{"-"},
		Doc: "zone spans, present pages, section online bits, node states: what online_pages() and offline_pages() change", Protected: lockOf(MemHotplug),
		WriteRule: PagesUnderMemHotplug}
	MemoryMap = &VarClass{Name: "memory map", Values: []string{"-"},
		Doc: "sections, memmap and page tables: what arch_add_memory() and arch_remove_memory() change", Protected: lockOf(MemHotplug),
		WriteRule: AddRemoveUnderMemHotplug}
	Sections = &VarClass{Name: "sections", Values: []string{"absent", "valid"}, Scope: PerBlock,
		Doc: "valid_section() of the sections of the block; mm/memory_hotplug.c, mm/sparse.c", Protected: lockOf(MemHotplug)}
	MemtraceSize = &VarClass{Name: "memtrace_size", Values: []string{"0", "set"}, Scope: PerBlock,
		Doc: "whether memtrace has the memory of the block; arch/powerpc/platforms/powernv/memtrace.c", Protected: func(Kernel) *LockClass { return nil }}
)

// VarClasses returns every class of shared variable.
func VarClasses() []*VarClass {
	return []*VarClass{Presence, BlockState, DevOffline, OnlineType, AutoOnline, ZonePages, MemoryMap, Sections, MemtraceSize}
}
