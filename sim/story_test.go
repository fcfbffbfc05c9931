package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

const (
	seedAlone = "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee" // the seed commit with its parents, without the memtrace changes
	rightOne  = "v4.20+d2ab99403ee0+eca499ab3749"
)

func story(t *testing.T, kernel string) *sim.Result {
	return check(t, sim.Config{Kernel: mustKernel(t, kernel), Tasks: 2, Blocks: 1})
}

// find returns the violations of an invariant whose actors are among the given ones.
func find(r *sim.Result, inv *spec.Invariant, actors ...string) []sim.Violation {
	var out []sim.Violation
	for _, v := range r.Violations {
		if v.Invariant == inv.ID && !slices.ContainsFunc(v.Actors, func(a string) bool { return !slices.Contains(actors, a) }) {
			out = append(out, v)
		}
	}
	return out
}

// Before 30467e0b3be8, onlining takes device_lock and then mem_hotplug_lock, and adding the other way round.
func TestABBADeadlockBefore30467e0b3be(t *testing.T) {
	old := story(t, "v3.18")
	for _, store := range []string{"state_store", "online_store"} {
		require.NotEmpty(t, find(old, spec.NoDeadlock, store, "add_memory"), store)
	}
	require.NotEmpty(t, find(old, spec.LockOrder, "state_store", "probe_store"))
	fixed := story(t, "v4.1")
	require.Empty(t, find(fixed, spec.NoDeadlock, "state_store", "online_store", "add_memory", "probe_store"))
	require.NotContains(t, fixed.Broken(), spec.LockOrder.ID)
}

// The three problems that 381eab4a6ee8 names.
func TestThreeProblemsOfTheSeed(t *testing.T) {
	r := story(t, "v4.19")
	online := find(r, spec.PagesUnderMemHotplug, "online_store")
	require.Len(t, online, 2, "1. .online calls online_pages() and offline_pages() without mem_hotplug_lock")
	require.Empty(t, find(r, spec.PagesUnderMemHotplug, "state_store"), "the state store takes it")
	auto := find(r, spec.DeviceHotplugHeld, "add_memory")
	require.True(t, slices.ContainsFunc(auto, func(v sim.Violation) bool { return v.Function == "device_online" }),
		"2. auto-online calls device_online() without device_hotplug_lock")
	memtrace := find(r, spec.PagesUnderMemHotplug, "memtrace")
	require.True(t, slices.ContainsFunc(memtrace, func(v sim.Violation) bool { return v.Function == "offline_pages" }),
		"3. memtrace calls offline_pages() without any lock")
}

// The seed commit without the memtrace changes: what memtrace still breaks, a deadlock among it.
func TestSeedWithoutMemtraceChanges(t *testing.T) {
	r := story(t, seedAlone)
	require.NotContains(t, r.Broken(), spec.PagesUnderMemHotplug.ID)
	require.NotEmpty(t, find(r, spec.DeviceHotplugHeld, "memtrace"))
	dead := find(r, spec.NoDeadlock, "memtrace", "acpi_eject")
	require.NotEmpty(t, dead)
	require.ElementsMatch(t, []string{"device_lock(memory0)", "mem_hotplug_lock"}, dead[0].Locks)
	for _, v := range r.Violations {
		if v.Invariant == spec.NoDeadlock.ID || v.Invariant == spec.LockOrder.ID || v.Invariant == spec.DeviceHotplugHeld.ID {
			require.Contains(t, v.Actors, "memtrace", "nobody else breaks the gate: %s", v.Why)
		}
	}
}

// v4.20 is right except for the probe store's release and BUG() in remove; with the changes that repair them it is right.
func TestV420AndWhatRepairsIt(t *testing.T) {
	require.Equal(t, []string{spec.LocksBalanced.ID, spec.NoBug.ID}, story(t, "v4.20").Broken())
	require.Equal(t, []string{spec.NoBug.ID}, story(t, "v4.20+d2ab99403ee0").Broken())
	require.Equal(t, []string{spec.LocksBalanced.ID}, story(t, "v4.20+eca499ab3749").Broken())
	require.Empty(t, story(t, rightOne).Broken())
}

