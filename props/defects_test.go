package props

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// Each historical defect is found by random search within a budget of walks, and shrinks to its known shape.
func TestHistoricalDefectsAreFoundAtRandom(t *testing.T) {
	for name, d := range map[string]struct {
		kernel, actors string
		rule           *spec.Invariant
		function       string
		who            []string
		steps          int // at most, after shrinking
	}{
		"ABBA deadlock before 30467e0b3be8": {"v3.18", "online_store,add_memory", spec.NoDeadlock,
			"bus_probe_device, mem_hotplug_begin", []string{"add_memory", "online_store"}, 16},
		"online store without mem_hotplug_lock": {"v4.1", "online_store,add_memory", spec.PagesUnderMemHotplug,
			"online_pages", []string{"online_store"}, 14},
		"auto-online without device_hotplug_lock": {"v4.11", "auto_online_store,add_memory", spec.DeviceHotplugHeld,
			"device_online", []string{"add_memory"}, 14},
		"auto-online leaves dev->offline behind": {"v4.6", "auto_online_store,add_memory", spec.BlockDeviceAgree,
			"memory_block_change_state", []string{"add_memory"}, 24},
		"memtrace without any lock": {"v4.14", "memtrace,online_show", spec.PagesUnderMemHotplug,
			"offline_pages", []string{"memtrace"}, 5},
		"memtrace reaches BUG()": {"v4.14", "memtrace,online_store", spec.NoBug,
			"try_remove_memory", []string{"memtrace"}, 24},
		"memtrace's online against remove": {seedAlone, "memtrace,acpi_eject", spec.NoDeadlock,
			"bus_remove_device, mem_hotplug_begin", []string{"acpi_eject", "memtrace"}, 70},
		"the probe store unlocks what it did not lock": {"v4.20", "probe_store", spec.LocksBalanced,
			"probe_store", []string{"probe_store"}, 4},
		"BUG() in remove": {"v4.20", "driver_remove,online_store", spec.NoBug,
			"try_remove_memory", []string{"driver_remove"}, 20},
		"readers see changes": {"v4.13", "online_store,online_mems_reader", spec.ReadersSeeStable,
			"online_pages", []string{"online_store", "online_mems_reader"}, 14},
	} {
		t.Run(name, func(t *testing.T) {
			c := sim.Config{Kernel: kernel(t, d.kernel), Selection: d.actors, Tasks: 2, Blocks: 1}
			w := walker(t, c)
			w.Watch = func(rule *spec.Invariant, function string) bool { return rule == d.rule && function == d.function }
			v := hunt(t, w, 30000, 150, func(v *sim.Violation) bool { return slices.Equal(sorted(v.Actors), sorted(d.who)) })
			require.NotNil(t, v, "not found in 30000 walks")
			require.LessOrEqual(t, v.Steps, d.steps, "not shrunk: %s", v.Token)
			require.Contains(t, signatures(check(t, c)), signature(*v), "exhaustive search finds it too")
		})
	}
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}
