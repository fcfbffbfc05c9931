package vm

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/conform/behave"
	"memhp/spec"
)

// behavingReal boots a kernel of Debian's, and returns it with the kernel of the specification that it is.
func behavingReal(t *testing.T, release string) (*behaving, spec.Kernel) {
	t.Helper()
	system := NewBehaving(Config{Kernel: realKernel(t, release)})
	t.Cleanup(system.Close)
	_, err := system.Reset(t.Context())
	require.NoError(t, err)
	k, err := Model(system.Guest().Hello)
	require.NoError(t, err)
	return system, k
}

// TestBehaviourReal: what each of Debian's kernels does is what the specification of that kernel predicts, for sequences that rapid draws, which it shrinks
// to the shortest that differs.
func TestBehaviourReal(t *testing.T) {
	for _, release := range Releases() {
		t.Run(release, func(t *testing.T) {
			system, k := behavingReal(t, release)
			rapid.Check(t, func(rt *rapid.T) {
				ops, err := behave.Sequence(k, system.start, rapid.IntRange(1, 8).Draw(rt, "length"), func(label string, n int) int {
					return rapid.IntRange(0, n-1).Draw(rt, label)
				})
				require.NoError(rt, err)
				d, err := behave.Compare(t.Context(), system, k, ops)
				require.NoError(rt, err)
				require.Nil(rt, d)
			})
			require.Empty(t, Troubles(system.Guest().Console()))
		})
	}
}

// TestScriptsReal does what is in the scripts of package behave, whose predictions are in them, on the kernels that they are for.
func TestScriptsReal(t *testing.T) {
	scripts := readScripts(t)
	for _, release := range Releases() {
		t.Run(release, func(t *testing.T) {
			system, k := behavingReal(t, release)
			require.True(t, system.vetoes)
			for _, s := range scripts {
				if s.Kernel != "v"+release {
					continue
				}
				if s.MovableNode {
					system.bootWith(movableNode)
				}
				d, err := behave.Compare(t.Context(), system, k, s.Ops)
				require.NoError(t, err, s.Comments)
				require.Nil(t, d, "%s: %v", s.Comments, d)
				require.Empty(t, Troubles(system.Guest().Console()), s.Comments)
			}
		})
	}
}

// readScripts reads the scripts of package behave, those for movable_node last.
func readScripts(t *testing.T) []behave.Script {
	t.Helper()
	files, err := filepath.Glob("../behave/testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var first, last []behave.Script
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		s, err := behave.ReadScript(string(text))
		require.NoError(t, err)
		if s.MovableNode {
			last = append(last, s)
		} else {
			first = append(first, s)
		}
	}
	return append(first, last...)
}

// TestWrongModelIsNoticed: a model that lacks a change which the real kernel has differs from it, and the sequence shrinks to a store that
// finds the block as it should be.
func TestWrongModelIsNoticed(t *testing.T) {
	system, k := behavingReal(t, DefaultRelease)
	b, err := CompareBehaviour(t.Context(), system, k.Less(spec.StateStoreReturn), 400, 1)
	require.NoError(t, err)
	require.NotNil(t, b.Difference)
	require.LessOrEqual(t, len(b.Difference.Ops), 2, b.Difference)
	require.Equal(t, behave.State, b.Difference.Ops[len(b.Difference.Ops)-1].Kind)
	require.Equal(t, "-EINVAL", b.Difference.Seen)
	require.Equal(t, []string{"1"}, b.Difference.Predicted)
}

// misled is a kernel that is said to put a block into ZONE_NORMAL if it is not told where, whatever lies beside it.
type misled struct{ *behaving }

func (m misled) Do(ctx context.Context, o behave.Op) (behave.Seen, error) {
	seen, err := m.behaving.Do(ctx, o)
	if o.Kind == behave.State && o.Word == "online" && seen.Result == spec.OK.String() {
		seen.Facts[behave.ZonesFact(o.On)] = behave.ZonesText("Normal", "1")
	}
	return seen, err
}

// TestWrongZoneIsNoticed: a block between two of ZONE_MOVABLE is movable by default, and it takes both to see that somebody says something else.
func TestWrongZoneIsNoticed(t *testing.T) {
	system, k := behavingReal(t, DefaultRelease)
	s, err := behave.ReadScript(`plug dimm0: 384 MiB
state of memory32 <- online_movable
ratio <- 50
resize sub-blocks to 64 MiB
state of memory34 <- online_movable
online of memory40 <- x
state of memory33 <- online
`)
	require.NoError(t, err)
	d, err := behave.Compare(t.Context(), misled{system}, k, s.Ops)
	require.NoError(t, err)
	require.NotNil(t, d)
	d, err = behave.Shrink(t.Context(), misled{system}, k, d)
	require.NoError(t, err)
	require.Equal(t, "plug dimm0: 384 MiB; state of memory32 <- online_movable; state of memory34 <- online_movable; state of memory33 <- online", behave.Format(d.Ops))
	require.Equal(t, "0; memory33 valid_zones: Normal, removable 1", d.Seen)
	require.Equal(t, []string{"0; memory33 valid_zones: Movable, removable 1"}, d.Predicted)
}
