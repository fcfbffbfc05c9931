package conform

import (
	"slices"

	"memhp/spec"
)

// maxFrames bounds the call stack that is kept of one task: the deepest path of hotplug has 9 functions with a frame.
const maxFrames = 16

// task is what is known of one task: the locks that it holds, and those that it does not hold. Of the
// others nothing is known.
type task struct {
	held   spec.Held
	facts  []holdFact // beside held
	absent lockSet    // global locks that the task is known not to hold
	frames []frame
	// pending is an attempt whose outcome is not known yet.
	pending attemptState
	// early are the undecided checks until the task enters or leaves a root, then nil.
	early early
	// released tells by which source the last event of each global lock was a release, if it was one.
	released map[lockSet]source
}

// holdFact is what else is known of a hold.
type holdFact struct {
	src source
	// sure tells that the hold cannot have ended unseen: releases of the lock were seen to be
	// recorded when it began.
	sure bool
}

// frame is a function that the task is in.
type frame struct {
	fn  *function
	dev uint64
	// absent, heldAtEntry and taken are the global locks that the task was known not to hold at entry, those that
	// it held for writing then, and those acquired for writing since.
	absent, heldAtEntry, taken lockSet
	// before are the global locks that it held then in whatever mode.
	before lockSet
	// outcome is what the contract's check at the entry of device_online() gave, for when it shows that the
	// device is a memory block.
	outcome []outcome
}

type attemptState struct {
	prim      *primitive
	lock      spec.Lock
	bit       lockSet
	src       source
	mode      spec.Mode
	wasAbsent bool
	block     *blockDevice
}

func (t *task) index(l spec.Lock) int {
	return slices.IndexFunc(t.held, func(h spec.Hold) bool { return h.Lock == l })
}

func (t *task) push(h spec.Hold, f holdFact, bit lockSet) {
	t.held = append(t.held, h)
	t.facts = append(t.facts, f)
	t.absent &^= bit
	for i := range t.frames {
		if h.Mode == spec.Write {
			t.frames[i].taken |= bit
		}
	}
}

func (t *task) drop(i int) {
	t.held = slices.Delete(t.held, i, i+1)
	t.facts = slices.Delete(t.facts, i, i+1)
}

// dropIf drops the holds for which gone is true.
func (t *task) dropIf(gone func(i int) bool) {
	for i := len(t.held) - 1; i >= 0; i-- {
		if gone(i) {
			t.drop(i)
		}
	}
}

// globals returns the global locks that the task is known to hold.
func (t *task) globals(g globals) lockSet {
	var set lockSet
	for _, h := range t.held {
		set |= g.bit[h.Lock.Class]
	}
	return set
}

// forget drops all that is known.
func (t *task) forget() {
	t.held, t.facts, t.frames = t.held[:0], t.facts[:0], t.frames[:0]
	t.absent, t.pending = 0, attemptState{}
	clear(t.released)
}

// idle tells that forgetting the task loses nothing but what the next root tells again.
func (t *task) idle() bool { return len(t.held) == 0 && len(t.frames) == 0 }

func (t *task) call(f frame) {
	if len(t.frames) == maxFrames {
		t.frames = slices.Delete(t.frames, 0, 1)
	}
	t.frames = append(t.frames, f)
}

// top returns the innermost function with a frame, or nil.
func (t *task) top() *frame {
	if len(t.frames) == 0 {
		return nil
	}
	return &t.frames[len(t.frames)-1]
}

// inside tells whether the task is in a function of the given role whose returns are recorded.
func (t *task) inside(r role) bool {
	return slices.ContainsFunc(t.frames, func(f frame) bool { return f.fn.role == r && f.fn.returns })
}

// innermost names the function that the task is in.
func (t *task) innermost() string {
	if f := t.top(); f != nil {
		return f.fn.name
	}
	return ""
}

func (t *task) heldNames() []string {
	out := make([]string, len(t.held))
	for i, h := range t.held {
		out[i] = h.String()
	}
	return out
}

// sureOf tells whether the task surely holds a lock of class c.
func (t *task) sureOf(c *spec.LockClass) bool {
	for i, h := range t.held {
		if h.Lock.Class == c && t.facts[i].sure {
			return true
		}
	}
	return false
}
