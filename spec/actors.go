package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Actor is an entry point into the kernel: a sysfs write, a driver, a worker.
type Actor struct {
	// Name is unique, and short enough for the head of a column.
	Name string
	// Group is the group of actors that it belongs to.
	Group string
	// Doc says who this is, and what it holds when it enters.
	Doc string
	// PerBlock tells that there is one such entry for each block; Run is given the block.
	PerBlock bool
	// Blocks is how many blocks the procedure works on, the first ones, if it works on several; 0 if it works on the one it is given, or on
	// none. A check of fewer blocks does not have it.
	Blocks int
	// Single tells that at most one task runs it at a time, as an ordered work queue does. Actors that
	// name the same work item exclude one another.
	Single *LockClass
	// Platforms are the platforms that have it; nil means every platform.
	Platforms []string
	// From and Until bound the kernels that have it: those with From and without Until.
	From, Until *Change
	// Run is the procedure, from user space or the start of the work to its end. It returns what the caller sees.
	Run func(t Task, b Block) Errno
}

// GroupCore is the group of actors that a kernel is judged by.
const GroupCore = "core"

// GroupNever are procedures that no kernel has: a proposal, or a procedure without what protects it. "all" is without them.
const GroupNever = "never"

// kacpiHotplug is the ordered work queue on which acpi_device_hotplug() runs (drivers/acpi/osl.c).
var kacpiHotplug = &LockClass{Name: "kacpi_hotplug_wq", Kind: WorkItem, Doc: "drivers/acpi/osl.c"}

var (
	acpiPlatforms = []string{"x86", "arm64"}
	powerNV       = []string{"powernv"}
)

// Actors returns every actor of the specification.
func Actors() []Actor {
	return slices.Concat(coreActors(), platformActors(), slabActors(), notifierActors(), cpuActors(), bootActors(), readerActors(), isolationActors(), pcpActors(), blockReaders(), migrationActors(), rangeActors(), suspicionActors(), neverActors())
}

// inGroup puts actors into a group.
func inGroup(group string, actors ...Actor) []Actor {
	for i := range actors {
		actors[i].Group = group
	}
	return actors
}

func coreActors() []Actor {
	return []Actor{
		{Name: "state_store", Doc: "user space writes memoryN/state", PerBlock: true, Run: stateStore},
		{Name: "state_show", Doc: "user space reads memoryN/state", PerBlock: true, Run: stateShow},
		{Name: "online_store", Doc: "user space writes memoryN/online", PerBlock: true, Run: onlineStore},
		{Name: "online_show", Doc: "user space reads memoryN/online", PerBlock: true, Run: onlineShow},
		{Name: "probe_store", Doc: "user space writes /sys/devices/system/memory/probe", PerBlock: true, Run: probeStore},
		{Name: "auto_online_store", Doc: "user space writes auto_online_blocks", From: AutoOnlineMem, Run: autoOnlineStore},
		{Name: "add_memory", Doc: "a driver calls add_memory() with nothing held, as Hyper-V and Xen did", PerBlock: true, Run: ofOne(addMemory)},
		{Name: "acpi_add", Doc: "ACPI announces memory", PerBlock: true, Single: kacpiHotplug, Platforms: acpiPlatforms, Run: acpiAdd},
		{Name: "acpi_eject", Doc: "ACPI requests an eject", PerBlock: true, Single: kacpiHotplug, Platforms: acpiPlatforms, Run: acpiEject},
		{Name: "driver_remove", Doc: "a driver offlines its block, and later calls remove_memory()", PerBlock: true, Run: driverRemove},
		{Name: "memtrace", Doc: "user space writes debugfs powerpc/memtrace/enable", PerBlock: true, Platforms: powerNV, From: Memtrace, Until: MemtraceContig, Run: memtraceEnable},
		{Name: "memremap_pages", Doc: "a driver adds memory without block devices: ZONE_DEVICE, HMM", From: MemremapPages, Run: memremapPages},
		{Name: "memunmap_pages", Doc: "a driver removes memory without block devices", From: MemremapPages, Run: memunmapPages},
		{Name: "online_mems_reader", Doc: "a reader between get_online_mems() and put_online_mems()", Run: readOnlineMems},
		{Name: "cpu_up", Doc: "a CPU comes up, with nothing held", Run: cpuUp},
	}
}

// ExistsIn tells whether kernel k has the actor.
func (a Actor) ExistsIn(k Kernel) bool {
	return (a.From == nil || k.Has(a.From)) && (a.Until == nil || !k.Has(a.Until))
}

// InGroup tells whether the actor belongs to the group; an actor that names none is in the core.
func (a Actor) InGroup(group string) bool {
	if a.Group == "" {
		return group == GroupCore
	}
	return a.Group == group
}

// SelectActors returns the actors of kernel k that selection names: actors and groups, separated by commas, or "all".
func SelectActors(k Kernel, selection string) ([]Actor, error) {
	for word := range strings.SplitSeq(selection, ",") {
		actors, err := ExistingActors(k, word)
		if err != nil {
			return nil, err
		}
		if len(actors) == 0 {
			return nil, fmt.Errorf("kernel %s has no actor %q", k, word)
		}
	}
	return ExistingActors(k, selection)
}

// ExistingActors returns those actors of a selection that kernel k has. That may be none of them.
func ExistingActors(k Kernel, selection string) ([]Actor, error) {
	out := []Actor{}
	for word := range strings.SplitSeq(selection, ",") {
		known := false
		for _, a := range Actors() {
			if !(word == "all" && a.Group != GroupNever || word == a.Name || a.InGroup(word)) {
				continue
			}
			known = true
			if a.ExistsIn(k) && !slices.ContainsFunc(out, func(b Actor) bool { return a.Name == b.Name }) {
				out = append(out, a)
			}
		}
		if !known {
			return nil, fmt.Errorf("unknown actor or group %q; see memhp list actors", word)
		}
	}
	return out, nil
}

// Machines returns the selections of actors that a selection stands for, each of which shares a machine of its own: "all" is the core, and the core
// with each other group that kernel k has and that works on no more blocks than there are. All groups together would be more than fits into a
// state, and few of them have anything in common but what the core does.
func Machines(k Kernel, selection string, blocks int) []string {
	if selection != "all" {
		return []string{selection}
	}
	out := []string{GroupCore}
	for _, a := range Actors() {
		with := GroupCore + "," + a.Group
		if a.Group != "" && a.Group != GroupNever && a.Blocks <= blocks && a.ExistsIn(k) && !slices.Contains(out, with) {
			out = append(out, with)
		}
	}
	return out
}

// OnPlatform returns the actors that the platform has.
func OnPlatform(actors []Actor, platform string) []Actor {
	return slices.DeleteFunc(slices.Clone(actors), func(a Actor) bool {
		return a.Platforms != nil && !slices.Contains(a.Platforms, platform)
	})
}
