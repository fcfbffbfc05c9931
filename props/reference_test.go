package props

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// reference is a naive implementation of the locks: who holds what, in maps. It knows nothing of automata.
type reference struct {
	kernel  spec.Kernel
	holders map[string]map[int][]spec.Mode // by lock and task
	pending map[string]map[int]bool
	active  map[string]bool
	held    map[int][]string
}

func newReference(k spec.Kernel, initial string) *reference {
	r := &reference{kernel: k, holders: map[string]map[int][]spec.Mode{}, pending: map[string]map[int]bool{},
		active: map[string]bool{}, held: map[int][]string{}}
	for b, state := range strings.Split(initial, ", ") {
		for _, c := range []*spec.LockClass{spec.StateAttr, spec.OnlineAttr} {
			r.active[c.Of(spec.Block(b)).String()] = !strings.HasSuffix(state, "absent")
		}
	}
	return r
}

func kindOf(t rapid.TB, k spec.Kernel, lock string) spec.Kind {
	name, _, _ := strings.Cut(lock, "(")
	c, err := spec.FindLock(name)
	require.NoError(t, err)
	return c.KindIn(k)
}

// others tells whether another task holds the lock in a mode of at least m, or is its pending writer.
func (r *reference) others(task int, lock string, m spec.Mode) bool {
	for t, modes := range r.holders[lock] {
		if t != task && slices.ContainsFunc(modes, func(h spec.Mode) bool { return h >= m }) {
			return true
		}
	}
	return false
}

func (r *reference) pendingOther(task int, lock string) bool {
	for t, p := range r.pending[lock] {
		if t != task && p {
			return true
		}
	}
	return false
}

func (r *reference) take(task int, lock string, m spec.Mode) {
	if r.holders[lock] == nil {
		r.holders[lock] = map[int][]spec.Mode{}
	}
	r.holders[lock][task] = append(r.holders[lock][task], m)
	name := lock
	if m == spec.Read {
		name += " (R)"
	}
	r.held[task] = append(r.held[task], name)
	delete(r.pending[lock], task)
}

func (r *reference) drop(t rapid.TB, task int, lock string, m spec.Mode) {
	i := slices.Index(r.holders[lock][task], m)
	require.GreaterOrEqual(t, i, 0, "T%d releases %s, which it does not hold", task, lock)
	r.holders[lock][task] = slices.Delete(r.holders[lock][task], i, i+1)
	name := lock
	if m == spec.Read {
		name += " (R)"
	}
	r.held[task] = slices.DeleteFunc(r.held[task], func(h string) bool { return h == name })
}

// step does what a step of a trace does, and fails where the locks would not have let it.
func (r *reference) step(t rapid.TB, s sim.Step) {
	l := s.Object
	switch s.Op {
	case "down_write":
		if r.pending[l] == nil {
			r.pending[l] = map[int]bool{}
		}
		r.pending[l][s.Task] = true
	case "lock":
		require.False(t, r.others(s.Task, l, spec.Read), "T%d gets %s, which is held", s.Task, l)
		r.take(s.Task, l, spec.Write)
	case "rlock":
		require.False(t, r.others(s.Task, l, spec.Write), "T%d reads %s, which is written", s.Task, l)
		blocked := kindOf(t, r.kernel, l).PendingWriterBlocksReaders() && r.pendingOther(s.Task, l)
		require.False(t, blocked, "T%d reads %s past a pending writer", s.Task, l)
		r.take(s.Task, l, spec.Read)
	case "trylock":
		require.Equal(t, !r.others(0, l, spec.Read), s.Value == "taken", "T%d tries %s", s.Task, l)
		if s.Value == "taken" {
			r.take(s.Task, l, spec.Write)
		}
	case "tryrlock":
		require.Equal(t, r.active[l], s.Value == "taken", "T%d gets %s", s.Task, l)
		if s.Value == "taken" {
			r.take(s.Task, l, spec.Read)
		}
	case "unlock":
		r.drop(t, s.Task, l, spec.Write)
	case "runlock":
		r.drop(t, s.Task, l, spec.Read)
	case "activate", "deactivate":
		r.active[l] = s.Op == "activate"
	case "drain":
		require.False(t, r.others(s.Task, l, spec.Read), "T%d has drained %s, which is held", s.Task, l)
	}
	require.ElementsMatch(t, r.held[s.Task], withoutWork(s.Held), "after %s of %s by T%d", s.Op, l, s.Task)
}

// withoutWork leaves out the work items that single actors run in.
func withoutWork(held []string) []string {
	return slices.DeleteFunc(slices.Clone(held), func(h string) bool { return strings.HasSuffix(h, "_wq") })
}

// The engine and the naive locks agree on every step of random walks: who may go on, what a trylock says, what is held.
func TestEngineAgreesWithNaiveLocks(t *testing.T) {
	oneInChecks(t, 4)
	for _, name := range []string{"v3.18", "v4.1", "v4.6", "v4.11", "v4.13", rightKernel, "v6.12"} {
		k := kernel(t, name)
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s plain=%t", name, plain), func(t *testing.T) {
				t.Parallel()
				w := walker(t, sim.Config{Kernel: k, Tasks: 4, Blocks: 2, Reductions: sim.Reductions{NoLipton: plain}})
				w.Watch = func(i *spec.Invariant, _ string) bool { // these end the path of a task
					return i == spec.LocksBalanced || i == spec.NoBug || i == spec.NoOnlineOfRemoved
				}
				steps := 0
				rapid.Check(t, func(t *rapid.T) {
					walk := take(t, w, 300)
					r := newReference(k, walk.Initial)
					for _, s := range walk.Trace {
						r.step(t, s)
						steps++
					}
				})
				require.Greater(t, steps, 100, "the walks did something")
			})
		}
	}
}
