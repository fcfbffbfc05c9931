package props

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// suspicion is what docs/findings.md claims: on all releases since `since`, and before `until`, just these actors break the rule, and on the machines where it
// is rightly not found nobody does.
type suspicion struct {
	actors string // that run
	rule   *spec.Invariant
	by     string // who breaks it, sorted, and "in" which function if that matters
	since  string // empty is v6.1, the oldest that the source was read for
	until  string // empty if the newest release has it
	// not are the machines: a kernel, and other actors behind a space.
	not []string
}

// suspicions are the findings, by the names that docs/findings.md gives them.
var suspicions = map[string]suspicion{
	"F1": {"acpi_slot_eject,vm_work", spec.NoDeadlock, "acpi_slot_eject vm_work", "", "",
		[]string{"v7.1 vm_work,vm_unbind", "v7.1 vm_work,acpi_dimm", "v7.1+worker_tries_gate", "v7.1+slots_without_gate"}},
	"F1, bound again": {"acpi_slot_eject,vm_work,vm_unbind,vm_bind", spec.NoDeadlock, "acpi_slot_eject vm_work", "", "", []string{"v7.1+worker_tries_gate", "v7.1+slots_without_gate"}},
	"F1, libnvdimm": {"acpi_pmem_eject,acpi_pmem_check,nd_async,nd_kmem_unbind", spec.NoDeadlock, "acpi_pmem_eject nd_async", "", "",
		[]string{"v7.1 acpi_pmem_check,nd_async", "v7.1+slots_without_gate"}},
	"F2": {"acpi_slot_eject,vm_work", spec.NoRecursion, "acpi_slot_eject", "", "",
		[]string{"v7.1 acpi_slot_eject,acpi_slot_check", "v7.1 vm_work,vm_unbind", "v7.1+virtio_mem_keeps_blocks", "v7.1+slots_without_gate"}},
	"F2, host bridge":    {"acpi_root_eject,vm_work", spec.NoRecursion, "acpi_root_eject", "", "", []string{"v7.1+slots_without_gate+roots_without_gate"}},
	"F2, container":      {"acpi_container_eject,vm_work", spec.NoRecursion, "acpi_container_eject", "", "", []string{"v7.1+slots_without_gate+roots_without_gate+scan_lock_first+containers_split"}},
	"F3":                 {"acpi_pmem_eject", spec.NoRecursion, "acpi_pmem_eject", "", "", []string{"v7.1 acpi_pmem_check", "v7.1+slots_without_gate"}},
	"F3, CXL":            {"acpi_cxl_eject", spec.NoRecursion, "acpi_cxl_eject", "v6.3", "", []string{"v7.1 cxl_pci_remove", "v7.1+slots_without_gate"}},
	"F3, hot-add of CXL": {"acpi_cxl_check,cxl_pci_remove", spec.NoRecursion, "acpi_cxl_check in lock_device_hotplug", "v6.3", "v6.17", []string{"v7.1", "v6.12+slots_without_gate+dax_create_unwinds"}},
	"F3, pseries":        {"dlpar_pmem_remove", spec.NoRecursion, "dlpar_pmem_remove", "", "", []string{"v7.1 papr_unbind", "v7.1+dlpar_pmem_without_gate"}},
	"F4": {"acpi_slot_check,pci_remove,vm_work", spec.NoDeadlock, "acpi_slot_check pci_remove", "", "",
		[]string{"v7.1 acpi_slot_check,pci_rescan,vm_work", "v7.1+slots_without_gate"}},
	"F4, pciehp": {"acpi_slot_check,pciehp_ist", spec.NoDeadlock, "acpi_slot_check pciehp_ist", "v6.3", "", []string{"v7.1+slots_without_gate"}},
	"F5": {"acpi_dimm,slot_power_off,vm_work", spec.NoDeadlock, "acpi_dimm slot_power_off", "", "",
		[]string{"v7.1 acpi_dimm,slot_power_on,vm_work", "v7.1+slots_without_gate+roots_without_gate+scan_lock_first"}},
	"F5, dock":    {"acpi_dimm,undock,vm_work", spec.NoDeadlock, "acpi_dimm undock", "", "", []string{"v7.1+slots_without_gate+roots_without_gate+scan_lock_first"}},
	"F6":          {"acpi_slot_eject,vm_unbind,vm_work", spec.NoDeadlock, "acpi_slot_eject vm_unbind", "", "", []string{"v7.1 acpi_dimm,vm_unbind,vm_work", "v7.1+slots_without_gate"}},
	"F6, kmem":    {"acpi_pmem_eject,nd_kmem_unbind", spec.NoDeadlock, "acpi_pmem_eject nd_kmem_unbind", "", "", []string{"v7.1+slots_without_gate"}},
	"F6, CXL":     {"acpi_cxl_eject,cxl_pci_probe,cxl_unbind", spec.NoDeadlock, "acpi_cxl_eject cxl_pci_probe", "v6.3", "", []string{"v7.1+slots_without_gate"}},
	"F6, pseries": {"dlpar_pmem_remove,papr_unbind", spec.NoDeadlock, "dlpar_pmem_remove papr_unbind", "", "", []string{"v7.1+dlpar_pmem_without_gate"}},
	"F7":          {"pci_dev_rescan,pci_remove", spec.NoDeadlock, "pci_dev_rescan pci_remove", "", "", []string{"v7.1 pci_rescan,pci_remove", "v7.1+pci_stores_try"}},
	"F8":          {"pci_bridge_remove,slot_power_on", spec.NoDeadlock, "pci_bridge_remove slot_power_on", "", "", []string{"v7.1 pci_remove,slot_power_on", "v7.1+pci_stores_try"}},
	"F8, pciehp":  {"pcie_port_remove,pciehp_power", spec.NoDeadlock, "pcie_port_remove pciehp_power", "v6.3", "", []string{"v7.1 cxl_pci_remove,pciehp_power", "v7.1+pciehp_power_asks", "v7.1+pciehp_thread_tries"}},
	"F8, thread":  {"pcie_port_remove,pciehp_ist", spec.NoDeadlock, "pcie_port_remove pciehp_ist", "v6.3", "", []string{"v7.1 cxl_pci_remove,pciehp_ist", "v7.1+pciehp_thread_tries"}},
	"F9":          {"dax_size,hmem_unbind", spec.NoDeadlock, "dax_size hmem_unbind", "", "", []string{"v7.1 dax_size,kmem_unbind", "v7.1+dax_attrs_try"}},
	"F9, mapping": {"dax_size,dax_start,kmem_unbind", spec.NoDeadlock, "dax_size dax_start", "", "", []string{"v7.1 dax_start,kmem_unbind", "v7.1+dax_attrs_try"}},
	"F10":         {"hmem_bind,hmem_unbind", spec.NoRecursion, "hmem_bind", "v6.10", "", []string{"v6.1", "v6.9", "v7.1+dax_create_unwinds"}},
	"F11":         {"acpi_cpu_eject,node_memremap,node_memunmap", spec.PagesUnderMemHotplug, "node_memunmap", "", "", []string{"v7.1+offline_node_locked"}},
	"F12":         {"page_freed,zone_grows", spec.NoBug, "page_freed", "", "", []string{"v5.10", "v7.1+span_seqlock_again", "v7.1 page_freed"}},
}

