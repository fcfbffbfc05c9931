package certify

import (
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// field returns where the value of what an operation is about stands, if it has a place.
func (k *checker) field(o sim.Op) (f int, ok bool) {
	if o.Lock.Class != nil {
		f, ok = k.fields[o.Lock]
		return f, ok
	}
	f, ok = k.fields[o.Var]
	return f, ok
}

// value returns the value of what an operation is about; what has no place has one value only.
func (k *checker) value(i *Ideal, o sim.Op) int {
	if f, ok := k.field(o); ok {
		return i.Values[f]
	}
	return 0
}

// steps returns the ways in which a task may leave node n of i; others are the counted tasks besides.
func (k *checker) steps(i *Ideal, n int, others []int) []step {
	nd := &k.m.Nodes[n]
	o, is := nd.Op, k.value(i, nd.Op)
	to := func(answer int) []step { return []step{{nd.Next[answer], i.Values, place{}}} }
	switch o.Kind {
	case sim.OpIdle:
		var out []step
		for _, s := range k.m.Starts {
			out = append(out, step{s.Node, i.Values, place{writes: k.places[s.Node].writes}})
		}
		return out
	case sim.OpChoose:
		var out []step
		for answer := range nd.Next {
			out = append(out, to(answer)...)
		}
		return out
	case sim.OpLock, sim.OpRLock, sim.OpDrain:
		return []step{{nd.Next[0], i.Values, k.needs(o)}}
	case sim.OpTryLock, sim.OpTryRLock:
		return k.tries(i, n, others)
	case sim.OpRead:
		return to(is)
	case sim.OpWrite:
		return []step{{nd.Next[0], k.with(i, o, o.Value), place{}}}
	case sim.OpSwap:
		if is != o.Old {
			return to(0)
		}
		return []step{{nd.Next[1], k.with(i, o, o.Value), place{}}}
	case sim.OpActivate:
		return []step{{nd.Next[0], k.with(i, o, 1), place{}}}
	case sim.OpDeactivate:
		return []step{{nd.Next[0], k.with(i, o, 0), place{}}}
	}
	return to(0) // a release, an announcement, the begin and the end of a pin, what was waited for, a return
}

// with returns the values after x was written to what an operation is about; a fresh object brings some, too.
func (k *checker) with(i *Ideal, o sim.Op, x int) []int {
	v := slices.Clone(i.Values)
	if f, ok := k.field(o); ok {
		v[f] = x
	}
	for _, a := range o.Fresh {
		if f, ok := k.fields[a.Var]; ok {
			v[f] = a.Value
		}
	}
	return v
}

// needs returns what no other task may have when a lock is taken.
func (k *checker) needs(o sim.Op) place {
	bit := k.bit(o.Lock)
	switch {
	case o.Kind == sim.OpLock, o.Kind == sim.OpTryLock:
		return place{writes: bit, reads: bit}
	case o.Kind == sim.OpDrain:
		return place{reads: bit}
	case o.Lock.Class.KindIn(k.m.Kernel).PendingWriterBlocksReaders():
		return place{writes: bit, pending: bit}
	}
	return place{writes: bit}
}

// tries returns the steps of a trylock. A kernfs node is to be had if it is active; another lock is not if some task may have what is needed,
// and is if nobody has.
func (k *checker) tries(i *Ideal, n int, others []int) []step {
	nd := &k.m.Nodes[n]
	if f, ok := k.fields[nd.Op.Lock]; ok {
		return []step{{nd.Next[i.Values[f]], i.Values, place{}}}
	}
	needs := k.needs(nd.Op)
	has := func(t int) bool { return k.places[t].has(needs) }
	failed, taken := step{nd.Next[0], i.Values, place{}}, step{nd.Next[1], i.Values, needs}
	switch {
	case has(n):
		return []step{failed}
	case slices.ContainsFunc(others, has), slices.ContainsFunc(k.c.Any[i.Any], has):
		return []step{failed, taken}
	}
	return []step{taken}
}

// placeOf returns what a task at a node has.
func (k *checker) placeOf(n *sim.Node) (p place) {
	for _, h := range n.Held {
		if h.Mode == spec.Write {
			p.writes |= k.bit(h.Lock)
		} else {
			p.reads |= k.bit(h.Lock)
		}
	}
	if n.Op.Kind == sim.OpLock && n.Op.Lock.Class.KindIn(k.m.Kernel).PendingWriterBlocksReaders() {
		p.pending = k.bit(n.Op.Lock)
	}
	return p
}

func (k *checker) bit(l spec.Lock) uint64 { return 1 << slices.Index(k.m.Locks, l) }
