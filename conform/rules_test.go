package conform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// What kernels agree on: the weaker of requiring and taking, nothing where one of them has no such clause, and a ban for itself.
func TestAgreed(t *testing.T) {
	clause := func(d spec.Demand, from, until *spec.Change) spec.Clause {
		return spec.Clause{Demand: d, Lock: spec.MemHotplug, Mode: spec.Write, From: from, Until: until}
	}
	newer := spec.Releases()[len(spec.Releases())-1]
	change := &spec.Change{ID: "0123456789ab", Release: newer}
	for name, tt := range map[string]struct {
		clauses []spec.Clause // the newest kernel has the first
		want    spec.Demand
		agreed  bool
	}{
		"always required":                     {[]spec.Clause{clause(spec.Requires, nil, nil)}, spec.Requires, true},
		"required, and taken before":          {[]spec.Clause{clause(spec.Requires, change, nil), clause(spec.Takes, nil, change)}, spec.Takes, true},
		"taken, and required before":          {[]spec.Clause{clause(spec.Takes, change, nil), clause(spec.Requires, nil, change)}, spec.Takes, true},
		"required of late":                    {[]spec.Clause{clause(spec.Requires, change, nil)}, 0, false},
		"forbidden, and taken":                {[]spec.Clause{clause(spec.Forbids, nil, nil), clause(spec.Takes, nil, nil)}, spec.Forbids, true},
		"forbidden of late, and always taken": {[]spec.Clause{clause(spec.Forbids, change, nil), clause(spec.Takes, nil, nil)}, 0, false},
	} {
		got, agreed := agreed(&spec.Function{Name: "f", Clauses: tt.clauses}, tt.clauses[0], commonKernels())
		require.Equal(t, tt.agreed, agreed, name)
		if agreed {
			require.Equal(t, tt.want, got.Demand, name)
		}
	}
}

// The stack of a task that never returns is bounded.
func TestFramesAreBounded(t *testing.T) {
	var a task
	for i := range 10 * maxFrames {
		a.call(frame{dev: uint64(i)})
	}
	require.Len(t, a.frames, maxFrames)
	require.Equal(t, uint64(10*maxFrames-1), a.top().dev)
}

// The mutex of a device is inside it: what device_online() locks elsewhere is another lock.
func TestOffsetIsInTheDevice(t *testing.T) {
	d := newDevices()
	d.learn(0x1000)
	for _, elsewhere := range []uint64{0x1000, 0xf80, 0x1000 + maxOffset, 1 << 40} {
		d.learnOffset(0x1000, elsewhere, fromProbe)
		require.Nil(t, d.find(elsewhere, fromProbe), "%#x", elsewhere)
	}
	d.learnOffset(0x1000, 0x1080, fromProbe)
	require.NotNil(t, d.find(0x1080, fromProbe))
	require.Nil(t, d.find(0x1080, fromLockdep), "lockdep has another address of it")
}
