package sim_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

func actorsOf(t *testing.T, k spec.Kernel, selection string) []spec.Actor {
	actors, err := spec.SelectActors(k, selection)
	require.NoError(t, err)
	return actors
}

// A function that is replaced by one that only calls it is the function.
func TestReplaceByItself(t *testing.T) {
	for _, name := range []string{"v3.18", "v6.12"} {
		k := mustKernel(t, name)
		actors := actorsOf(t, k, spec.GroupCore)
		want := check(t, sim.Config{Kernel: k, Actors: actors, Tasks: 2, Blocks: 1})
		for f, itself := range map[*spec.Function]func(spec.Task, spec.Block) spec.Errno{
			spec.OnlinePages: spec.DoOnlinePages, spec.OfflinePages: spec.DoOfflinePages, spec.DeviceOnline: spec.DoDeviceOnline,
			spec.DeviceOffline: spec.DoDeviceOffline, spec.AddMemory: spec.DoAddMemory, spec.RemoveMemory: spec.DoRemoveMemory,
			spec.MemHotplugBegin: func(t spec.Task, _ spec.Block) spec.Errno { spec.DoMemHotplugBegin(t); return spec.OK },
		} {
			got := check(t, sim.Config{Kernel: k, Actors: spec.Replace(actors, f, itself), Tasks: 2, Blocks: 1})
			require.Equal(t, want.States, got.States, "%s: %s", name, f)
			require.Equal(t, want.Violations, got.Violations, "%s: %s", name, f)
		}
	}
}

// The replacement is called for each of the actor's blocks, and what it returns is what the caller gets.
func TestReplaceReturns(t *testing.T) {
	k := mustKernel(t, "v6.12")
	blocks := map[spec.Block]bool{}
	busy := spec.Replace(actorsOf(t, k, "state_store"), spec.DeviceOnline, func(_ spec.Task, b spec.Block) spec.Errno {
		blocks[b] = true
		return spec.EBUSY
	})
	for i, a := range busy {
		busy[i].Run = func(t spec.Task, b spec.Block) spec.Errno {
			if a.Run(t, b) == spec.EBUSY {
				t.Bug("busy")
			}
			return spec.OK
		}
	}
	require.Equal(t, []string{spec.NoBug.ID}, check(t, sim.Config{Kernel: k, Actors: busy, Tasks: 1, Blocks: 2}).Broken())
	require.Equal(t, map[spec.Block]bool{0: true, 1: true}, blocks)
}

// What cannot be replaced is an error that names the function and the actor.
func TestReplaceMistakes(t *testing.T) {
	m, part, void, answers := mutex("m"), &spec.Function{Name: "part"}, &spec.Function{Name: "void"}, &spec.Function{Name: "answers", Answers: true}
	actor := one("mine", func(t spec.Task) {
		end := t.Call(part)
		t.Lock(m)
		end()
		func() { defer t.Call(void)(); t.Read(spec.Presence.Of(0)) }()
		if func() bool { defer t.Call(answers)(); return t.Read(spec.Presence.Of(0)) == spec.Present }() {
			t.Write(spec.Presence.Of(0), spec.Absent)
		}
		t.Unlock(m)
	})
	for f, want := range map[*spec.Function]string{
		part:    "procedure mine: panic: part() cannot be replaced: it is part of another function",
		answers: "procedure mine: panic: answers() cannot be replaced: what it returns is no errno",
		void:    "procedure mine: panic: void() returns nothing, and what replaces it returns -EINVAL",
	} {
		actors := spec.Replace([]spec.Actor{actor}, f, func(spec.Task, spec.Block) spec.Errno { return spec.EINVAL })
		_, err := sim.Check(context.Background(), sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: actors, Tasks: 1, Blocks: 1})
		require.ErrorContains(t, err, want)
	}
	k := mustKernel(t, "v4.14")
	for _, f := range []*spec.Function{spec.MemtraceOffline, spec.MemtraceAlloc} { // they return a bool, and false would be no patch that anybody meant
		actors := spec.Replace(actorsOf(t, k, "memtrace"), f, func(spec.Task, spec.Block) spec.Errno { return spec.OK })
		_, err := sim.Check(context.Background(), sim.Config{Kernel: k, Actors: actors, Tasks: 1, Blocks: 1})
		require.ErrorContains(t, err, f.Name+"() cannot be replaced")
	}
}

// A token of a kernel with a replaced function is replayed with the same actors. Without them, it is about another kernel, and does not show what was
// found.
func TestTokensOfReplacedFunctions(t *testing.T) {
	k := mustKernel(t, "v4.1")
	actors := spec.Replace(actorsOf(t, k, spec.GroupCore), spec.OnlinePages, func(t spec.Task, b spec.Block) spec.Errno {
		spec.DoMemHotplugBegin(t)
		defer spec.DoMemHotplugDone(t)
		return spec.DoOnlinePages(t, b)
	})
	recursions := 0
	for _, v := range check(t, sim.Config{Kernel: k, Actors: actors, Tasks: 2, Blocks: 1}).Violations {
		again, err := sim.Replay(v.Token, actors)
		require.NoError(t, err, v.Token)
		require.Equal(t, v, again.Violations[0])
		if v.Invariant == spec.NoRecursion.ID { // the patch breaks that, and v4.1 does not
			recursions++
			_, err = sim.Replay(v.Token, nil)
			require.Error(t, err, v.Token)
		}
	}
	require.Positive(t, recursions)
}

// Mistakes in a procedure of one's own are errors that name it.
func TestMistakesOfOnesOwn(t *testing.T) {
	flag := spec.NewVar("flag", "no", "yes")
	for want, run := range map[string]func(t spec.Task){
		"procedure mine: panic: runtime error: index out of range": func(t spec.Task) { _ = []int{}[t.Read(flag)] },
		"procedure mine: loops for ever without an operation":      func(t spec.Task) { t.Read(flag); t.Again(t.Mark()) },
		"procedure mine: not deterministic":                        func(t spec.Task) { t.Read(spec.NewVar("mine", "a", "b")) },
		"made once, outside the procedure":                         func(t spec.Task) { t.Lock(spec.NewLock("mine", spec.Mutex)); t.Read(flag) },
	} {
		_, err := sim.Check(context.Background(), sim.Config{Kernel: mustKernel(t, "v6.12"), Tasks: 1, Blocks: 1, Actors: []spec.Actor{one("mine", run)}})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "goroutine")
	}
}
