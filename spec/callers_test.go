package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// Locks have names of their own, and say where they are in the source.
func TestCallerLocks(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range append(spec.LockClasses(), spec.CallerLocks()...) {
		require.False(t, seen[c.Name], c.Name)
		seen[c.Name] = true
		require.NotEmpty(t, c.Doc, c.Name)
		require.NotZero(t, c.Kind, c.Name)
	}
}

// "all" names every actor of a kernel but those that no kernel has.
func TestAllLeavesOutWhatNoKernelHas(t *testing.T) {
	k := kernel(t, "v5.10")
	all, err := spec.SelectActors(k, "all")
	require.NoError(t, err)
	groups := map[string]bool{}
	for _, a := range all {
		groups[a.Group] = true
	}
	require.False(t, groups[spec.GroupNever])
	for _, g := range []string{spec.GroupPlatform, spec.GroupSlab, spec.GroupNotifiers, spec.GroupCPU, spec.GroupBoot, spec.GroupReaders, spec.GroupRanges} {
		require.True(t, groups[g], g)
	}
	never, err := spec.SelectActors(k, spec.GroupNever)
	require.NoError(t, err)
	require.NotEmpty(t, never)
}

// "all" is core with each other group, on a machine that has the blocks for it.
func TestAllIsAMachineForEachGroup(t *testing.T) {
	require.Equal(t, []string{"core,slab"}, spec.Machines(kernel(t, "v4.20"), "core,slab", 1))
	one, two := spec.Machines(kernel(t, "v6.12"), "all", 1), spec.Machines(kernel(t, "v6.12"), "all", 2)
	require.Equal(t, "core", one[0])
	require.Contains(t, one, "core,suspicions-cxl")
	require.NotContains(t, two, "core,never")
	require.NotContains(t, one, "core,ranges")
	require.Contains(t, two, "core,ranges")
	covered := map[string]bool{}
	for _, selection := range two {
		actors, err := spec.SelectActors(kernel(t, "v6.12"), selection)
		require.NoError(t, err)
		for _, a := range actors {
			covered[a.Name] = true
		}
	}
	all, err := spec.SelectActors(kernel(t, "v6.12"), "all")
	require.NoError(t, err)
	require.Len(t, covered, len(all))
}
