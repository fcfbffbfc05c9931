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
	ofBlock = (&spec.LockClass{Name: "mutex_of_block", Kind: spec.Mutex, Scope: spec.PerBlock}).Of(0)

	varX = (&spec.VarClass{Name: "x", Values: []string{"0", "1"}}).Of(spec.NoBlock)
	varY = (&spec.VarClass{Name: "y", Values: []string{"0", "1", "2"}}).Of(spec.NoBlock)
	varB = (&spec.VarClass{Name: "of_block", Values: []string{"0", "1"}, Scope: spec.PerBlock}).Of(0)
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
	doEventually // where loops are drawn, only
)

// objects are what the statements of a program are about.
type objects struct {
	locks []spec.Lock
	vars  []spec.Var
}

var (
	sharedObjects = objects{[]spec.Lock{mutexA, mutexB, rwsem, counter}, []spec.Var{varX, varX, varY, data}}
	// blockObjects stand for those of whatever block a program works on; the locks are of all blocks together, but one.
	blockObjects = objects{[]spec.Lock{mutexA, mutexB, rwsem, ofBlock, ofBlock}, []spec.Var{varB, varB, varB, varB, varB, varB, varX, data}}
)

func drawBlock(t *rapid.T, o objects, depth int) []stmt {
	n := rapid.IntRange(0, 3).Draw(t, "statements")
	out := make([]stmt, n)
	for i := range out {
		out[i] = drawStmt(t, o, depth)
	}
	return out
}

func drawStmt(t *rapid.T, o objects, depth int) stmt {
	s := stmt{op: rapid.IntRange(0, statements-1).Draw(t, "op")}
	s.lock = rapid.SampledFrom(o.locks).Draw(t, "lock")
	if s.op == doRLock {
		s.lock = rapid.SampledFrom([]spec.Lock{rwsem, counter}).Draw(t, "rlock")
	}
	s.v = rapid.SampledFrom(o.vars).Draw(t, "var")
	s.value = rapid.IntRange(0, len(s.v.Class.Values)-1).Draw(t, "value")
	if depth > 0 {
		s.body, s.other = drawBlock(t, o, depth-1), drawBlock(t, o, depth-1)
	}
	return s
}

var stmtNames = [...]string{"lock", "rlock", "trylock", "get", "read", "write", "swap", "choose", "pin", "assert", "wait", "remove", "publish", "loop",
	"retry", "restart", "", "eventually"}

func (s stmt) String() string {
	what := ""
	if s.lock.Class != nil {
		what = s.lock.String() + " "
	}
	if s.v.Class != nil {
		what += s.v.String()
	}
	return fmt.Sprintf("%s(%s %d)%v%v", stmtNames[s.op], what, s.value, s.body, s.other)
}

// on returns the statement with the objects of block b for those of block 0.
func (s stmt) on(b spec.Block) stmt {
	if s.lock.Block != spec.NoBlock {
		s.lock.Block = b
	}
	if s.v.Block != spec.NoBlock {
		s.v.Block = b
	}
	return s
}

// run interprets a block: locks are taken and released around the body.
func runBlock(t spec.Task, b spec.Block, block []stmt) {
	for _, s := range block {
		s.on(b).run(t, b)
	}
}

func (s stmt) run(t spec.Task, b spec.Block) {
	node := attr.Class.Of(b)
	switch s.op {
	case doLock:
		t.Lock(s.lock)
		runBlock(t, b, s.body)
		t.Unlock(s.lock)
	case doRLock:
		t.RLock(s.lock)
		runBlock(t, b, s.body)
		t.RUnlock(s.lock)
	case doTryLock:
		if t.TryLock(s.lock) {
			runBlock(t, b, s.body)
			t.Unlock(s.lock)
		} else {
			runBlock(t, b, s.other)
		}
	case doGet:
		if t.TryRLock(node) {
			runBlock(t, b, s.body)
			t.RUnlock(node)
		} else {
			runBlock(t, b, s.other)
		}
	case doRead:
		if t.Read(s.v) == s.value {
			runBlock(t, b, s.body)
		} else {
			runBlock(t, b, s.other)
		}
	case doWrite:
		t.Write(s.v, s.value)
	case doSwap:
		t.Swap(s.v, 0, s.value)
	case doChoose:
		if t.Choose("branch", 2) == 0 {
			runBlock(t, b, s.body)
		} else {
			runBlock(t, b, s.other)
		}
	case doPin:
		t.Pin(data)
		runBlock(t, b, s.body)
		t.Unpin(data)
	case doAssert:
		t.Assert(s.v, 0, rule)
	case doWait:
		t.Wait(s.v, s.value)
	case doRemove:
		if s.value > 0 { // else it drains a node that may be active still
			t.Deactivate(node)
		}
		t.Drain(node)
	case doPublish:
		t.Activate(node, spec.Assign{Var: s.v, Value: 0})
	default:
		s.loop(t, b)
	}
}

