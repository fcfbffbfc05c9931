package sim

import (
	"math/bits"
	"slices"

	"memhp/spec"
)

// stuck returns the set of tasks, as bits, that can never move in s: the greatest set in which each task waits for
// something that only tasks of the set could give. It looks at tasks that wait; the others can move.
func (x *stepper) stuck(s *state) uint32 {
	var waiting uint32
	for i := 0; i < x.tasks; i++ {
		if n := s.node[i]; x.a.nodes[n].fatal || !x.a.code[n].kind.blocking() {
			continue
		}
		x.others(s, i)
		if !x.enabled(s, s.node[i]) {
			waiting |= 1 << i
		}
	}
	return x.shrink(s, waiting)
}

// shrink takes from set, as long as there are any, the tasks that something outside could let go on.
func (x *stepper) shrink(s *state, set uint32) uint32 {
	for {
		before := set
		for i := 0; i < x.tasks; i++ {
			if set>>i&1 == 1 && !x.hopeless(s, i, set) {
				set &^= 1 << i
			}
		}
		if set == before {
			return set
		}
	}
}

// hopeless tells whether task i, which waits, can only be let go on by tasks of set. A holder that never moves never
// releases, so one such holder is enough; a condition must be out of reach of every task outside.
func (x *stepper) hopeless(s *state, i int, set uint32) bool {
	if x.a.code[s.node[i]].kind == opWait {
		return x.nobodyWrites(s, i, set)
	}
	for t := 0; t < x.tasks; t++ {
		if t != i && set>>t&1 == 1 && x.blocks(s, t, i) {
			return true
		}
	}
	return false
}

// blocks tells whether what task t holds, or has pending, makes task i wait.
func (x *stepper) blocks(s *state, t, i int) bool {
	in, n := &x.a.code[s.node[i]], s.node[t]
	switch in.kind {
	case opLock:
		return (x.a.ex[n]|x.a.sh[n])&in.bit != 0
	case opRLock:
		return x.a.ex[n]&in.bit != 0 || in.wpref && x.a.pend[n]&in.bit != 0
	case opDrain:
		return x.a.sh[n]&in.bit != 0
	}
	return false
}

// nobodyWrites tells whether no task outside set could ever make true what task i waits for. A task
// outside may become any actor, so it is enough to ask whether some actor writes the value.
func (x *stepper) nobodyWrites(s *state, i int, set uint32) bool {
	if set == 1<<x.tasks-1 {
		return true
	}
	want := x.a.nodes[s.node[i]].op
	for n := range x.a.nodes {
		if slices.Contains(x.a.nodes[n].fresh, spec.Assign{Var: want.v, Value: want.arg}) {
			return false
		}
		o := x.a.nodes[n].op
		if (o.kind == opWrite || o.kind == opSwap) && o.v == want.v && o.arg == want.arg {
			return false
		}
	}
	return true
}

// cores returns the smallest parts of the stuck set that are stuck by themselves, without the tasks that
// merely wait for them.
func (x *stepper) cores(s *state, set uint32) []uint32 {
	var out []uint32
	for size := 1; size <= x.tasks; size++ {
		for part := uint32(1); part < 1<<x.tasks; part++ {
			smallest := part&^set == 0 && bits.OnesCount32(part) == size &&
				!slices.ContainsFunc(out, func(c uint32) bool { return c&^part == 0 })
			if smallest && x.shrink(s, part) == part {
				out = append(out, part)
			}
		}
	}
	return out
}
