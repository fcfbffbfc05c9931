package props

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// everyKernel returns the kernels of the story, the releases and the stable kernels. Of those that have the same changes of the core,
// which are the same program to the actors of the core, it returns the first.
func everyKernel() []spec.Kernel {
	all := spec.SeedStory()
	for _, r := range spec.Releases() {
		all = append(all, spec.NewKernel(r, nil, nil))
	}
	for _, s := range spec.StableKernels() {
		all = append(all, s.Kernel())
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(k spec.Kernel) bool {
		key := coreOf(k)
		again := seen[key]
		seen[key] = true
		return again
	})
}

// coreOf names the changes of the core that a kernel has.
func coreOf(k spec.Kernel) string {
	var has []string
	for _, c := range spec.CoreChanges() {
		if k.Has(c) {
			has = append(has, c.ID)
		}
	}
	return strings.Join(has, " ")
}

// walkersOfKernels are walkers of the core of every kernel, at three tasks on two blocks. To unroll the procedures takes longer than the walks.
var walkersOfKernels = sync.OnceValues(func() (map[string]*sim.Walker, error) {
	out := map[string]*sim.Walker{}
	for _, k := range everyKernel() {
		w, err := sim.NewWalker(sim.Config{Kernel: k, Tasks: 3, Blocks: 2})
		if err != nil {
			return nil, err
		}
		out[k.String()] = w
	}
	return out, nil
})

// holdsOrIsCaught holds random sequences of operations against some invariants, on every kernel: nothing is broken that is not documented
// to be, and each of the invariants that is documented to be broken is caught within huntWalks walks.
func holdsOrIsCaught(t *testing.T, invariants ...*spec.Invariant) {
	t.Cleanup(setFlag(t, "rapid.shrinktime", "0s")) // that it is found is enough
	walkers, err := walkersOfKernels()
	require.NoError(t, err)
	for _, k := range everyKernel() {
		t.Run(k.String(), func(t *testing.T) {
			broken := spec.Expected(k)
			w := walkers[k.String()]
			for _, inv := range invariants {
				if slices.Contains(broken, inv.ID) {
					caught(t, k, w, inv)
				}
			}
			breaksNothingBut(t, k, w, broken)
		})
	}
}

const huntWalks, huntSteps = 20000, 200

// caught looks among all of the core, but for the seed commit alone, whose one deadlock takes memtrace through its whole life.
func caught(t *testing.T, k spec.Kernel, w *sim.Walker, inv *spec.Invariant) {
	t.Helper()
	if k.Has(spec.LockInOnlinePages) && !k.Has(spec.MemtraceOnlineLock) {
		w = walker(t, sim.Config{Kernel: k, Selection: "memtrace,acpi_eject", Tasks: 3, Blocks: 1})
	}
	w.Watch = func(rule *spec.Invariant, _ string) bool { return rule == inv }
	require.NotNil(t, hunt(t, w, huntWalks, huntSteps, func(v *sim.Violation) bool { return v.BrokenBy(inv) }), "%s is not caught", inv)
}

// breaksNothingBut walks past what is documented, so that a kernel that breaks much is looked at as long as one that breaks nothing.
func breaksNothingBut(t *testing.T, k spec.Kernel, w *sim.Walker, documented []string) {
	t.Helper()
	w.Watch = func(rule *spec.Invariant, _ string) bool { return !slices.Contains(documented, rule.ID) }
	oneInChecks(t, 5)
	rapid.Check(t, func(t *rapid.T) {
		if v := take(t, w, 200).Violation; v != nil {
			t.Fatalf("%s breaks %s: %s", k, v.Invariant, v.Why)
		}
	})
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
	oneInChecks(t, 4)
	for _, name := range []string{rightKernel, "v5.10", "v6.1", "v6.12"} {
		w := walker(t, sim.Config{Kernel: kernel(t, name), Tasks: 4, Blocks: 2})
		rapid.Check(t, func(t *rapid.T) {
			if v := take(t, w, 400).Violation; v != nil {
				t.Fatalf("%s: %s", v.Invariant, v.Why)
			}
		})
	}
}
