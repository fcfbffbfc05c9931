package props

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// What a drawn procedure does with two locks.
const (
	ab = iota
	ba
	leaks
	nothing
	behaviours
)

// drawActor draws a procedure that asks for changes one after the other, and does what a drawn table says for the answers.
func drawActor(t *rapid.T, name string, changes []*spec.Change) spec.Actor {
	asks := rapid.SliceOfNDistinct(rapid.IntRange(0, len(changes)-1), 0, 3, rapid.ID[int]).Draw(t, name+" asks")
	table := rapid.SliceOfN(rapid.IntRange(0, behaviours-1), 1<<len(asks), 1<<len(asks)).Draw(t, name+" does")
	return spec.Actor{Name: name, Run: func(t spec.Task, _ spec.Block) spec.Errno {
		row := 0
		for bit, i := range asks {
			if t.Kernel().Has(changes[i]) {
				row |= 1 << bit
			}
		}
		switch table[row] {
		case ab:
			nest(t, mutexA, mutexB)
		case ba:
			nest(t, mutexB, mutexA)
		case leaks:
			t.Lock(mutexA)
		}
		return spec.OK
	}}
}

func nest(t spec.Task, x, y spec.Lock) {
	t.Lock(x)
	t.Lock(y)
	t.Unlock(y)
	t.Unlock(x)
}

// drawChanges draws changes, some of which need earlier ones.
func drawChanges(t *rapid.T) []*spec.Change {
	n := rapid.IntRange(1, 5).Draw(t, "changes")
	out := make([]*spec.Change, n)
	for i := range out {
		out[i] = &spec.Change{ID: fmt.Sprintf("c%d", i)}
		if i > 0 && rapid.IntRange(0, 2).Draw(t, "needs one") == 0 {
			out[i].Needs = []*spec.Change{out[rapid.IntRange(0, i-1).Draw(t, "needs")]}
		}
	}
	return out
}

// bruteForce checks every set of changes that is closed under needs, and returns the minimal right ones.
func bruteForce(t *rapid.T, changes []*spec.Change, actors []spec.Actor) []string {
	var right []int
	for s := range 1 << len(changes) {
		k := kernelWith(t, changes, s)
		if unmet(k, changes) {
			continue
		}
		r, err := sim.Check(context.Background(), sim.Config{Kernel: k, Actors: actors, Tasks: 2, Blocks: 1})
		require.NoError(t, err)
		if r.Holds() {
			right = append(right, s)
		}
	}
	out := []string{}
	for _, s := range right {
		minimal := true
		for _, r := range right {
			minimal = minimal && (r == s || r&^s != 0)
		}
		if minimal {
			out = append(out, kernelWith(t, changes, s).String())
		}
	}
	return out
}

func kernelWith(t *rapid.T, changes []*spec.Change, s int) spec.Kernel {
	k, err := spec.ParseKernel("v4.19")
	require.NoError(t, err)
	for i, c := range changes {
		if s>>i&1 == 1 {
			k = k.With(c)
		}
	}
	return k
}

func unmet(k spec.Kernel, changes []*spec.Change) bool {
	for _, c := range changes {
		for _, n := range c.Needs {
			if k.Has(c) && !k.Has(n) {
				return true
			}
		}
	}
	return false
}

// The search for backports finds what trying every set finds, and nothing else.
func TestBackportsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes := drawChanges(t)
		actors := []spec.Actor{drawActor(t, "one", changes), drawActor(t, "two", changes)}
		base, err := spec.ParseKernel("v4.19")
		require.NoError(t, err)
		b, err := sim.FindBackports(context.Background(), sim.BackportConfig{Kernel: base, Candidates: changes,
			Actors: func(spec.Kernel) ([]spec.Actor, error) { return actors, nil }, Sizes: sim.SizesUpTo(2, 1)})
		require.NoError(t, err)
		require.True(t, b.Complete)
		got := []string{}
		for _, s := range b.Sets {
			got = append(got, base.With(s.Changes...).String())
		}
		require.ElementsMatch(t, bruteForce(t, changes, actors), got)
	})
}