func TestSuspicions(t *testing.T) {
	for name, s := range suspicions {
		t.Run(name, func(t *testing.T) {
			kernels := releases(s.since, s.until)
			if s.since == "" {
				kernels = append(kernels, "v6.1.192") // the one on which F1 and F2 were seen
			}
			for _, k := range kernels {
				require.True(t, s.found(t, k, s.actors), "%s: %s do not break %s", k, s.by, s.rule)
			}
			for _, machine := range s.not {
				k, actors, other := strings.Cut(machine, " ")
				if !other {
					actors = s.actors
				}
				require.False(t, s.found(t, k, actors), "%s: %s", k, actors)
			}
		})
	}
}

// releases returns the releases from the first on, and before the end if there is one.
func releases(first, end string) []string {
	var out []string
	for _, r := range spec.Releases() {
		out = append(out, r.String())
	}
	if end != "" {
		out = out[:slices.Index(out, end)]
	}
	return out[slices.Index(out, cmp.Or(first, "v6.1")):]
}

// found tells whether the suspects break the rule, or, with other actors than those of the suspicion, whether anybody does.
func (s suspicion) found(t *testing.T, k, actors string) bool {
	return slices.ContainsFunc(broken(t, k, actors, s.rule), func(by string) bool {
		return actors != s.actors || by == s.by || strings.HasPrefix(by, s.by+" in ")
	})
}

// broken returns who breaks a rule and in which functions, with two tasks.
func broken(t *testing.T, k, actors string, rules ...*spec.Invariant) []string {
	r := check(t, sim.Config{Kernel: kernel(t, k), Selection: actors, Tasks: 2, Blocks: 1})
	require.True(t, r.Complete)
	var out []string
	for _, v := range r.Violations {
		by := strings.Join(sorted(v.Actors), " ") + " in " + v.Function
		if slices.ContainsFunc(rules, func(i *spec.Invariant) bool { return i.ID == v.Invariant }) && !slices.Contains(out, by) {
			out = append(out, by)
		}
	}
	return sorted(out)
}

