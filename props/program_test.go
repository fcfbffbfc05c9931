package props

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

// The objects that random lock programs share: a lock of each kind, a work item, variables that may or may not be
// protected, a variable without data that readers pin, and a kernfs node.
var (
	mutexA  = (&spec.LockClass{Name: "mutex_a", Kind: spec.Mutex}).Of(spec.NoBlock)
	mutexB  = (&spec.LockClass{Name: "mutex_b", Kind: spec.Mutex}).Of(spec.NoBlock)
	rwsem   = (&spec.LockClass{Name: "rwsem", Kind: spec.Rwsem}).Of(spec.NoBlock)
	counter = (&spec.LockClass{Name: "counter", Kind: spec.CounterLock}).Of(spec.NoBlock)
	worker  = &spec.LockClass{Name: "worker_wq", Kind: spec.WorkItem}
	attr    = (&spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}).Of(0)

	varX = (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	varY = (&spec.VarClass{Name: "y", Values: []string{"0", "1", "2"}}).Of(spec.NoBlock)
	data = (&spec.VarClass{Name: "data", Values: []string{"-"}}).Of(spec.NoBlock)
	rule = &spec.Invariant{ID: "x-is-0"}
)

// stmt is a statement of a random program.
type stmt struct {
	op    int
	lock  spec.Lock
	v     spec.Var
	value int
	body  []stmt
	other []stmt
}

const (
	doLock = iota
	doRLock
	doTryLock
	doGet
	doRead
	doWrite
	doSwap
	doChoose
	doPin
	doAssert
	doWait
	doRemove
	doPublish
	doLoop
	doRetry
	doRestart
	statements
)

func drawBlock(t *rapid.T, depth int) []stmt {
	n := rapid.IntRange(0, 3).Draw(t, "statements")
	out := make([]stmt, n)
	for i := range out {
		out[i] = drawStmt(t, depth)
	}
	return out
}

func drawStmt(t *rapid.T, depth int) stmt {
	s := stmt{op: rapid.IntRange(0, statements-1).Draw(t, "op")}
	s.lock = rapid.SampledFrom([]spec.Lock{mutexA, mutexB, rwsem, counter}).Draw(t, "lock")
	if s.op == doRLock {
		s.lock = rapid.SampledFrom([]spec.Lock{rwsem, counter}).Draw(t, "rlock")
	}
	s.v = rapid.SampledFrom([]spec.Var{varX, varX, varY, data}).Draw(t, "var")
	s.value = rapid.IntRange(0, len(s.v.Class.Values)-1).Draw(t, "value")
	if depth > 0 {
		s.body, s.other = drawBlock(t, depth-1), drawBlock(t, depth-1)
	}
	return s
}

// run interprets a block: locks are taken and released around the body.
func runBlock(t spec.Task, block []stmt) {
	for _, s := range block {
		s.run(t)
	}
}

func (s stmt) run(t spec.Task) {
	switch s.op {
	case doLock:
		t.Lock(s.lock)
		runBlock(t, s.body)
		t.Unlock(s.lock)
	case doRLock:
		t.RLock(s.lock)
		runBlock(t, s.body)
		t.RUnlock(s.lock)
	case doTryLock:
		if t.TryLock(s.lock) {
			runBlock(t, s.body)
			t.Unlock(s.lock)
		}
	case doGet:
		if t.TryRLock(attr) {
			runBlock(t, s.body)
			t.RUnlock(attr)
		}
	case doRead:
		if t.Read(s.v) == s.value {
			runBlock(t, s.body)
		} else {
			runBlock(t, s.other)
		}
	case doWrite:
		t.Write(s.v, s.value)
	case doSwap:
		t.Swap(s.v, 0, s.value)
	case doChoose:
		if t.Choose("branch", 2) == 0 {
			runBlock(t, s.body)
		} else {
			runBlock(t, s.other)
		}
	case doPin:
		t.Pin(data)
		runBlock(t, s.body)
		t.Unpin(data)
	case doAssert:
		t.Assert(varX, 0, rule)
	case doWait:
		t.Wait(s.v, s.value)
	case doRemove:
		t.Deactivate(attr)
		t.Drain(attr)
	case doPublish:
		t.Activate(attr, spec.Assign{Var: varX, Value: 0})
	default:
		s.loop(t)
	}
}

// loop runs the statements that come back to their beginning: until a variable has a value or a choice ends it, until a trylock
// succeeds, and as a store in sysfs that drops its reference and restarts.
func (s stmt) loop(t spec.Task) {
	again := t.Mark()
	switch s.op {
	case doLoop:
		runBlock(t, s.body)
		if s.v != data && t.Read(s.v) == s.value || s.v == data && t.Choose("again", 2) == 1 {
			t.Again(again)
		}
	case doRetry:
		if !t.TryLock(s.lock) {
			t.Again(again)
		}
		runBlock(t, s.body)
		t.Unlock(s.lock)
	case doRestart:
		if !t.TryRLock(attr) {
			return
		}
		if !t.TryLock(s.lock) {
			t.RUnlock(attr)
			t.Again(again)
		}
		runBlock(t, s.body)
		t.Unlock(s.lock)
		t.RUnlock(attr)
	}
}

// Reduced and plain exploration find the same in random programs: this is the test of the side conditions of all reductions.
func TestReductionsAgreeOnRandomPrograms(t *testing.T) { rapid.Check(t, reductionsAgreeOnPrograms) }

func reductionsAgreeOnPrograms(t *rapid.T) { agree(t, drawPrograms(t)) }

// drawPrograms draws some actors, each of which runs a random program.
func drawPrograms(t *rapid.T) sim.Config {
	var actors []spec.Actor
	for i := range rapid.IntRange(1, 3).Draw(t, "actors") {
		program := drawBlock(t, 2)
		alone := rapid.SampledFrom([]*spec.LockClass{nil, nil, nil, worker}).Draw(t, "single")
		actors = append(actors, spec.Actor{Name: fmt.Sprintf("program%d", i), Single: alone, Run: func(t spec.Task, _ spec.Block) spec.Errno {
			runBlock(t, program)
			return spec.OK
		}})
	}
	return sim.Config{Kernel: kernel(t, "v6.12"), Actors: actors, Tasks: rapid.IntRange(1, 3).Draw(t, "tasks"), Blocks: 1}
}

func FuzzLockProgram(f *testing.F) { f.Fuzz(rapid.MakeFuzz(reductionsAgreeOnPrograms)) }