// In the right kernel both orders of device_lock and mem_hotplug_lock exist.
func TestBothOrdersExistInTheRightKernel(t *testing.T) {
	r := story(t, rightOne)
	has := func(from, to *spec.LockClass) bool {
		return slices.ContainsFunc(r.Edges, func(e spec.Edge) bool { return e.From == from && e.To == to })
	}
	require.True(t, has(spec.DeviceLock, spec.MemHotplug))
	require.True(t, has(spec.MemHotplug, spec.DeviceLock))
	require.Empty(t, r.Violations, "and device_hotplug_lock makes that harmless")
}

// Take the gate away from add_memory(), and lock-order fails, with real deadlocks.
func TestAddMemoryWithoutTheGate(t *testing.T) {
	r := story(t, rightOne+"-8df1d0e4a265")
	require.NotEmpty(t, find(r, spec.LockOrder, "state_store", "online_store", "add_memory", "probe_store"))
	dead := find(r, spec.NoDeadlock, "state_store", "add_memory")
	require.NotEmpty(t, dead)
	last := dead[0].Trace[len(dead[0].Trace)-1]
	require.True(t, last.Blocked)
}

// A store that blocks on device_hotplug_lock instead of trying deadlocks against the drain in remove.
func TestStoreThatBlocksOnTheGate(t *testing.T) {
	blocking := spec.Actor{Name: "blocking_store", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		return spec.DoSysfsWrite(t, spec.OnlineAttr.Of(b), func() spec.Errno {
			spec.DoLockDeviceHotplug(t)
			defer spec.DoUnlockDeviceHotplug(t)
			return spec.DoDeviceOffline(t, b)
		})
	}}
	k := mustKernel(t, rightOne)
	eject, err := spec.SelectActors(k, "acpi_eject")
	require.NoError(t, err)
	r := check(t, sim.Config{Kernel: k, Actors: append(eject, blocking), Tasks: 2, Blocks: 1})
	require.Contains(t, r.Broken(), spec.LockOrder.ID)
	dead := find(r, spec.NoDeadlock, "acpi_eject", "blocking_store")
	require.NotEmpty(t, dead)
	require.Contains(t, strings.Join(dead[0].Locks, " "), "kn->active#online")
}

// The regression of f1037ec0cc8a: an error path that releases what it did not take.
func TestUnpairedDone(t *testing.T) {
	require.Equal(t, []string{spec.LocksBalanced.ID}, story(t, "v5.7").Broken())
	require.Empty(t, story(t, "v5.7+b4223a510e2a").Broken())
}

// Kernels that are right in this model, without and with 001002e73712.
func TestLaterKernelsAreRight(t *testing.T) {
	for _, k := range []string{"v5.3", "v5.10", "v6.1", "v6.1+001002e73712", "v6.12"} {
		require.Empty(t, story(t, k).Broken(), k)
	}
}

// devm_memremap_pages() before f931ab479dd2 changes the memory map with no lock.
func TestMemremapBeforeF931ab479dd2(t *testing.T) {
	require.NotEmpty(t, find(story(t, "v4.9"), spec.AddRemoveUnderMemHotplug, "memremap_pages"))
	require.NotContains(t, story(t, "v4.10").Broken(), spec.AddRemoveUnderMemHotplug.ID)
}

// Auto-online before dc18d706a436 sets mem->state and leaves dev->offline behind.
func TestAutoOnlineLeavesDevOfflineBehind(t *testing.T) {
	require.NotEmpty(t, find(story(t, "v4.6"), spec.BlockDeviceAgree, "add_memory"))
	require.NotContains(t, story(t, "v4.11").Broken(), spec.BlockDeviceAgree.ID)
}

// Every counterexample can be pasted: its token shows the same violation again.
func TestTokensReplay(t *testing.T) {
	for _, k := range []string{"v3.18", "v4.6", "v4.20", seedAlone} {
		shown := map[string]int{}
		for _, v := range story(t, k).Violations {
			if shown[v.Invariant]++; shown[v.Invariant] > 3 {
				continue
			}
			again, err := sim.Replay(v.Token, nil)
			require.NoError(t, err, v.Token)
			require.Len(t, again.Violations, 1)
			w := again.Violations[0]
			require.Equal(t, v.Invariant, w.Invariant)
			require.Equal(t, v.Function, w.Function, v.Token)
			require.Equal(t, v.Actors, w.Actors, v.Token)
			require.Equal(t, v.Trace, w.Trace, v.Token)
		}
	}
}
