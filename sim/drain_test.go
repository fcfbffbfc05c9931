package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// Where a kernfs node is active when it is drained, or may be made active, it may be in use again directly afterwards: others come between the
// drain and what follows. Where nobody can activate it, they do not.
func TestDrainOfAnActiveNode(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x, m := flag("x", 0), mutex("m")
	store := one("store", func(t spec.Task) {
		if !t.TryRLock(attr) {
			return
		}
		if t.Read(x) == 0 && t.Read(x) == 1 {
			t.Bug("it changed meanwhile")
		}
		t.RUnlock(attr)
	})
	under := func(l *spec.Lock, t spec.Task, do func()) {
		if l != nil {
			t.Lock(*l)
			defer t.Unlock(*l)
		}
		do()
	}
	for name, c := range map[string]struct {
		lock       *spec.Lock
		deactivate bool
		broken     []string
	}{
		"never deactivated":            {&m, false, []string{spec.NoBug.ID}},
		"activated again":              {nil, true, []string{spec.NoBug.ID}},
		"activated under another lock": {&m, true, nil},
	} {
		remove := one("remove", func(t spec.Task) {
			under(c.lock, t, func() {
				if c.deactivate {
					t.Deactivate(attr)
				}
				t.Drain(attr)
				t.Write(x, 1)
			})
		})
		publish := one("publish", func(t spec.Task) { under(c.lock, t, func() { t.Activate(attr) }) })
		for _, plain := range []bool{true, false} {
			r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{store, remove, publish}, Tasks: 2, Blocks: 1,
				Reductions: sim.Reductions{NoLipton: plain}})
			require.Equal(t, c.broken, r.Broken(), "%s, plain: %t", name, plain)
		}
	}
	r := checkActors(t, 2, store, one("remove", func(t spec.Task) { t.Drain(attr); t.Write(x, 1) }))
	require.Equal(t, []string{spec.NoBug.ID}, r.Broken(), "a drain is the first that a task does")
}