// loop runs the statements that come back to their beginning: until a variable has a value or a choice ends it, until a trylock
// succeeds, and as a store in sysfs that drops its reference and restarts.
func (s stmt) loop(t spec.Task, b spec.Block) {
	node := attr.Class.Of(b)
	again := t.Mark()
	switch s.op {
	case doLoop:
		runBlock(t, b, s.body)
		if s.v != data && t.Read(s.v) == s.value || s.v == data && t.Choose("again", 2) == 1 {
			t.Again(again)
		}
	case doEventually:
		runBlock(t, b, s.body)
		if t.Eventually("again", 2, "it is drawn so") == 1 {
			t.Again(again)
		}
	case doRetry:
		if !t.TryLock(s.lock) {
			t.Again(again)
		}
		runBlock(t, b, s.body)
		t.Unlock(s.lock)
	case doRestart:
		if !t.TryRLock(node) {
			runBlock(t, b, s.other)
			return
		}
		if !t.TryLock(s.lock) {
			t.RUnlock(node)
			t.Again(again)
		}
		runBlock(t, b, s.body)
		t.Unlock(s.lock)
		t.RUnlock(node)
	}
}

// Reduced and plain exploration find the same in random programs: this is the test of the side conditions of all reductions.
func TestReductionsAgreeOnRandomPrograms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, reductionsAgreeOnPrograms)
}

func reductionsAgreeOnPrograms(t *rapid.T) { agree(t, drawPrograms(t)) }

// drawPrograms draws some actors, each of which runs a random program.
func drawPrograms(t *rapid.T) sim.Config {
	var actors []spec.Actor
	for i := range rapid.IntRange(1, 3).Draw(t, "actors") {
		a := actorOf(fmt.Sprintf("program%d", i), drawBlock(t, sharedObjects, 2))
		a.Single = drawSingle(t)
		actors = append(actors, a)
	}
	return sim.Config{Kernel: kernel(t, "v6.12"), Actors: actors, Tasks: rapid.IntRange(1, 3).Draw(t, "tasks"), Blocks: 1}
}

func drawSingle(t *rapid.T) *spec.LockClass {
	return rapid.SampledFrom([]*spec.LockClass{nil, nil, nil, worker}).Draw(t, "single")
}

func actorOf(name string, program []stmt) spec.Actor {
	return spec.Actor{Name: name, Run: func(t spec.Task, b spec.Block) spec.Errno {
		runBlock(t, max(b, 0), program)
		return spec.OK
	}}
}

// So they do where programs work on one of two blocks: what happens on one of them is found without the other one only
// if no variable, trylock, pin or circular wait connects them.
func TestReductionsAgreeOnRandomProgramsOfBlocks(t *testing.T) {
	oneInChecks(t, 2)
	rapid.Check(t, func(t *rapid.T) { agree(t, drawBlockPrograms(t)) })
}

func drawBlockPrograms(t *rapid.T) sim.Config {
	c := sim.Config{Kernel: kernel(t, "v6.12"), Tasks: 2, Blocks: 2}
	for i := range rapid.IntRange(1, 2).Draw(t, "actors") {
		a := actorOf(fmt.Sprintf("program%d", i), drawBlock(t, blockObjects, 2))
		a.PerBlock = true
		a.Single = drawSingle(t)
		c.Actors = append(c.Actors, a)
	}
	if rapid.Bool().Draw(t, "holder") { // of a lock that others try, for whom another block is not needed then
		looks := stmt{op: doRead, v: varB, value: 1, body: []stmt{{op: doWrite, v: varB}}}
		a := actorOf("holder", []stmt{{op: doLock, lock: rapid.SampledFrom([]spec.Lock{mutexA, mutexB}).Draw(t, "held"), body: []stmt{looks}}})
		a.PerBlock = true
		a.Single = drawSingle(t)
		c.Actors = append(c.Actors, a)
	}
	if rapid.Bool().Draw(t, "global") {
		c.Actors = append(c.Actors, actorOf("global", drawBlock(t, objects{[]spec.Lock{mutexA, mutexB, rwsem}, []spec.Var{varX, data}}, 1)))
	}
	return c
}

func FuzzLockProgram(f *testing.F) { f.Fuzz(rapid.MakeFuzz(reductionsAgreeOnPrograms)) }
