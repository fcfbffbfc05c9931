package props

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/report/promela/spin"
	"memhp/sim"
	"memhp/spec"
)

func actor(name string, f func(spec.Task)) spec.Actor {
	return spec.Actor{Name: name, Run: func(t spec.Task, _ spec.Block) spec.Errno { f(t); return spec.OK }}
}

// everything uses what a model can have.
func everything() []spec.Actor {
	device, offline, state := spec.DeviceLock.Of(0), spec.DevOffline.Of(0), spec.StateAttr.Of(0)
	return []spec.Actor{
		actor("writer", func(t spec.Task) { t.Lock(rwsem); t.Write(varX, 1); t.Unlock(rwsem) }),
		actor("nested", func(t spec.Task) { t.RLock(counter); t.RLock(counter); t.RUnlock(counter); t.RUnlock(counter) }),
		actor("user", func(t spec.Task) {
			if t.TryRLock(attr) {
				t.Pin(data)
				t.Unpin(data)
				t.RUnlock(attr)
			}
		}),
		actor("remove", func(t spec.Task) { t.Deactivate(attr); t.Drain(attr); t.Write(data, 0) }),
		actor("swap", func(t spec.Task) {
			if t.TryLock(mutexB) {
				if t.Swap(varX, 0, 1) {
					t.Bug("first")
				}
				t.Assert(varX, 0, rule)
				t.Unlock(mutexB)
			}
		}),
		actor("wait", func(t spec.Task) { t.Wait(varX, 1); t.Write(data, 0) }),
		actor("device", func(t spec.Task) {
			if t.TryRLock(state) {
				t.Lock(device)
				t.Write(offline, spec.True)
				t.Unlock(device)
				t.RUnlock(state)
			}
		}),
	}
}

// inverse is a deadlock of two readers that only a pending writer makes.
func inverse() []spec.Actor {
	return []spec.Actor{
		actor("reader", func(t spec.Task) { t.RLock(rwsem); t.Lock(mutexA); t.Unlock(mutexA); t.RUnlock(rwsem) }),
		actor("inverse", func(t spec.Task) { t.Lock(mutexA); t.RLock(rwsem); t.RUnlock(rwsem); t.Unlock(mutexA) }),
		actor("writer", func(t spec.Task) { t.Lock(rwsem); t.Unlock(rwsem) }),
	}
}

// removal is a deadlock of a store with the removal of its own attribute.
func removal() []spec.Actor {
	return []spec.Actor{
		actor("store", func(t spec.Task) {
			if t.TryRLock(attr) {
				t.Lock(mutexA)
				t.Unlock(mutexA)
				t.RUnlock(attr)
			}
		}),
		actor("remove", func(t spec.Task) { t.Lock(mutexA); t.Deactivate(attr); t.Drain(attr); t.Unlock(mutexA) }),
	}
}

// explored returns what plain exploration of the actors finds, and the model that SPIN is given.
func explored(t testing.TB, actors []spec.Actor) (*sim.Result, *sim.Model) {
	c := sim.Config{Kernel: kernel(t, "v6.12"), Actors: actors, Tasks: 3, Blocks: 1, Reductions: plain}
	return check(t, c), model(t, c)
}

// A wrong rule in the exported model is noticed: this is what the comparison with SPIN is worth.
func TestSpinNoticesWrongModels(t *testing.T) {
	needSpin(t)
	for _, c := range []struct {
		name     string
		actors   func() []spec.Actor
		from, to string
	}{
		{"none", everything, "", ""},
		{"none", inverse, "", ""},
		{"none", removal, "", ""},
		{"readers pass a pending writer", inverse, "add(pending[rwsem])", "skip"},
		{"a drain is no wait", removal, "await(to_drain(attr_memory0))", "await(0)"},
		{"nobody is stuck", removal, "assert(!stuck ||", "assert(true ||"},
		{"a lock is not released", removal, "drop(writers[mutex_a])", "skip"},
		{"a drain waits for nobody", everything, "can_drain(l)     nobody_else(readers[l])", "can_drain(l)     nobody_else(0)"},
		{"a trylock always succeeds", everything, "!writers[mutex_b] ->", "true ->"},
		{"an awaited value comes by magic", everything, "x == x_1 ->", "true ->"},
		{"a write is lost", everything, "\tx = x_1;", "\tskip;"},
		{"nobody relies on anything", everything, "assert(nobody_else(rely_on_data)", "assert(true"},
		{"a swap does not write", everything, "-> x = x_1;", "->"},
		{"devices may disagree", everything, "assert(block_device_agree)", "skip"},
		{"blocks start otherwise", everything, ":: dev_offline_memory0 = dev_offline_false", ":: dev_offline_memory0 = dev_offline_true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			full, m := explored(t, c.actors())
			text := export(t, m)
			require.Contains(t, text, c.from)
			s := verify(t, replace(text, c.from, c.to), spin.Options{Plain: true})
			require.Equal(t, c.from != "", disagreement(s, full) != "", disagreement(s, full))
		})
	}
}

// So is an engine that goes wrong: here its automata are changed behind its back.
func TestSpinNoticesWrongAutomata(t *testing.T) {
	needSpin(t)
	for name, spoil := range map[string]func(*sim.Node){
		"a bug is forgotten": func(n *sim.Node) {
			if n.Op.Kind == sim.OpBug {
				n.Breaks = nil
			}
		},
		"a task goes on after a bug": func(n *sim.Node) {
			if n.Op.Kind == sim.OpBug {
				n.Ends, n.Next = false, []int{0}
			}
		},
		"an answer is missing": func(n *sim.Node) {
			if n.Op.Kind == sim.OpSwap {
				n.Next[0] = sim.NoNode
			}
		},
		"an actor ends early": func(n *sim.Node) {
			if n.Op.Kind == sim.OpDeactivate {
				n.Next[0] = 0
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			full, m := explored(t, everything())
			for i := range m.Nodes {
				spoil(&m.Nodes[i])
			}
			require.NotEmpty(t, disagreement(verify(t, export(t, m), spin.Options{Plain: true}), full))
		})
	}
}

func replace(text, from, to string) string {
	if from == "" {
		return text
	}
	return strings.ReplaceAll(text, from, to)
}
