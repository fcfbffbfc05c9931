package conform

import (
	"memhp/spec"
)

// role is what the checker does at a function besides its contract.
type role uint8

const (
	plain      role = iota
	rootRole        // called with no lock of the specification held
	storeRole       // dev_attr_store(): a root that runs under an active reference
	switchRole      // device_online(), device_offline(): a rule for memory blocks only
	subsysRole      // callbacks of the memory bus: their device is a memory block
	createRole      // devices that it adds are memory blocks
	addRole         // device_add()
	delRole         // device_del()
)

// function is a kernel function that the checker looks at.
type function struct {
	name    string
	role    role
	clauses []spec.Clause
	// returns tells that returns of the function are recorded: set when the first one is seen.
	returns bool
	// enters tells the same of its entries.
	enters bool
	// early are undecided checks in calls that had begun before the trace did, if its entries are recorded.
	early early
	// open counts the entries after which a lock that the function is to take was never acquired: what its
	// returns decide, where they are recorded.
	open int
}

// roles are the functions with a role. The roots: a sysfs write enters through kernfs, which
// holds of->mutex and an active reference (fs/kernfs/file.c); an ACPI hotplug event is a work item.
func roles() map[string]role {
	return map[string]role{
		"kernfs_fop_write_iter": rootRole, "kernfs_fop_write": rootRole,
		"acpi_hotplug_work_fn": rootRole, "acpi_device_hotplug": rootRole,
		"dev_attr_store": storeRole,
		"device_online":  switchRole, "device_offline": switchRole,
		"memory_subsys_online": subsysRole, "memory_subsys_offline": subsysRole,
		"create_memory_block_devices": createRole, "device_add": addRole, "device_del": delRole,
	}
}

// pageWorkers are steps of onlining and offlining that have no entry in the specification. They change
// zones and memmap, or tell others of it, and are called between the request and the release of mem_hotplug_lock
// by online_pages(), offline_pages() and, for ZONE_DEVICE, by pagemap_range() and memunmap (mm/memremap.c).
func pageWorkers() []*spec.Function {
	var out []*spec.Function
	for _, name := range []string{"move_pfn_range_to_zone", "remove_pfn_range_from_zone", "memory_notify"} {
		out = append(out, &spec.Function{Name: name, Clauses: []spec.Clause{{Demand: spec.Requires,
			Lock: spec.MemHotplug, Mode: spec.Write, Rule: spec.PagesUnderMemHotplug,
			Why: "it runs inside online_pages() or offline_pages()"}}})
	}
	return out
}

// contractsOf returns the functions to look at, with their contracts in kernel k.
func contractsOf(k spec.Kernel) map[string]*function {
	return collect(func(f *spec.Function) []spec.Clause { return f.Contract(k) })
}

// commonContracts returns the contracts that all kernels from v4.20 on agree on. Where some demand that the caller
// holds a lock and the others that the function takes it, what is common is that it is held by the time it
// returns success, which is how Takes is checked.
func commonContracts() map[string]*function {
	kernels := commonKernels()
	return collect(func(f *spec.Function) []spec.Clause {
		var out []spec.Clause
		for _, c := range f.Contract(kernels[len(kernels)-1]) {
			if weak, ok := agreed(f, c, kernels); ok {
				out = append(out, weak)
			}
		}
		return out
	})
}

// commonKernels returns the releases from v4.20 on, oldest first.
func commonKernels() []spec.Kernel {
	var out []spec.Kernel
	for _, r := range spec.Releases() {
		if !r.Before(spec.Release{Major: 4, Minor: 20}) {
			out = append(out, spec.NewKernel(r, nil, nil))
		}
	}
	return out
}

// agreed weakens clause c to what every kernel demands.
func agreed(f *spec.Function, c spec.Clause, kernels []spec.Kernel) (spec.Clause, bool) {
	for _, k := range kernels {
		demand, found := spec.Demand(0), false
		for _, d := range f.Contract(k) {
			if d.Lock == c.Lock && d.Mode == c.Mode && (d.Demand == spec.Forbids) == (c.Demand == spec.Forbids) {
				demand, found = d.Demand, true
			}
		}
		if !found {
			return c, false
		}
		if demand == spec.Takes {
			c.Demand = spec.Takes
		}
	}
	return c, true
}

func collect(contract func(*spec.Function) []spec.Clause) map[string]*function {
	out := map[string]*function{}
	for name, r := range roles() {
		out[name] = &function{name: name, role: r}
	}
	for _, f := range append(spec.Functions(), pageWorkers()...) {
		if out[f.Name] == nil {
			out[f.Name] = &function{name: f.Name}
		}
		for _, c := range contract(f) {
			c.Rule = ruleOf(f, c)
			out[f.Name].clauses = append(out[f.Name].clauses, c)
		}
	}
	for name, f := range out {
		if len(f.clauses) == 0 && f.role == plain {
			delete(out, name)
		}
	}
	return out
}

// ruleOf returns the invariant that breaks with clause c of f. For Takes it goes by what the lock is for.
func ruleOf(f *spec.Function, c spec.Clause) *spec.Invariant {
	switch {
	case c.Demand != spec.Takes:
		return c.Rule
	case c.Lock == spec.DeviceHotplug:
		return spec.DeviceHotplugHeld
	case f == spec.AddMemoryResource || f == spec.TryRemoveMemory:
		return spec.AddRemoveUnderMemHotplug
	}
	return c.Rule
}

// coreRules are the invariants that must be decided for a trace to conform.
func coreRules() []*spec.Invariant {
	return []*spec.Invariant{spec.PagesUnderMemHotplug, spec.AddRemoveUnderMemHotplug, spec.DeviceHotplugHeld}
}
