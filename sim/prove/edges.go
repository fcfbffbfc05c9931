package prove

import (
	"slices"

	"memhp/sim"
	"memhp/sim/prove/proof"
	"memhp/spec"
)

// edges returns what the operation of a node may do.
func (x *exporter) edges(n *sim.Node) []proof.Edge {
	o := n.Op
	bit := x.bit(o.Lock)
	reader, writer := proof.Has{Writes: bit, Pending: bit}, proof.Has{Writes: bit, Reads: bit} // what is in the way of one
	switch o.Kind {
	case sim.OpIdle:
		return x.starts()
	case sim.OpChoose:
		var out []proof.Edge
		for _, to := range n.Next {
			out = append(out, proof.Edge{To: to})
		}
		return out
	case sim.OpLock:
		return []proof.Edge{{To: n.Next[0], Nobody: writer}}
	case sim.OpRLock:
		return []proof.Edge{{To: n.Next[0], Nobody: reader}}
	case sim.OpDrain:
		return []proof.Edge{{To: n.Next[0], Nobody: proof.Has{Reads: bit}}}
	case sim.OpTryLock:
		return x.tries(n, writer)
	case sim.OpTryRLock:
		if f, ok := x.fields[o.Lock]; ok { // a kernfs node: it is to be had if it is active
			return []proof.Edge{{To: n.Next[0], When: when(f, 0)}, {To: n.Next[1], When: when(f, 1), Nobody: proof.Has{Writes: bit}}}
		}
		return x.tries(n, reader)
	case sim.OpActivate:
		return []proof.Edge{{To: n.Next[0], Sets: x.fresh(o)}}
	case sim.OpDeactivate:
		return []proof.Edge{{To: n.Next[0], Sets: when(x.fields[o.Lock], 0)}}
	case sim.OpRead, sim.OpWrite, sim.OpSwap, sim.OpWait, sim.OpAssert:
		return x.values(n)
	}
	return []proof.Edge{{To: n.Next[0]}} // an announcement, a release, the begin and end of a pin, a return
}

func when(field, value int) [][2]int { return [][2]int{{field, value}} }

// starts returns the edges of an idle task. An actor that is single holds its work item from the start, and begins only if nobody does.
func (x *exporter) starts() []proof.Edge {
	var out []proof.Edge
	for _, s := range x.m.Starts {
		work := x.has(&x.m.Nodes[s.Node]).Writes
		out = append(out, proof.Edge{To: s.Node, Nobody: proof.Has{Writes: work, Reads: work}})
	}
	return out
}

// tries returns the edges of a trylock. It fails if somebody has what is in the way, surely if the task has it itself.
func (x *exporter) tries(n *sim.Node, inTheWay proof.Has) []proof.Edge {
	if has := x.has(n); has.Writes&inTheWay.Writes|has.Reads&inTheWay.Reads != 0 {
		return []proof.Edge{{To: n.Next[0]}}
	}
	return []proof.Edge{{To: n.Next[1], Nobody: inTheWay}, {To: n.Next[0], Somebody: inTheWay}}
}

// fresh returns what an activation sets: the kernfs node is active, and the object has its first values.
func (x *exporter) fresh(o sim.Op) [][2]int {
	sets := when(x.fields[o.Lock], 1)
	for _, a := range o.Fresh {
		if f, ok := x.fields[a.Var]; ok {
			sets = append(sets, [2]int{f, a.Value})
		}
	}
	return sets
}

// values returns the edges of an operation on a variable, one for each value that it may have.
func (x *exporter) values(n *sim.Node) []proof.Edge {
	f, ok := x.fields[n.Op.Var]
	if !ok {
		return x.valued(n, 0, nil, nil)
	}
	if n.Op.Kind == sim.OpWrite {
		return x.valued(n, 0, nil, when(f, n.Op.Value))
	}
	var out []proof.Edge
	for is := range n.Op.Var.Class.Values {
		out = append(out, x.valued(n, is, when(f, is), when(f, n.Op.Value))...)
	}
	return out
}

// valued returns the edges of an operation on a variable whose value is given; sets is what it may write.
func (x *exporter) valued(n *sim.Node, is int, when, sets [][2]int) []proof.Edge {
	e := proof.Edge{When: when}
	switch o := n.Op; {
	case o.Kind == sim.OpRead:
		e.To = n.Next[is]
	case o.Kind == sim.OpAssert && is != o.Value:
		e.To, e.Breaks = sim.NoNode, o.Rule.ID
	case o.Kind == sim.OpWait && is != o.Value:
		e.To, e.Breaks = sim.NoNode, x.waits(o)
	case o.Kind == sim.OpSwap && is != o.Old, o.Kind == sim.OpAssert, o.Kind == sim.OpWait:
		e.To = n.Next[0]
	default:
		e.To, e.Sets = n.Next[len(n.Next)-1], sets
		if pin := x.pin(o.Var); pin != 0 {
			return []proof.Edge{{To: sim.NoNode, When: when, Somebody: proof.Has{Pins: pin}, Breaks: spec.ReadersSeeStable.ID}, e}
		}
	}
	return []proof.Edge{e}
}

// notCovered begins what is said of a wait for a condition that others may make true.
const notCovered = "no-deadlock is not covered where tasks wait for "

// waits says what it means that a task waits for a value: if nobody ever writes it, a deadlock; otherwise that is not covered.
func (x *exporter) waits(o sim.Op) string {
	written := slices.ContainsFunc(x.m.Nodes, func(n sim.Node) bool {
		w := n.Op
		return (w.Kind == sim.OpWrite || w.Kind == sim.OpSwap) && w.Var == o.Var && w.Value == o.Value ||
			slices.Contains(w.Fresh, spec.Assign{Var: o.Var, Value: o.Value})
	})
	if !written {
		return spec.NoDeadlock.ID
	}
	return notCovered + o.Var.String()
}
