package vm

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/conform/behave"
	"memhp/spec"
)

// TestBehaviourReal: what each of Debian's kernels does is what the specification of that kernel predicts, for sequences that rapid draws.
func TestBehaviourReal(t *testing.T) {
	for _, release := range Releases() {
		t.Run(release, func(t *testing.T) {
			system := NewBehaving(Config{Kernel: realKernel(t, release)})
			defer system.Close()
			require.NoError(t, system.Reset(t.Context()))
			k, err := Model(system.Guest().Hello)
			require.NoError(t, err)
			rapid.Check(t, func(rt *rapid.T) {
				d, err := behave.Compare(t.Context(), system, k, rapid.SliceOfN(rapid.Custom(func(t *rapid.T) behave.Op {
					return behave.Draw(func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) })
				}), 1, 8).Draw(rt, "ops"))
				require.NoError(rt, err)
				require.Nil(rt, d)
			})
		})
	}
}

// TestWrongModelIsNoticed: a model that lacks a change which the real kernel has differs from it, and the sequence shrinks to a store that
// finds the block as it should be.
func TestWrongModelIsNoticed(t *testing.T) {
	system := NewBehaving(Config{Kernel: realKernel(t, DefaultRelease)})
	defer system.Close()
	require.NoError(t, system.Reset(t.Context()))
	k, err := Model(system.Guest().Hello)
	require.NoError(t, err)
	b, err := CompareBehaviour(t.Context(), system, k.Less(spec.StateStoreReturn), 400, 1)
	require.NoError(t, err)
	require.NotNil(t, b.Difference)
	require.LessOrEqual(t, len(b.Difference.Ops), 3, b.Difference)
	require.Equal(t, behave.State, b.Difference.Ops[len(b.Difference.Ops)-1].Kind)
	require.Contains(t, b.Difference.Seen, "-EINVAL, ")
	require.Contains(t, b.Difference.Predicted[0], "1, ")
}
