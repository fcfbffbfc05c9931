package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// A store that takes a reference and then tries a lock does both at once only where the attribute is removed under that lock, from its deactivation
// until its users are gone. Elsewhere the store may hold the lock while the attribute goes.
func TestReferencesThatTheTriedLockShelters(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x, gate := flag("x", 0), mutex("gate")
	store := one("store", func(t spec.Task) {
		again := t.Mark()
		if !t.TryRLock(attr) {
			return
		}
		if !t.TryLock(gate) {
			t.RUnlock(attr)
			t.Again(again)
		}
		if t.Read(x) == 1 {
			t.Bug("it goes")
		}
		t.Unlock(gate)
		t.RUnlock(attr)
	})
	for name, c := range map[string]struct {
		remove func(t spec.Task)
		broken []string
	}{
		"under the lock": {func(t spec.Task) {
			t.Lock(gate)
			t.Deactivate(attr)
			t.Drain(attr)
			t.Write(x, 1)
			t.Unlock(gate)
		}, nil},
		"without it": {func(t spec.Task) {
			t.Deactivate(attr)
			t.Write(x, 1)
			t.Drain(attr)
		}, []string{spec.NoBug.ID}},
		"users are waited for without it": {func(t spec.Task) {
			t.Lock(gate)
			t.Deactivate(attr)
			t.Unlock(gate)
			t.Write(x, 1)
			t.Drain(attr)
		}, []string{spec.NoBug.ID}},
	} {
		for _, plain := range []bool{true, false} {
			r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{store, one("remove", c.remove)}, Tasks: 2, Blocks: 1,
				Reductions: sim.Reductions{NoLipton: plain}})
			require.Equal(t, c.broken, r.Broken(), "%s, plain: %t", name, plain)
		}
	}
}

// A store that finds its attribute gone does so at a time of its own: the attribute may come back before the next thing that the store does.
func TestReferenceThatIsNotToBeHad(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x, gate := flag("x", 0), mutex("gate")
	store := one("store", func(t spec.Task) {
		again := t.Mark()
		if !t.TryRLock(attr) {
			if t.Read(x) == 1 {
				t.Bug("it was not there, and now it is")
			}
			return
		}
		if !t.TryLock(gate) {
			t.RUnlock(attr)
			t.Again(again)
		}
		t.Unlock(gate)
		t.RUnlock(attr)
	})
	publish := one("publish", func(t spec.Task) { t.Activate(attr); t.Write(x, 1) })
	require.Equal(t, []string{spec.NoBug.ID}, checkActors(t, 2, store, publish).Broken())
}

// A task that fails to have a lock and is idle again may do something else, while another still holds that lock: what it wrote before it tried
// stays. It does not matter that the same trylock is reached without a write, too, nor what stands between.
func TestTrylockAfterAWriteIsNoRoundTrip(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x, y, gate, both := flag("x", 0), flag("y", 0), mutex("gate"), mutex("both")
	set := one("set", func(t spec.Task) {
		t.Lock(both)
		if t.Read(x) == 1 {
			t.Write(y, 1)
		}
		t.Unlock(both)
	})
	hold := one("hold", func(t spec.Task) {
		t.Lock(gate)
		t.Lock(both)
		t.Write(x, 0)
		t.Write(y, 0)
		t.Unlock(both)
		if t.Read(y) == 1 {
			t.Bug("both are written")
		}
		t.Unlock(gate)
	})
	for _, reference := range []bool{false, true} {
		try := one("try", func(t spec.Task) {
			if t.Choose("write", 2) == 0 {
				t.Write(x, 1)
			}
			if reference {
				if !t.TryRLock(attr) {
					return
				}
				defer t.RUnlock(attr)
			}
			if t.TryLock(gate) {
				t.Unlock(gate)
			}
		})
		require.Equal(t, []string{spec.NoBug.ID}, checkActors(t, 2, try, set, hold).Broken(), "with a reference: %t", reference)
	}
}

// What a task breaks on its way back is found.
func TestRoundTripThatBreaksARule(t *testing.T) {
	gate := mutex("gate")
	give := &spec.Function{Name: "give_up", Clauses: []spec.Clause{{Demand: spec.Requires, Lock: spec.DeviceHotplug, Mode: spec.Write, Rule: spec.DeviceHotplugHeld}}}
	try := one("try", func(t spec.Task) {
		if t.TryLock(gate) {
			t.Unlock(gate)
			return
		}
		defer t.Call(give)()
	})
	hold := one("hold", func(t spec.Task) { t.Lock(gate); t.Unlock(gate) })
	require.Equal(t, []string{spec.DeviceHotplugHeld.ID}, checkActors(t, 2, try, hold).Broken())
}
