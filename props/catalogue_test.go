package props

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// Every bug of the catalogue is found by exploration on the kernel that has it, broken by the actors that are known to break it, and not on
// the kernel that does not.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	for _, bug := range spec.Catalogue() {
		for i, s := range bug.Scenarios {
			t.Run(fmt.Sprintf("%s/%d", bug.ID, i+1), func(t *testing.T) {
				require.NotEmpty(t, slices.Concat(s.Breaks, s.Opens))
				require.True(t, slices.IsSorted(s.By))
				require.Empty(t, reproduce(t, s).Wrong)
			})
		}
	}
}

func reproduce(t *testing.T, s spec.Scenario) *sim.Reproduction {
	r, err := sim.Reproduce(t.Context(), s)
	require.NoError(t, err)
	return r
}

// A repair that caused the next bug opens, in some scenario, a rule that the next bug breaks.
func TestChainsAreShown(t *testing.T) {
	bugs := map[string]spec.Bug{}
	for _, b := range spec.Catalogue() {
		bugs[b.ID] = b
	}
	for _, b := range bugs {
		for _, next := range b.Causes {
			require.Contains(t, bugs, next)
			shown := slices.ContainsFunc(b.Scenarios, func(s spec.Scenario) bool {
				return slices.ContainsFunc(s.Opens, func(inv *spec.Invariant) bool {
					return slices.ContainsFunc(bugs[next].Scenarios, func(n spec.Scenario) bool { return slices.Contains(n.Breaks, inv) })
				})
			})
			require.True(t, shown, "%s -> %s", b.ID, next)
		}
	}
}

// A table that is wrong is noticed: kernels swapped, a repair that repairs nothing, another actor, an effect that is not there.
func TestCatalogueBites(t *testing.T) {
	bugs := spec.Catalogue()
	good := bugs[slices.IndexFunc(bugs, func(b spec.Bug) bool { return b.ID == "B12" })].Scenarios[0]
	require.Empty(t, reproduce(t, good).Wrong)
	for name, spoil := range map[string]func(*spec.Scenario){
		"swapped":       func(s *spec.Scenario) { s.Before, s.After = s.After, s.Before },
		"not repaired":  func(s *spec.Scenario) { s.After = s.Before },
		"another actor": func(s *spec.Scenario) { s.By = []string{"online_mems_reader"} },
		"no effect":     func(s *spec.Scenario) { s.Opens = []*spec.Invariant{spec.NoBug} },
	} {
		bad := good
		spoil(&bad)
		require.NotEmpty(t, reproduce(t, bad).Wrong, name)
	}
}

// Alone, an actor outside the core neither hangs, nor dies, nor leaves a lock behind, in any release, unless the catalogue says that it does.
// A release to which no change came is as the one before it.
func TestActorsAlone(t *testing.T) {
	t.Parallel()
	for i, release := range spec.Releases() {
		if i > 0 && !slices.ContainsFunc(spec.Changes(), func(c *spec.Change) bool { return c.Release == release || c.Gone == release }) {
			continue
		}
		k := kernel(t, release.String())
		for _, a := range spec.Actors() {
			if !a.ExistsIn(k) || a.InGroup(spec.GroupCore) || a.InGroup(spec.GroupNever) || a.InGroup(spec.GroupRanges) && i%8 > 0 {
				continue // ranges are the largest, and do what others do: every eighth release is enough for them
			}
			r := check(t, sim.Config{Kernel: k, Actors: []spec.Actor{a}, Selection: a.Name, Tasks: 1, Blocks: max(a.Blocks, 1)})
			require.Positive(t, r.Transitions, "%s: %s", k, a.Name)
			for _, inv := range []*spec.Invariant{spec.NoDeadlock, spec.NoRecursion, spec.LocksBalanced, spec.NoBug} {
				require.False(t, slices.Contains(r.Broken(), inv.ID) && !told(a, inv), "%s: %s alone breaks %s", k, a.Name, inv)
			}
		}
	}
}

// told tells whether the catalogue has a scenario, or the findings have a case, in which the actor alone breaks the invariant.
func told(a spec.Actor, inv *spec.Invariant) bool {
	for _, s := range suspicions {
		if s.by == a.Name && s.rule == inv {
			return true
		}
	}
	return slices.ContainsFunc(spec.Catalogue(), func(b spec.Bug) bool {
		return slices.ContainsFunc(b.Scenarios, func(s spec.Scenario) bool {
			return slices.Equal(s.By, []string{a.Name}) && slices.Contains(s.Breaks, inv)
		})
	})
}

// On the newest release each group holds, but for bugs of the catalogue that it still has.
func TestGroupsOnTheNewestRelease(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"v6.12", "v6.12+8d2882a8edb8"} {
		for group, broken := range map[string][]*spec.Invariant{
			spec.GroupSlab:      nil,
			spec.GroupNotifiers: nil,
			spec.GroupCPU:       nil,
			spec.GroupRanges:    nil,
			spec.GroupBoot:      {spec.DeviceHotplugHeld, spec.DeclaredOrder}, // B33
			spec.GroupReaders:   {spec.NoBug},                                 // B59
			spec.GroupPlatform:  {spec.BlockDeviceAgree},                      // B58
		} {
			blocks := 1
			if group == spec.GroupRanges {
				blocks = 2
			}
			r := check(t, sim.Config{Kernel: kernel(t, k), Selection: group, Tasks: 2, Blocks: blocks})
			var ids []string
			for _, inv := range broken {
				ids = append(ids, inv.ID)
			}
			require.ElementsMatch(t, ids, r.Broken(), "%s: group %s", k, group)
		}
	}
}

// A task that waits for work with mem_hotplug_lock held hangs if the work wants that lock.
func TestFlushUnderALock(t *testing.T) {
	k := kernel(t, "v6.12")
	holds := check(t, sim.Config{Kernel: k, Selection: "drain_offline,lru_drain_work", Tasks: 2, Blocks: 1})
	require.Empty(t, holds.Broken())
	hangs := check(t, sim.Config{Kernel: k, Selection: "drain_offline,lru_drain_work_reads", Tasks: 2, Blocks: 1})
	require.Equal(t, []string{spec.NoDeadlock.ID}, hangs.Broken())
	require.Equal(t, []string{"drain_offline", "lru_drain_work_reads"}, sorted(hangs.Violations[0].Actors))
}
