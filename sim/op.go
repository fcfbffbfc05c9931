package sim

import "memhp/spec"

// opKind is what an operation does.
type opKind uint8

const (
	opRoot     opKind = iota // in user space, or idle: any actor may start
	opAnnounce               // a writer of a rwsem makes itself pending
	opLock                   // takes a lock for writing
	opRLock                  // takes a lock for reading
	opTryLock
	opTryRLock
	opUnlock
	opRUnlock
	opActivate
	opDeactivate
	opDrain
	opRead
	opWrite
	opSwap
	opWait
	opPin
	opUnpin
	opAssert
	opChoose
	opBug
	opReturn
)

var opNames = [...]string{
	opRoot: "idle", opAnnounce: "down_write", opLock: "lock", opRLock: "rlock", opTryLock: "trylock", opTryRLock: "tryrlock",
	opUnlock: "unlock", opRUnlock: "runlock", opActivate: "activate", opDeactivate: "deactivate", opDrain: "drain",
	opRead: "read", opWrite: "write", opSwap: "swap", opWait: "wait", opPin: "pin", opUnpin: "unpin", opAssert: "assert",
	opChoose: "choose", opBug: "BUG", opReturn: "return",
}

func (k opKind) String() string { return opNames[k] }

// blocking tells whether an operation of this kind may have to wait.
func (k opKind) blocking() bool {
	return k == opLock || k == opRLock || k == opDrain || k == opWait
}

// acquires tells whether an operation of this kind requests a lock and waits for it, and in which mode.
func (k opKind) acquires() (spec.Mode, bool) {
	switch k {
	case opLock, opDrain:
		return spec.Write, true
	case opRLock:
		return spec.Read, true
	}
	return 0, false
}

// op is one operation of a procedure. It is comparable.
type op struct {
	kind opKind
	lock spec.Lock
	v    spec.Var
	// arg is the value written, awaited or asserted, or the number of choices, or the errno returned;
	// old is the value that a swap expects.
	arg, old int
	// rule is what a failing assertion breaks.
	rule *spec.Invariant
	what string
	// fair tells that a choice is marked eventually.
	fair bool
}

// answers returns how many answers the operation can get.
func (o op) answers() int {
	switch o.kind {
	case opTryLock, opTryRLock, opSwap:
		return 2
	case opRead:
		return len(o.v.Class.Values)
	case opChoose:
		return o.arg
	case opBug, opReturn:
		return 0
	}
	return 1
}

// access tells whether the operation reads or writes its variable.
func (o op) access() (read, write bool) {
	switch o.kind {
	case opRead, opWait, opPin, opUnpin, opAssert:
		return true, false
	case opWrite, opSwap:
		return false, true
	}
	return false, false
}

// object names what the operation is about.
func (o op) object() string {
	switch {
	case o.lock.Class != nil:
		return o.lock.String()
	case o.v.Class != nil:
		return o.v.String()
	}
	return o.what
}
