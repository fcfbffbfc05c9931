package spec_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// Every mainline release from v3.15 to v7.1 is a kernel.
func TestEveryReleaseIsAKernel(t *testing.T) {
	all := spec.Releases()
	require.Len(t, all, 5+21+20+20+2)
	require.Equal(t, "v3.15", all[0].String())
	require.Equal(t, "v7.1", all[len(all)-1].String())
	for i, r := range all {
		require.True(t, i == 0 || all[i-1].Before(r), r)
		k, err := spec.ParseKernel(r.String())
		require.NoError(t, err)
		require.Empty(t, k.Unmet(), r)
	}
}

// A change is in the releases from its own on, and each release of a change is one that can be checked.
func TestChangesBelongToReleases(t *testing.T) {
	for _, c := range spec.Changes() {
		for _, r := range spec.Releases() {
			has := !r.Before(c.Release) && (c.Gone == spec.Release{} || r.Before(c.Gone))
			require.Equal(t, has, kernel(t, r.String()).Has(c), "%s %s", r, c)
		}
	}
}

func TestTrees(t *testing.T) {
	require.Equal(t, []string{"4.1.3"}, spec.Trees(spec.Release{Major: 4, Minor: 1}), "not those of 4.10 to 4.19")
	require.Equal(t, []string{"6.1-rc7", "6.1.20", "6.1.55", "6.1.158", "6.1.192"}, spec.Trees(spec.Release{Major: 6, Minor: 1}))
	require.Empty(t, spec.Trees(spec.Release{Major: 4, Minor: 7}))
	total := 0
	for _, r := range spec.Releases() {
		total += len(spec.Trees(r))
	}
	require.Equal(t, 64, total, "each belongs to one release")
}

// A stable kernel has what came back to it, keeps its name, and takes changes as releases do.
func TestStableKernels(t *testing.T) {
	for _, c := range []struct {
		name      string
		has, less []*spec.Change
	}{
		{"v4.14.157", []*spec.Change{spec.AddTakesDeviceHotplug, spec.ProbeStoreUnlock, spec.Memtrace}, []*spec.Change{spec.LockInOnlinePages}},
		{"v4.19.87", []*spec.Change{spec.LockInOnlinePages, spec.MemtraceOfflineLock}, []*spec.Change{spec.RemoveTakesDeviceHotplug}},
		{"v4.19.124", []*spec.Change{spec.RemoveBlocksFirst}, []*spec.Change{spec.RemoveReturnsBusy}},
		{"v6.1.72", []*spec.Change{spec.LockInBlockOnline}, []*spec.Change{spec.RemoveBlocksInside}},
		{"v6.1.72-001002e73712", nil, []*spec.Change{spec.LockInBlockOnline}},
		{"v4.14.157+381eab4a6ee8", []*spec.Change{spec.LockInOnlinePages}, nil},
	} {
		k := kernel(t, c.name)
		require.Equal(t, c.name, k.String())
		for _, h := range c.has {
			require.True(t, k.Has(h), "%s has %s", c.name, h)
		}
		for _, l := range c.less {
			require.False(t, k.Has(l), "%s lacks %s", c.name, l)
		}
	}
	_, err := spec.ParseKernel("v4.14.158")
	require.ErrorContains(t, err, `unknown release "v4.14.158"; the releases are v3.15 to v7.1, and the stable kernels v4.4.220`)
}

// What came back to a stable kernel was not in its release, and where it was read is said.
func TestStableKernelsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range spec.StableKernels() {
		require.False(t, seen[s.Name], s.Name)
		seen[s.Name] = true
		require.Regexp(t, `^`+s.Base.String()+`\.\d+$`, s.Name)
		require.NotEmpty(t, s.Source, s.Name)
		require.NotEmpty(t, s.Has, s.Name)
		base := kernel(t, s.Base.String())
		for _, c := range s.Has {
			require.False(t, base.Has(c), "%s: %s is in %s already", s.Name, c, s.Base)
		}
		if s.Source == "its tree" {
			require.Contains(t, spec.Trees(s.Base), s.Name[1:], s.Name)
		}
	}
}

// The lines of mainline cover every release once, and no two neighbours are alike; the history documents each line and each stable kernel.
func TestHistoryCoversEveryKernel(t *testing.T) {
	names := []string{}
	for _, k := range spec.HistoryKernels() {
		names = append(names, k.String())
	}
	var covered []spec.Release
	for _, l := range spec.Lines() {
		require.Contains(t, names, l.First.String(), "no documented expectation")
		for _, r := range spec.Releases() {
			if !r.Before(l.First) && !l.Last.Before(r) {
				covered = append(covered, r)
			}
		}
		again, found := spec.LineOf(l.First.String())
		require.True(t, found)
		require.Equal(t, l, again)
	}
	require.Equal(t, spec.Releases(), covered)
	for _, s := range spec.StableKernels() {
		same := slices.ContainsFunc(spec.HistoryKernels(), func(k spec.Kernel) bool {
			return !slices.ContainsFunc(spec.CoreChanges(), func(c *spec.Change) bool { return k.Has(c) != s.Kernel().Has(c) })
		})
		require.True(t, same, "%s has no documented expectation", s.Name)
	}
	_, found := spec.LineOf("v3.17")
	require.False(t, found, "v3.17 is inside a line")
}

// What a kernel is documented to break, each with the same core changes is.
func TestExpectedHoldsForTheWholeLine(t *testing.T) {
	first := spec.Expected(kernel(t, "v4.16"))
	inside := spec.Expected(kernel(t, "v4.17"))
	require.NotEmpty(t, first)
	require.Equal(t, first, inside)
	fixed := spec.Expected(kernel(t, "v4.20+d2ab99403ee0+eca499ab3749"))
	require.Empty(t, fixed)
}

// The memory hotplug lock was a mutex, then a home-made lock, then a percpu rwsem.
func TestKindsOfMemHotplugLock(t *testing.T) {
	for name, kind := range map[string]spec.Kind{
		"v3.15": spec.Mutex, "v3.16": spec.CounterLock, "v4.12": spec.CounterLock, "v4.13": spec.PercpuRwsem, "v7.1": spec.PercpuRwsem,
		"v4.13-3f906ba23689": spec.CounterLock, "v3.16-bfc8c90139eb": spec.Mutex,
	} {
		require.Equal(t, kind, spec.MemHotplug.KindIn(kernel(t, name)), name)
	}
}