// repairs are proposals, alone and together, and the findings that each leaves, of those that are about device_hotplug_lock. All others
// it closes.
var repairs = map[string]string{
	"worker_asks_removing":                      "F1; F1, bound again; F1, libnvdimm; F2; F2, container; F2, host bridge; F3; F3, CXL; F3, pseries; F4; F4, pciehp; F5; F5, dock; F6; F6, CXL; F6, kmem; F6, pseries",
	"worker_tries_gate":                         "F1, libnvdimm; F2; F2, container; F2, host bridge; F3; F3, CXL; F3, pseries; F4; F4, pciehp; F5; F5, dock; F6; F6, CXL; F6, kmem; F6, pseries",
	"virtio_mem_knows_gate":                     "F1; F1, bound again; F1, libnvdimm; F3; F3, CXL; F3, pseries; F4; F4, pciehp; F5; F5, dock; F6; F6, CXL; F6, kmem; F6, pseries",
	"worker_tries_gate+virtio_mem_knows_gate":   "F1, libnvdimm; F3; F3, CXL; F3, pseries; F4; F4, pciehp; F5; F5, dock; F6; F6, CXL; F6, kmem; F6, pseries",
	"worker_tries_gate+virtio_mem_keeps_blocks": "F1, libnvdimm; F3; F3, CXL; F3, pseries; F4, pciehp; F6, CXL; F6, kmem; F6, pseries",
	"quiesce_first":                             "F1, bound again; F1, libnvdimm; F2; F2, container; F2, host bridge; F3; F3, CXL; F3, pseries; F4; F4, pciehp; F5; F5, dock; F6; F6, CXL; F6, kmem; F6, pseries",
	"kmem_works_later":                          "F1; F1, bound again; F2; F2, container; F2, host bridge; F4; F5; F5, dock; F6",
	"worker_tries_gate+virtio_mem_keeps_blocks+kmem_works_later": "",
	"slots_drop_gate":                                       "F2, container; F2, host bridge; F3, pseries; F5; F5, dock; F6, pseries",
	"slots_without_gate":                                    "F2, container; F2, host bridge; F3, pseries; F5; F5, dock; F6, pseries",
	"slots_without_gate+roots_without_gate":                 "F2, container; F3, pseries; F5; F5, dock; F6, pseries",
	"slots_without_gate+roots_without_gate+scan_lock_first": "F2, container; F3, pseries; F6, pseries",
	"slots_without_gate+roots_without_gate+scan_lock_first+dlpar_pmem_without_gate":                  "F2, container",
	"slots_without_gate+roots_without_gate+scan_lock_first+dlpar_pmem_without_gate+containers_split": "",
}

// Of the proposed repairs, those that are about half of a driver close its own forms or move them to another lock. All are closed by no
// device_hotplug_lock across remove(), or by drivers that never wait for it there.
func TestRepairs(t *testing.T) {
	for repair, leaves := range repairs {
		t.Run(repair, func(t *testing.T) {
			var left []string
			for name, s := range suspicions {
				if aboutGate(name) && s.found(t, "v7.1+"+repair, s.actors) {
					left = append(left, name)
				}
			}
			require.Equal(t, leaves, strings.Join(sorted(left), "; "))
		})
	}
}

func aboutGate(name string) bool {
	finding, _, _ := strings.Cut(name, ",")
	return slices.Contains([]string{"F1", "F2", "F3", "F4", "F5", "F6"}, finding)
}

// A store that does not wait for pciehp's thread closes its own form, and leaves the thread against the removal of its port.
func TestPciehpRepairs(t *testing.T) {
	const all = "pcie_port_remove,pciehp_power,pciehp_ist"
	for repair, left := range map[string][]string{
		"":                     {"pcie_port_remove pciehp_ist in pciehp_remove, pciehp_unconfigure_device", "pcie_port_remove pciehp_power in kernfs_remove, pciehp_unconfigure_device"},
		"+pciehp_power_asks":   {"pcie_port_remove pciehp_ist in pciehp_remove, pciehp_unconfigure_device"},
		"+pciehp_thread_tries": nil,
		"+pci_stores_try":      {"pcie_port_remove pciehp_ist in pciehp_remove, pciehp_unconfigure_device", "pcie_port_remove pciehp_power in kernfs_remove, pciehp_unconfigure_device"},
	} {
		require.Equal(t, left, broken(t, "v7.1"+repair, all, spec.NoDeadlock), repair)
	}
}

