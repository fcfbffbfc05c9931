package record

import (
	"fmt"
	"strings"

	"memhp/spec"
)

// probe is a kprobe or kretprobe. The first symbol that the kernel has is taken.
type probe struct {
	event   string
	symbols []string
	ret     bool
	args    string
	// locks restrict a probe on a lock primitive to the locks that matter: its argument lock= must be the address of one.
	locks []*spec.LockClass
	// proves are the locks of which the probe is needed to see every acquisition and release.
	proves *spec.LockClass
}

// Both mutex_lock() and mutex_lock_nested(), which takes its place under lockdep (include/linux/mutex.h), have the lock as
// their first argument; so have mutex_trylock() and the percpu rwsem functions.
func primitiveProbes() []probe {
	dh, mh := []*spec.LockClass{spec.DeviceHotplug}, []*spec.LockClass{spec.MemHotplug}
	lock := func(event, fallback string, locks []*spec.LockClass, symbols ...string) probe {
		if fallback != "" {
			symbols = append(symbols, fallback)
		}
		return probe{event: event, symbols: symbols, args: "lock=$arg1:x64", locks: locks, proves: locks[0]}
	}
	return []probe{
		lock("m_req", "mutex_lock_nested", dh, "mutex_lock"),
		lock("mt_req", "", dh, "mutex_trylock"),
		{event: "mt_ret", symbols: []string{"mutex_trylock"}, ret: true, args: "ret=$retval:s32", proves: spec.DeviceHotplug},
		lock("m_rel", "", dh, "mutex_unlock"),
		lock("pw_req", "", mh, "percpu_down_write"),
		lock("pw_rel", "", mh, "percpu_up_write"),
	}
}

// functionProbes are the functions that the contracts are about, and the roots: package conform finds their meaning by name.
func functionProbes() []probe {
	var out []probe
	both := func(event, args, returned string, symbols ...string) {
		out = append(out, probe{event: event, symbols: symbols, args: args},
			probe{event: event + "_ret", symbols: symbols, ret: true, args: returned})
	}
	add := func(event, args string, symbols ...string) { both(event, args, "ret=$retval:s32", symbols...) }
	void := func(event, args string, symbols ...string) { both(event, args, "", symbols...) } // with BTF, $retval of void is refused
	const dev, pages = "dev=$arg1:x64", "pfn=$arg1:u64 nr=$arg2:u64"
	add("dsto", "dev=$arg1:x64 attr=+0(+0($arg2)):string", "dev_attr_store")
	add("devon", dev, "device_online")
	add("devoff", dev, "device_offline")
	add("mson", dev, "memory_subsys_online")
	add("msoff", dev, "memory_subsys_offline")
	add("onl", pages, "online_pages")
	add("offl", pages, "offline_pages", "__offline_pages")
	void("mpz", "", "move_pfn_range_to_zone")
	void("rpz", "", "remove_pfn_range_from_zone")
	add("mnot", "val=$arg1:u64", "memory_notify")
	add("addmr", "", "add_memory_resource")
	add("aam", "", "arch_add_memory")
	void("arm", "", "arch_remove_memory")
	add("trm", "", "try_remove_memory")
	add("cmbd", "", "create_memory_block_devices")
	void("rmbd", "", "remove_memory_block_devices")
	add("dadd", dev, "device_add")
	void("ddel", dev, "device_del")
	void("adh", "", "acpi_device_hotplug")
	out = append(out, probe{event: "gom", symbols: []string{"get_online_mems"}})
	return out
}

// instances is how many calls of a function with a return probe can be under way at once before one is missed.
const instances = 64

// define is the line for kprobe_events.
func (p probe) define(group, symbol string) string {
	head := fmt.Sprintf("p:%s/%s", group, p.event)
	if p.ret {
		head = fmt.Sprintf("r%d:%s/%s", instances, group, p.event)
	}
	return strings.TrimRight(fmt.Sprintf("%s %s %s", head, symbol, p.args), " ") + "\n"
}

// filter is the condition on the address of the lock.
func (p probe) filter(addr map[*spec.LockClass]uint64) string {
	var terms []string
	for _, l := range p.locks {
		terms = append(terms, fmt.Sprintf("lock == 0x%x", addr[l]))
	}
	return strings.Join(terms, " || ") + "\n"
}
