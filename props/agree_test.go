package props

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// randomKernel draws a release plus and minus some changes.
func randomKernel(t *rapid.T) spec.Kernel {
	r := rapid.SampledFrom(spec.Releases()).Draw(t, "release")
	k := spec.NewKernel(r, nil, nil)
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		c := rapid.SampledFrom(spec.Changes()).Draw(t, "change")
		if k.Has(c) {
			k = k.Less(c)
		} else {
			k = k.With(c)
		}
	}
	return k
}

// randomActors draws two to four actors of the kernel.
func randomActors(t *rapid.T, k spec.Kernel) []spec.Actor {
	all, err := spec.SelectActors(k, spec.GroupCore)
	require.NoError(t, err)
	n := rapid.IntRange(2, 4).Draw(t, "actors")
	return rapid.Permutation(all).Draw(t, "order")[:n]
}

// What random search finds, exhaustive search finds too, on kernels that never were, and the token of it replays.
func TestExhaustiveFindsWhatRandomFinds(t *testing.T) {
	oneInChecks(t, 4)
	rapid.Check(t, exhaustiveFindsWhatRandomFinds)
}

func exhaustiveFindsWhatRandomFinds(t *rapid.T) {
	k := randomKernel(t)
	c := sim.Config{Kernel: k, Actors: randomActors(t, k), Tasks: 2, Blocks: 1}
	w := walker(t, c)
	var found []sim.Violation
	for range 20 {
		if v := take(t, w, 60).Violation; v != nil {
			found = append(found, *v)
		}
	}
	if len(found) == 0 {
		return
	}
	all := signatures(check(t, c))
	for _, v := range found {
		require.Contains(t, all, signature(v), "%s: random found what exhaustive did not: %s", k, v.Why)
		again, err := sim.Replay(v.Token, c.Actors)
		require.NoError(t, err, v.Token)
		require.Equal(t, signature(v), signature(again.Violations[0]))
	}
}

// On kernels that never were, with some of the actors, reduced and plain exploration agree.
func TestReductionsAgreeOnRandomKernels(t *testing.T) {
	oneInChecks(t, 2)
	rapid.Check(t, reductionsAgreeOnRandomKernels)
}

func reductionsAgreeOnRandomKernels(t *rapid.T) { agree(t, drawKernel(t)) }

// drawKernel draws a kernel and some of its actors.
func drawKernel(t *rapid.T) sim.Config {
	k := randomKernel(t)
	return sim.Config{Kernel: k, Actors: randomActors(t, k), Tasks: 2, Blocks: rapid.IntRange(1, 2).Draw(t, "blocks")}
}

// agree checks that plain exploration finds what reduced exploration finds, and nothing else.
func agree(t rapid.TB, c sim.Config) {
	reduced := check(t, c)
	c.Reductions = sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}
	plain := check(t, c)
	require.Equal(t, signatures(plain), signatures(reduced))
	require.Equal(t, plain.Broken(), reduced.Broken())
	require.LessOrEqual(t, reduced.States, plain.States)
}

func FuzzRandomKernel(f *testing.F) { f.Fuzz(rapid.MakeFuzz(reductionsAgreeOnRandomKernels)) }
