package props

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// The objects that block-device-agree looks at, and a lock that it does not know.
var (
	agreeLocks = []spec.Lock{spec.DeviceLock.Of(0), spec.DeviceHotplugLock, mutexA}
	agreeVars  = []spec.Var{spec.BlockState.Of(0), spec.DevOffline.Of(0)}
)

// drawAgreement draws a procedure that writes mem->state and dev->offline under some of the locks, as a sequence of pieces.
func drawAgreement(t *rapid.T) func(spec.Task) {
	var pieces []func(spec.Task)
	for range rapid.IntRange(1, 4).Draw(t, "pieces") {
		v := rapid.SampledFrom(agreeVars).Draw(t, "var")
		x := rapid.IntRange(0, len(v.Class.Values)-1).Draw(t, "value")
		l := rapid.SampledFrom(agreeLocks).Draw(t, "lock")
		forms := []func(spec.Task){
			func(t spec.Task) { t.Write(v, x) },
			func(t spec.Task) { t.Lock(l); t.Write(v, x); t.Unlock(l) },
			func(t spec.Task) {
				t.Lock(l)
				t.Write(v, x)
				t.Write(agreeVars[0], 0)
				t.Write(agreeVars[1], 1)
				t.Unlock(l)
			},
			func(t spec.Task) {
				if t.TryLock(l) {
					t.Unlock(l)
				}
			},
			func(t spec.Task) { t.Deactivate(spec.StateAttr.Of(0)); t.Drain(spec.StateAttr.Of(0)) },
			func(t spec.Task) { t.Activate(spec.StateAttr.Of(0), spec.Assign{Var: v, Value: x}) },
		}
		pieces = append(pieces, forms[rapid.IntRange(0, len(forms)-1).Draw(t, "form")])
	}
	return func(t spec.Task) {
		for _, p := range pieces {
			p(t)
		}
	}
}

// The predicate over states is found broken by reduced exploration if and only if it is by plain exploration.
func TestReductionsAgreeOnAgreements(t *testing.T) {
	t.Parallel()
	rapid.Check(t, reductionsAgreeOnAgreements)
}

func reductionsAgreeOnAgreements(t *rapid.T) { sameBroken(t, drawWriters(t)) }

// drawWriters draws some actors, each of which writes what block-device-agree looks at.
func drawWriters(t *rapid.T) sim.Config {
	var actors []spec.Actor
	for i := range rapid.IntRange(1, 3).Draw(t, "actors") {
		run := drawAgreement(t)
		actors = append(actors, spec.Actor{Name: fmt.Sprintf("writer%d", i), Run: func(t spec.Task, _ spec.Block) spec.Errno {
			run(t)
			return spec.OK
		}})
	}
	return sim.Config{Kernel: kernel(t, "v6.12"), Actors: actors, Tasks: rapid.IntRange(1, 3).Draw(t, "tasks"), Blocks: 1}
}

// sameBroken compares the rules that are broken, not by whom: when one task writes while another holds the lock that hides it,
// the one whose operation comes last is blamed, and which that is depends on the order that is explored.
func sameBroken(t rapid.TB, c sim.Config) {
	reduced := check(t, c)
	c.Reductions = sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}
	require.Equal(t, check(t, c).Broken(), reduced.Broken())
}

func FuzzAgreement(f *testing.F) { f.Fuzz(rapid.MakeFuzz(reductionsAgreeOnAgreements)) }
