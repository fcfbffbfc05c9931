package props

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// newKernels are those that the suspicions were read in.
var newKernels = []string{"v6.1", "v6.12"}

// suspicion is what docs/findings.md claims: on each of the kernels, just these actors break the rule, and without some of them, or with
// a change, they do not.
type suspicion struct {
	actors string // that run
	rule   *spec.Invariant
	by     string // who breaks it, sorted
	// harmless are machines on which nobody breaks it: kernels, and actors in place of those above if there is a space.
	harmless []string
}

var suspicions = map[string]suspicion{
	"form A: an eject waits for the worker, which waits for device_hotplug_lock": {
		"acpi_slot_eject,vm_work", spec.NoDeadlock, "acpi_slot_eject vm_work",
		[]string{"v6.12 vm_work,vm_unbind", "v6.12 vm_work,acpi_dimm", "v6.12+worker_tries_gate", "v6.12+slots_without_gate"}},
	"form B: an eject takes device_hotplug_lock twice": {
		"acpi_slot_eject,vm_work", spec.NoRecursion, "acpi_slot_eject",
		[]string{"v6.12 acpi_slot_eject,acpi_slot_check", "v6.12 vm_work,vm_unbind", "v6.12+virtio_mem_keeps_blocks", "v6.12+slots_without_gate"}},
}

func TestSuspicions(t *testing.T) {
	for name, s := range suspicions {
		t.Run(name, func(t *testing.T) {
			for _, k := range newKernels {
				require.True(t, s.found(t, k, s.actors), "%s: %s do not break %s", k, s.by, s.rule)
			}
			for _, machine := range s.harmless {
				k, actors, other := strings.Cut(machine, " ")
				if !other {
					actors = s.actors
				}
				require.False(t, s.found(t, k, actors), "%s: %s", k, actors)
			}
		})
	}
}

// found tells whether the suspects break the rule, or, with other actors than those of the suspicion, whether anybody does.
func (s suspicion) found(t *testing.T, k, actors string) bool {
	r := check(t, sim.Config{Kernel: kernel(t, k), Selection: actors, Tasks: 2, Blocks: 1})
	require.True(t, r.Complete)
	return slices.ContainsFunc(r.Violations, func(v sim.Violation) bool {
		return v.Invariant == s.rule.ID && (actors != s.actors || strings.Join(sorted(v.Actors), " ") == s.by)
	})
}
