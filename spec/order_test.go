package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

func kernel(t *testing.T, name string) spec.Kernel {
	t.Helper()
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

func writes(locks ...spec.Lock) spec.Held {
	var s spec.Held
	for _, l := range locks {
		s = s.With(spec.Hold{Lock: l, Mode: spec.Write})
	}
	return s
}

// The order of device_lock and mem_hotplug_lock turned round twice; in the right kernel the reverse needs the gate.
func TestOrderByKernel(t *testing.T) {
	gate := writes(spec.DeviceHotplugLock)
	for _, c := range []struct {
		kernel   string
		from, to *spec.LockClass
		held     spec.Held
		allowed  bool
	}{
		{"v3.18", spec.DeviceLock, spec.MemHotplug, nil, true},
		{"v3.18", spec.MemHotplug, spec.DeviceLock, nil, false},
		{"v3.18", spec.MemHotplug, spec.DeviceLock, gate, true},
		{"v4.1", spec.DeviceLock, spec.MemHotplug, gate, false},
		{"v4.1", spec.MemHotplug, spec.DeviceLock, nil, true},
		{"v4.20", spec.DeviceLock, spec.MemHotplug, nil, true},
		{"v4.20", spec.MemHotplug, spec.DeviceLock, nil, false},
		{"v4.20", spec.MemHotplug, spec.DeviceLock, gate, true},
		{"v4.20", spec.MemHotplug, spec.StateAttr, gate, true},
		{"v4.20", spec.MemHotplug, spec.StateAttr, nil, false},
		{"v4.20", spec.DeviceHotplug, spec.MemHotplug, nil, true},
		{"v4.20", spec.MemHotplug, spec.DeviceHotplug, nil, false},
	} {
		o, err := spec.OrderOf(kernel(t, c.kernel))
		require.NoError(t, err)
		require.Equal(t, c.allowed, o.Allows(c.from, c.to, c.held), "%s: %s -> %s with %v", c.kernel, c.from.Name, c.to.Name, c.held)
	}
}

// Every combination of changes has an order without contradiction.
func TestOrderIsAcyclicInEveryRelease(t *testing.T) {
	for _, r := range spec.Releases() {
		_, err := spec.OrderOf(spec.NewKernel(r, nil, nil))
		require.NoError(t, err, r)
	}
}

func TestParseOrderRejects(t *testing.T) {
	for text, message := range map[string]string{
		"a < b":                     `line 1: unknown lock "a"`,
		"\nmem_hotplug_lock":        "line 2: \"mem_hotplug_lock\": expected A < B",
		"since":                     "expected since ID or until ID",
		"since 123":                 "give 7 or more digits",
		"device_lock < device_lock": "device_lock is below itself",
		"device_lock < mem_hotplug_lock < device_lock": "is below itself",
		"device_lock < mem_hotplug_lock under x":       `unknown lock "x"`,
	} {
		_, err := spec.ParseOrder(text, kernel(t, "v4.20"))
		require.ErrorContains(t, err, message, text)
	}
}

// edge adds to g the request of one lock by a task that holds others.
func edge(g *spec.Graph, actor string, s spec.Held, l spec.Lock, m spec.Mode) {
	g.Add(s, l, m, spec.Site{Actor: actor, Function: "f"})
}

func TestCycles(t *testing.T) {
	a, b := spec.DeviceLock.Of(0), spec.MemHotplugLock
	read := func(l spec.Lock) spec.Held { return spec.Held{{Lock: l, Mode: spec.Read}} }
	for name, c := range map[string]struct {
		kernel string
		build  func(g *spec.Graph)
		cycles int
	}{
		"two orders make a cycle": {"v4.20", func(g *spec.Graph) {
			edge(g, "x", writes(a), b, spec.Write)
			edge(g, "y", writes(b), a, spec.Write)
		}, 1},
		"one order makes none": {"v4.20", func(g *spec.Graph) {
			edge(g, "x", writes(a), b, spec.Write)
			edge(g, "y", writes(a), b, spec.Write)
		}, 0},
		"a common gate makes it harmless": {"v4.20", func(g *spec.Graph) {
			edge(g, "x", writes(spec.DeviceHotplugLock, a), b, spec.Write)
			edge(g, "y", writes(spec.DeviceHotplugLock, b), a, spec.Write)
		}, 0},
		"a gate on one side only does not": {"v4.20", func(g *spec.Graph) {
			edge(g, "x", writes(spec.DeviceHotplugLock, a), b, spec.Write)
			edge(g, "y", writes(b), a, spec.Write)
		}, 1},
		"readers conflict through a pending writer": {"v4.20", func(g *spec.Graph) {
			edge(g, "x", read(spec.CPUHotplugLock), b, spec.Read)
			edge(g, "y", read(b), spec.CPUHotplugLock, spec.Read)
			edge(g, "z", nil, spec.CPUHotplugLock, spec.Write)
			edge(g, "z", nil, b, spec.Write)
		}, 1},
		"but not if nobody writes": {"v4.20", func(g *spec.Graph) {
			edge(g, "x", read(spec.CPUHotplugLock), b, spec.Read)
			edge(g, "y", read(b), spec.CPUHotplugLock, spec.Read)
		}, 0},
		"nor with the counter locks before v4.13": {"v4.12", func(g *spec.Graph) {
			edge(g, "x", read(spec.CPUHotplugLock), b, spec.Read)
			edge(g, "y", read(b), spec.CPUHotplugLock, spec.Read)
			edge(g, "z", nil, spec.CPUHotplugLock, spec.Write)
			edge(g, "z", nil, b, spec.Write)
		}, 0},
	} {
		g := spec.NewGraph(kernel(t, c.kernel))
		c.build(g)
		require.Len(t, g.Cycles(), c.cycles, name)
	}
}
