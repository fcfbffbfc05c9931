package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// Whoever drains a kernfs node that is still active may find it in use again directly afterwards: others come between the drain and what follows.
func TestDrainOfAnActiveNode(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x := flag("x", 0)
	store := one("store", func(t spec.Task) {
		if !t.TryRLock(attr) {
			return
		}
		if t.Read(x) == 0 && t.Read(x) == 1 {
			t.Bug("it changed meanwhile")
		}
		t.RUnlock(attr)
	})
	remove := one("remove", func(t spec.Task) { t.Drain(attr); t.Write(x, 1) })
	for _, plain := range []bool{true, false} {
		r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{store, remove}, Tasks: 2, Blocks: 1, Reductions: sim.Reductions{NoLipton: plain}})
		require.Equal(t, []string{spec.NoBug.ID}, r.Broken(), "plain: %t", plain)
	}
}