// A repair may meet hibernation, which takes device_hotplug_lock and then acpi_scan_lock: no event may wait for the former with the latter held.
func TestRepairsMeetHibernation(t *testing.T) {
	for repair, left := range map[string][]string{
		"": nil,
		"+worker_tries_gate+virtio_mem_keeps_blocks":                               nil,
		"+slots_without_gate":                                                      {"acpi_slot_eject hibernate"},
		"+slots_drop_gate":                                                         {"acpi_slot_check hibernate", "acpi_slot_eject hibernate"},
		"+slots_without_gate+roots_without_gate+scan_lock_first":                   {"acpi_dimm hibernate", "acpi_slot_eject hibernate"},
		"+slots_without_gate+roots_without_gate+sleep_locks_early":                 {"acpi_dimm hibernate"},
		"+slots_without_gate+roots_without_gate+scan_lock_first+sleep_locks_early": nil,
	} {
		var with []string
		for _, by := range broken(t, "v7.1"+repair, "acpi_slot_eject,acpi_slot_check,acpi_dimm,vm_work,hibernate", spec.NoDeadlock) {
			if who, _, _ := strings.Cut(by, " in "); strings.Contains(who, "hibernate") && !slices.Contains(with, who) {
				with = append(with, who)
			}
		}
		require.Equal(t, left, with, repair)
	}
}

// alternatives are proposals that those in drivers/acpi/scan.c make needless.
var alternatives = []*spec.Change{spec.VirtioMemKeepsBlocks, spec.VirtioMemKnowsGate, spec.WorkerAsksRemoving, spec.WorkerTriesGate, spec.SlotsDropGate, spec.QuiesceFirst, spec.KmemWorksLater, spec.PciehpPowerAsks}

// With all other proposals, nobody hangs in any group.
func TestRepairsTogether(t *testing.T) {
	k := "v7.1"
	for _, p := range spec.Proposals() {
		if !slices.Contains(alternatives, p) {
			k += "+" + p.ID
		}
	}
	for group, left := range map[string][]string{
		"suspicions": nil,
		"hibernate,acpi_slot_eject,acpi_dimm,vm_work": nil,
		"suspicions-pmem,acpi_dimm":                   nil,
		"suspicions-cxl,acpi_dimm":                    nil,
		"suspicions-node":                             nil,
	} {
		require.Equal(t, left, broken(t, k, group, spec.NoDeadlock, spec.NoRecursion, spec.NoBug), group)
	}
}

// What looked suspicious and is harmless, with what protects it taken away beside it.
func TestHarmless(t *testing.T) {
	rules := []*spec.Invariant{spec.NoDeadlock, spec.NoRecursion, spec.NoOnlineOfRemoved, spec.PagesUnderMemHotplug}
	for name, h := range map[string]struct{ actors, without string }{
		"H1: the zone is chosen before mem_hotplug_lock":       {"zone_chosen,zone_grows", "zone_chosen_ungated"},
		"H2: blocks are visible before altmap and group":       {"block_added,block_used", "block_added_ungated,block_used"},
		"H3: a device removes itself by its own attribute":     {"pci_remove", "pci_remove_keeps_reference"},
		"H4: a driver's attributes go while they are written":  {"vm_rmmod,vm_unbind,vm_bind,vm_work", "vm_rmmod_locked,vm_unbind"},
		"H5: virtio-mem is probed under device_hotplug_lock":   {"acpi_slot_check,acpi_dimm,vm_bind,pci_rescan,vm_work", "acpi_slot_check,acpi_slot_eject,vm_work"},
		"H6: virtio-mem is unbound while nobody ejects a slot": {"vm_unbind,vm_bind,vm_work,acpi_dimm", "vm_unbind,vm_bind,vm_work,acpi_slot_eject"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, k := range releases("", "") {
				require.Empty(t, broken(t, k, h.actors, rules...), k)
				require.NotEmpty(t, broken(t, k, h.without, rules...), k)
			}
		})
	}
}

// The groups of the suspicions are explored at full size in seconds, and whatever they break is about a lock that some finding is about.
func TestSuspicionsAtFullSize(t *testing.T) {
	told := []string{
		"device_hotplug_lock", // F1 to F6
		"kn->active#rescan",   // F7
		"kn->active#power",    // F8
		"pciehp_ist",          // F8
		"kn->active#size",     // F9
		"kn->active#start",    // F9
		"dax_region_rwsem",    // F10
		"node_online_map",     // F11
		"node_spanned_pages",  // F11
		"bad_range",           // F12
	}
	for _, group := range []string{spec.GroupSuspicions, spec.GroupSuspicionsPmem, spec.GroupSuspicionsCXL, spec.GroupSuspicionsNode} {
		r := check(t, sim.Config{Kernel: kernel(t, "v7.1"), Selection: group, Tasks: 3, Blocks: 2})
		require.True(t, r.Complete)
		require.Less(t, r.States, int64(2_000_000), group)
		for _, v := range r.Violations {
			about := strings.Join(v.Locks, " ") + v.Why
			require.True(t, slices.ContainsFunc(told, func(lock string) bool { return strings.Contains(about, lock) }), "%s: %v: %s", v.Invariant, v.Actors, about)
		}
	}
}
