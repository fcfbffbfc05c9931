package spec

// Task is what a procedure may do to what it shares with other tasks.
//
// A procedure is otherwise a deterministic Go function: its state is a function of the answers that
// it got from Task. Procedures must not keep state between runs, look at clocks, start goroutines or
// range over maps; package sim reports a procedure that does.
type Task interface {
	// Kernel is the kernel under which the procedure runs.
	Kernel() Kernel

	// Lock takes l for writing, and blocks until it has it.
	Lock(l Lock)
	// RLock takes l for reading, and blocks until it has it.
	RLock(l Lock)
	// TryLock takes l for writing if no task holds it, this one included, and says whether it did.
	TryLock(l Lock) bool
	// TryRLock takes l for reading if it can at once, and says whether it did. For a kernfs active
	// reference it fails if and only if the node is not active.
	TryRLock(l Lock) bool
	// Unlock releases l, held for writing.
	Unlock(l Lock)
	// RUnlock releases l, held for reading.
	RUnlock(l Lock)

	// Activate makes the kernfs node of l visible: new users may take references. The variables of the object that
	// becomes visible with it have the given values, whatever an earlier object of that name left.
	Activate(l Lock, fresh ...Assign)
	// Deactivate makes new users of the kernfs node of l fail.
	Deactivate(l Lock)
	// Drain blocks until nobody holds a reference to the kernfs node of l.
	Drain(l Lock)

	// Read returns the value of v.
	Read(v Var) int
	// Write sets v to x.
	Write(v Var, x int)
	// Swap sets v to x if its value is old, atomically, and says whether it did.
	Swap(v Var, old, x int) bool
	// Wait blocks until v has value x.
	Wait(v Var, x int)
	// Pin declares that the task relies on v not changing, until Unpin.
	Pin(v Var)
	// Unpin ends one Pin: they nest.
	Unpin(v Var)
	// Assert reports a violation of inv unless v has value x; the task does not go on then.
	Assert(v Var, x int, inv *Invariant)

	// Choose returns a number from 0 to n-1: an allocation fails, a notifier vetoes.
	Choose(what string, n int) int
	// Eventually is Choose for a choice that is fair: a task that comes to it again and again gets each answer again and again. A loop
	// that such a choice can leave is left. because says what in the kernel makes it so.
	Eventually(what string, n int, because string) int
	// Call enters kernel function f, checks its contract, and returns the function that leaves it. That may be told what f returns, so that
	// coverage knows: defer t.Call(f)(&errno), where errno is the result.
	Call(f *Function) func(returns ...*Errno)
	// Bug reports that BUG() or BUG_ON() is reached; the task does not go on.
	Bug(what string)

	// Mark names this point of the procedure, as the target of Again.
	Mark() Point
	// Again goes back to p and forgets the answers since; it does not return.
	Again(p Point)
}

// Assign gives a variable a value.
type Assign struct {
	Var   Var
	Value int
}

// Point is a point of a procedure to which Again can go back.
type Point int
