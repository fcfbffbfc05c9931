package spec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

func TestParseKernel(t *testing.T) {
	for _, c := range []struct {
		name      string
		has, less []*spec.Change
	}{
		{"v3.18", nil, []*spec.Change{spec.StateStoreLock, spec.AutoOnlineMem}},
		{"v4.1", []*spec.Change{spec.StateStoreLock}, []*spec.Change{spec.AutoOnlineMem}},
		{"v4.19+381eab4a6ee", []*spec.Change{spec.LockInOnlinePages}, []*spec.Change{spec.AddTakesDeviceHotplug}},
		{"v4.19+381eab4", []*spec.Change{spec.LockInOnlinePages}, nil},
		{"v4.19+381eab4a6ee81266f8dddc62e57376c7e584e5b8", []*spec.Change{spec.LockInOnlinePages}, nil},
		{"v6.7-001002e73712", []*spec.Change{spec.LockInOnlinePages}, []*spec.Change{spec.LockInBlockOnline}},
		{"v6.1+001002e73712", []*spec.Change{spec.LockInBlockOnline}, []*spec.Change{spec.RemoveBlocksInside}},
	} {
		k, err := spec.ParseKernel(c.name)
		require.NoError(t, err, c.name)
		for _, h := range c.has {
			require.True(t, k.Has(h), "%s has %s", c.name, h)
		}
		for _, l := range c.less {
			require.False(t, k.Has(l), "%s lacks %s", c.name, l)
		}
	}
}

func TestParseKernelRejects(t *testing.T) {
	for name, message := range map[string]string{
		"":               `kernel "": unknown release ""`,
		"v2.6":           `unknown release "v2.6"`,
		"v4.19+":         `change "": give 7 or more digits`,
		"v4.19+381e":     `change "381e": give 7 or more digits`,
		"v4.19+deadbeef": `unknown change "deadbeef"`,
		"4.19":           `unknown release "4.19"`,
	} {
		_, err := spec.ParseKernel(name)
		require.ErrorContains(t, err, message, name)
	}
}

// The name of a kernel finds the same kernel again.
func TestKernelNameRoundTrip(t *testing.T) {
	for _, k := range spec.HistoryKernels() {
		again, err := spec.ParseKernel(k.String())
		require.NoError(t, err)
		for _, c := range spec.Changes() {
			require.Equal(t, k.Has(c), again.Has(c), "%s: %s", k, c)
		}
	}
}

// A change that is added to a kernel that has it, or taken from one that has not, is told: the name says more than is so.
func TestIdleChanges(t *testing.T) {
	for name, want := range map[string][]string{
		"v4.19-381eab4a6ee":              {"v4.19 does not have 381eab4a6ee8, so -381eab4a6ee8 makes no difference"},
		"v6.12+381eab4a6ee":              {"v6.12 has 381eab4a6ee8, so +381eab4a6ee8 makes no difference"},
		"v4.19+381eab4a6ee+381eab4a6ee":  {"v4.19+381eab4a6ee8 has 381eab4a6ee8, so +381eab4a6ee8 makes no difference"},
		"v4.19+381eab4a6ee-381eab4a6ee":  nil,
		"v4.19+8df1d0e4a265-30467e0b3be": nil,
	} {
		k, err := spec.ParseKernel(name)
		require.NoError(t, err)
		require.Equal(t, want, k.Idle(), name)
	}
	for _, s := range spec.StableKernels() {
		k, err := spec.ParseKernel(s.Name)
		require.NoError(t, err)
		require.Empty(t, k.Idle(), s.Name)
	}
	for _, k := range spec.HistoryKernels() {
		require.Empty(t, k.Idle(), k)
	}
	for _, b := range spec.Catalogue() {
		for _, s := range b.Scenarios {
			for _, name := range []string{s.Before, s.After} {
				k, err := spec.ParseKernel(name)
				require.NoError(t, err)
				require.Empty(t, k.Idle(), "%s: %s", b.ID, name)
			}
		}
	}
}

func TestUnmetNeeds(t *testing.T) {
	k, err := spec.ParseKernel("v4.19+381eab4a6ee")
	require.NoError(t, err)
	require.Len(t, k.Unmet(), 2)
	require.Contains(t, k.Unmet()[0], "needs d15e59260f62")
	for _, name := range []string{"v3.18", "v4.20", "v6.12"} {
		k, err := spec.ParseKernel(name)
		require.NoError(t, err)
		require.Empty(t, k.Unmet(), name)
	}
}

// Changes are listed oldest first, their ids tell them apart in 7 digits, and needs come no later.
func TestChangesAreInOrder(t *testing.T) {
	seen := map[string]bool{}
	var last spec.Release
	for _, c := range spec.Changes() {
		require.False(t, c.Release.Before(last), "%s is listed too late", c)
		last = c.Release
		if strings.Contains(c.ID, "_") {
			require.Contains(t, c.Unverified, "commit id not found", "%s is no id", c)
		} else {
			require.Regexp(t, "^[0-9a-f]{12}$", c.ID)
		}
		require.False(t, seen[c.ID[:7]], "%s is ambiguous", c)
		seen[c.ID[:7]] = true
		require.NotEmpty(t, c.Title)
		require.NotEmpty(t, c.Summary)
		for _, n := range c.Needs {
			require.False(t, c.Release.Before(n.Release), "%s needs the later %s", c, n)
		}
	}
}

func TestSelectActors(t *testing.T) {
	old, err := spec.ParseKernel("v3.18")
	require.NoError(t, err)
	core, err := spec.SelectActors(old, spec.GroupCore)
	require.NoError(t, err)
	for _, a := range core {
		require.NotEqual(t, "memtrace", a.Name, "v3.18 has no memtrace")
	}
	two, err := spec.SelectActors(old, "cpu_up,add_memory,cpu_up")
	require.NoError(t, err)
	require.Len(t, two, 2)
	_, err = spec.SelectActors(old, "memtrace")
	require.ErrorContains(t, err, `kernel v3.18 has no actor "memtrace"`)
	_, err = spec.SelectActors(old, "nobody")
	require.ErrorContains(t, err, `unknown actor or group "nobody"`)
	require.Less(t, len(spec.OnPlatform(core, "powernv")), len(core), "powernv has no ACPI")
}

// An observed kernel is the same kernel, and names what it is asked.
func TestObserved(t *testing.T) {
	k, err := spec.ParseKernel("v4.19")
	require.NoError(t, err)
	var asked []*spec.Change
	o := k.Observed(func(c *spec.Change) { asked = append(asked, c) })
	require.Equal(t, k.String(), o.String())
	require.True(t, o.Has(spec.StateStoreLock))
	require.False(t, o.Has(spec.LockInOnlinePages))
	require.True(t, o.With(spec.LockInOnlinePages).Has(spec.LockInOnlinePages))
	require.Equal(t, []*spec.Change{spec.StateStoreLock, spec.LockInOnlinePages, spec.LockInOnlinePages}, asked)
}
