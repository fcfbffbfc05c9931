package props

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// holdsOrIsCaught holds random sequences of operations against some invariants, on every kernel of the story: a kernel
// that is documented to keep them never breaks one, and a kernel that is documented to break one is caught.
func holdsOrIsCaught(t *testing.T, invariants ...*spec.Invariant) {
	for _, k := range spec.SeedStory() {
		t.Run(k.String(), func(t *testing.T) {
			broken, _ := spec.Expected(k)
			ours := func(i *spec.Invariant, _ string) bool {
				return slices.Contains(invariants, i) && slices.Contains(broken, i.ID)
			}
			expect := slices.ContainsFunc(invariants, func(i *spec.Invariant) bool { return slices.Contains(broken, i.ID) })
			if expect {
				reset := setFlag(t, "rapid.shrinktime", "0s") // that it is found is enough
				c := sim.Config{Kernel: k, Selection: focus(k), Tasks: 3, Blocks: 1}
				require.NotNil(t, hunt(t, c, 20000, 150, ours, func(*sim.Violation) bool { return true }), "not caught")
				reset()
			}
			w := walker(t, sim.Config{Kernel: k, Tasks: 3, Blocks: 2})
			rapid.Check(t, func(t *rapid.T) {
				if v := take(t, w, 200).Violation; v != nil && !slices.Contains(broken, v.Invariant) {
					t.Fatalf("%s: %s", v.Invariant, v.Why)
				}
			})
		})
	}
}

// focus names the actors among which a random search may look for what a kernel breaks: all of the core, but for the seed commit
// alone, whose one deadlock takes memtrace through its whole life.
func focus(k spec.Kernel) string {
	if k.Has(spec.LockInOnlinePages) && !k.Has(spec.MemtraceOnlineLock) {
		return "memtrace,acpi_eject"
	}
	return spec.GroupCore
}

// No online_pages() or offline_pages() changes anything without mem_hotplug_lock.
func TestOnlinePagesHoldsMemHotplugLock(t *testing.T) {
	holdsOrIsCaught(t, spec.PagesUnderMemHotplug)
}

// Locks are taken in a consistent order: no walk ends in a deadlock, or makes an edge that the order text does not have.
func TestConsistentLockOrder(t *testing.T) {
	holdsOrIsCaught(t, spec.NoDeadlock, spec.DeclaredOrder, spec.NoRecursion)
}

// Kernels that exhaustive search calls right break nothing on long random walks.
func TestRightKernelsNeverBreak(t *testing.T) {
	t.Parallel()
	for _, name := range []string{rightKernel, "v5.10", "v6.1", "v6.12"} {
		w := walker(t, sim.Config{Kernel: kernel(t, name), Tasks: 4, Blocks: 2})
		rapid.Check(t, func(t *rapid.T) {
			if v := take(t, w, 400).Violation; v != nil {
				t.Fatalf("%s: %s", v.Invariant, v.Why)
			}
		})
	}
}
