package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// What a task wrote before it began to spin is seen by others, reduced or not.
func TestSpinningTaskIsSeen(t *testing.T) {
	x := (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	for _, off := range []bool{false, true} {
		r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 2, Blocks: 1, Reductions: sim.Reductions{NoLipton: off}, Actors: []spec.Actor{
			one("spin", func(t spec.Task) {
				t.Write(x, 1)
				again := t.Mark()
				t.Choose("nothing else", 1)
				t.Again(again)
			}),
			one("look", func(t spec.Task) {
				if t.Read(x) == 1 {
					t.Bug("seen")
				}
			})}})
		require.Equal(t, []string{spec.NoBug.ID}, r.Broken(), "NoLipton: %t", off)
	}
}

// A task that holds one of two locks may not be taken to know a variable that a new object brings with other values.
func TestFreshObjectWhileOldValueIsKnown(t *testing.T) {
	attr := (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)
	x := (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	outer, inner := mutex("outer"), mutex("inner")
	reader := one("reader", func(t spec.Task) {
		t.Lock(outer)
		t.Lock(inner)
		before := t.Read(x)
		t.Unlock(inner)
		t.Lock(inner)
		if t.Read(x) != before {
			t.Bug("changed")
		}
		t.Unlock(inner)
		t.Unlock(outer)
	})
	writer := one("writer", func(t spec.Task) { t.Lock(outer); t.Lock(inner); t.Write(x, 0); t.Unlock(inner); t.Unlock(outer) })
	publish := one("publish", func(t spec.Task) { t.Activate(attr, spec.Assign{Var: x, Value: 1}) })
	require.Contains(t, checkActors(t, 2, reader, writer, publish).Broken(), spec.NoBug.ID)
}
