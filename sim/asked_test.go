package sim

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// A change may repair a kernel though no procedure asks for it on the way of a counterexample: by the kind of a lock, by a contract, by what
// should protect a variable, by the order of locks, or by what another actor does that ends a wait. It is found all the same.
func TestBackportOfWhatRulesAskFor(t *testing.T) {
	c := &spec.Change{ID: "repair"}
	calm := &spec.LockClass{Name: "calm", Kind: spec.CounterLock, Before: &spec.OlderKind{Change: c, Kind: spec.Rwsem}}
	f := &spec.Function{Name: "f", Clauses: []spec.Clause{{Demand: spec.Requires, Lock: spec.DeviceHotplug, Mode: spec.Write, Rule: spec.DeviceHotplugHeld, Until: c}}}
	pages := &spec.VarClass{Name: "pages", Values: []string{"-"}, WriteRule: spec.PagesUnderMemHotplug, Protected: func(k spec.Kernel) *spec.LockClass {
		if k.Has(c) {
			return nil
		}
		return spec.MemHotplug
	}}
	ready := (&spec.VarClass{Name: "ready", Values: []string{"no", "yes"}}).Of(spec.NoBlock)
	actor := func(name string, run func(t spec.Task)) spec.Actor {
		return spec.Actor{Name: name, Run: func(t spec.Task, _ spec.Block) spec.Errno { run(t); return spec.OK }}
	}
	wait := actor("wait", func(t spec.Task) { t.Wait(ready, 1) })
	wait.Single = &spec.LockClass{Name: "queue", Kind: spec.WorkItem}
	for name, x := range map[string]struct {
		repair *spec.Change
		actors []spec.Actor
	}{
		"the kind of a lock": {c, []spec.Actor{actor("reads", func(t spec.Task) {
			l := calm.Of(spec.NoBlock)
			t.RLock(l)
			t.RLock(l)
			t.RUnlock(l)
			t.RUnlock(l)
		})}},
		"a contract":            {c, []spec.Actor{actor("calls", func(t spec.Task) { t.Call(f)() })}},
		"what should be locked": {c, []spec.Actor{actor("writes", func(t spec.Task) { t.Write(pages.Of(spec.NoBlock), 0) })}},
		"the order of locks": {spec.LockInOnlinePages, []spec.Actor{actor("nests", func(t spec.Task) {
			t.Lock(spec.DeviceLock.Of(0))
			t.Lock(spec.MemHotplugLock)
			t.Unlock(spec.MemHotplugLock)
			t.Unlock(spec.DeviceLock.Of(0))
		})}},
		"who ends a wait": {c, []spec.Actor{wait, actor("completes", func(t spec.Task) {
			if t.Kernel().Has(c) {
				t.Write(ready, 1)
			}
		})}},
	} {
		found, err := FindBackports(context.Background(), BackportConfig{Kernel: parse(t, "v4.19"), Candidates: []*spec.Change{c, spec.LockInOnlinePages},
			Sizes: []spec.Size{{Tasks: 2, Blocks: 1}}, Actors: func(spec.Kernel) ([]spec.Actor, error) { return x.actors, nil }})
		require.NoError(t, err, name)
		require.True(t, found.Complete, name)
		require.NotEmpty(t, found.Broken, name)
		require.Len(t, found.Sets, 1, name)
		require.Equal(t, []*spec.Change{x.repair}, found.Sets[0].Changes, name)
	}
}
