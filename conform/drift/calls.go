package drift

import (
	"regexp"
	"strings"

	"memhp/spec"
)

// call is a call in C: a name and what stands between its parentheses.
type call struct{ name, args string }

var callStart = regexp.MustCompile(`\b[A-Za-z_]\w*\s*\(`)

// calls returns the calls in a body, in their order. guard(mutex)(&x) is the call guard with the arguments "mutex,&x".
func calls(body []byte) []call {
	var out []call
	for _, at := range callStart.FindAllIndex(body, -1) {
		name := strings.TrimSpace(strings.TrimSuffix(string(body[at[0]:at[1]]), "("))
		args, end := inside(body, at[1]-1)
		if name == "guard" && end < len(body) && body[end] == '(' {
			what, _ := inside(body, end)
			args += "," + what
		}
		out = append(out, call{name, strings.Join(strings.Fields(args), "")})
	}
	return out
}

// inside returns what stands between the parenthesis at i and the one that closes it, and the position behind that.
func inside(body []byte, i int) (string, int) {
	end := closing(body, i, '(', ')')
	return string(body[i+1 : max(end-1, i+1)]), end
}

// byArgument are the calls whose argument says which lock is meant.
var byArgument = map[string]spec.LockOp{
	"mutex_lock": spec.TakesLock, "mutex_lock_nested": spec.TakesLock, "mutex_lock_interruptible": spec.TakesLock, "mutex_lock_killable": spec.TakesLock,
	"mutex_trylock": spec.TriesLock, "mutex_unlock": spec.ReleasesLock,
	"percpu_down_write": spec.TakesLock, "percpu_up_write": spec.ReleasesLock, "percpu_down_read": spec.ReadsLock, "percpu_up_read": spec.ReleasesLock,
}

// symbols are the locks by their symbol in C.
var symbols = map[string]*spec.LockClass{
	"device_hotplug_lock": spec.DeviceHotplug, "acpi_scan_lock": spec.AcpiScan, "mem_sysfs_mutex": spec.MemSysfs, "memory_add_remove_lock": spec.MemoryAddRemove,
	"mem_hotplug_lock": spec.MemHotplug, "mem_hotplug.lock": spec.MemHotplug, "mem_hotplug_mutex": spec.MemHotplug,
	"cpu_hotplug_lock": spec.CPUHotplug, "cpu_add_remove_lock": spec.CPUAddRemove,
}

// byName are the calls that name their lock.
var byName = map[string]spec.LockCall{
	"device_lock": {Op: spec.TakesLock, Class: spec.DeviceLock}, "device_unlock": {Op: spec.ReleasesLock, Class: spec.DeviceLock},
	"device_trylock":  {Op: spec.TriesLock, Class: spec.DeviceLock},
	"get_online_cpus": {Op: spec.ReadsLock, Class: spec.CPUHotplug}, "put_online_cpus": {Op: spec.ReleasesLock, Class: spec.CPUHotplug},
	"cpus_read_lock": {Op: spec.ReadsLock, Class: spec.CPUHotplug}, "cpus_read_unlock": {Op: spec.ReleasesLock, Class: spec.CPUHotplug},
	"cpu_hotplug_begin": {Op: spec.TakesLock, Class: spec.CPUHotplug}, "cpu_hotplug_done": {Op: spec.ReleasesLock, Class: spec.CPUHotplug},
	"cpus_write_lock": {Op: spec.TakesLock, Class: spec.CPUHotplug}, "cpus_write_unlock": {Op: spec.ReleasesLock, Class: spec.CPUHotplug},
	"cpu_maps_update_begin": {Op: spec.TakesLock, Class: spec.CPUAddRemove}, "cpu_maps_update_done": {Op: spec.ReleasesLock, Class: spec.CPUAddRemove},
	"get_online_mems": {Op: spec.ReadsLock, Class: spec.MemHotplug}, "put_online_mems": {Op: spec.ReleasesLock, Class: spec.MemHotplug},
	"acpi_scan_lock_acquire": {Op: spec.TakesLock, Class: spec.AcpiScan}, "acpi_scan_lock_release": {Op: spec.ReleasesLock, Class: spec.AcpiScan},
}

// locksOf returns what a call does to the locks of the specification.
func locksOf(c call) []spec.LockCall {
	if l, found := byName[c.name]; found {
		return []spec.LockCall{l}
	}
	if op, found := byArgument[c.name]; found {
		arg, _, _ := strings.Cut(c.args, ",")
		if class := symbols[strings.TrimPrefix(arg, "&")]; class != nil {
			return []spec.LockCall{{Op: op, Class: class}}
		}
		return nil
	}
	if c.name != "guard" && c.name != "scoped_guard" {
		return nil
	}
	kind, arg, _ := strings.Cut(c.args, ",")
	class := symbols[strings.TrimPrefix(arg, "&")]
	if kind == "device" {
		class = spec.DeviceLock
	}
	if class == nil {
		return nil
	}
	return []spec.LockCall{{Op: spec.TakesLock, Class: class}, {Op: spec.ReleasesLock, Class: class}}
}
