package tla

import (
	"fmt"
	"slices"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// option is one thing that can happen at a place: when, what it changes, and where the task is afterwards.
type option struct {
	guard   string // empty: always
	updates []update
	next    int
	remark  string
}

// update changes a variable of the module at one key.
type update struct{ variable, key, value string }

// the values of updates of sets
const (
	add  = `@ \cup {t}`
	drop = `@ \ {t}`
)

// variables are those of the module besides pc, in their order.
var variables = []string{"writers", "readers", "pending", "relies", "visible", "mem"}

// options returns what can happen at node n.
func (w *writer) options(n int) []option {
	nd := &w.m.Nodes[n]
	var out []option
	switch o := nd.Op; o.Kind {
	case sim.OpTryLock, sim.OpTryRLock:
		free, taken := w.trial(o)
		out = []option{{guard: free, updates: w.effects(nd), next: nd.Next[1], remark: "taken"}, {guard: taken, next: nd.Next[0], remark: "fails"}}
	case sim.OpRead:
		out = w.reads(nd)
	case sim.OpSwap:
		out = w.swaps(nd)
	case sim.OpAssert:
		out = []option{{guard: w.is(o.Var, o.Value), next: nd.Next[0]}}
	case sim.OpChoose:
		for x, next := range nd.Next {
			out = append(out, option{next: next, remark: fmt.Sprintf("%s: %d", o.What, x)})
		}
	case sim.OpLock, sim.OpRLock, sim.OpDrain, sim.OpWait:
		out = []option{{guard: w.guard(o), updates: w.effects(nd), next: nd.Next[0]}}
	default:
		out = []option{{updates: w.effects(nd), next: nd.Next[0]}}
	}
	out = slices.DeleteFunc(out, func(o option) bool { return o.next == sim.NoNode || o.guard == never })
	for i := range out {
		if out[i].guard == always {
			out[i].guard = ""
		}
		out[i].updates = append(out[i].updates, w.arrival(nd, &w.m.Nodes[out[i].next])...)
	}
	return out
}

// guard returns when an operation that may wait need not.
func (w *writer) guard(o sim.Op) string {
	switch {
	case o.Kind == sim.OpDrain:
		return fmt.Sprintf("CanDrain(%s, t)", quote(o.Lock))
	case o.Kind == sim.OpWait:
		return w.is(o.Var, o.Value)
	case o.Kind == sim.OpLock:
		return fmt.Sprintf("CanLock(%s, t)", quote(o.Lock))
	case w.announces(o.Lock):
		return fmt.Sprintf("CanDownRead(%s, t)", quote(o.Lock))
	}
	return fmt.Sprintf("CanRead(%s, t)", quote(o.Lock))
}

// trial returns when a trylock succeeds and when it fails. That of a kernfs node asks whether the node is visible.
func (w *writer) trial(o sim.Op) (free, taken string) {
	l := quote(o.Lock)
	switch {
	case w.kernfs(o.Lock):
		free = fmt.Sprintf("visible[%s]", l)
	case o.Kind == sim.OpTryLock:
		free = fmt.Sprintf("Untaken(%s)", l)
	case w.announces(o.Lock):
		free = fmt.Sprintf("Unannounced(%s)", l)
	default:
		free = fmt.Sprintf("Unwritten(%s)", l)
	}
	return free, "~" + free
}

// what is the same in all states
const always, never = "TRUE", "FALSE"

// is returns the condition that v has one of some values.
func (w *writer) is(v spec.Var, xs ...int) string {
	switch {
	case !w.stored(v) && slices.Contains(xs, v.Class.Init), len(xs) == len(v.Class.Values):
		return always
	case !w.stored(v), len(xs) == 0:
		return never
	case len(xs) == 1:
		return fmt.Sprintf("mem[%s] = %s", quote(v), value(v, xs[0]))
	}
	var values []string
	for _, x := range xs {
		values = append(values, value(v, x))
	}
	return fmt.Sprintf("mem[%s] \\in {%s}", quote(v), strings.Join(values, ", "))
}

// reads returns what a read can find. Values that lead to the same place share an option.
func (w *writer) reads(nd *sim.Node) []option {
	var out []option
	var leads []int
	by := map[int][]int{}
	for x, next := range nd.Next {
		if by[next] == nil {
			leads = append(leads, next)
		}
		by[next] = append(by[next], x)
	}
	for _, next := range leads {
		if next != sim.NoNode {
			out = append(out, option{guard: w.is(nd.Op.Var, by[next]...), next: next})
		}
	}
	return out
}

func (w *writer) swaps(nd *sim.Node) []option {
	o := nd.Op
	var other []int
	for x := range o.Var.Class.Values {
		if x != o.Old {
			other = append(other, x)
		}
	}
	return []option{{guard: w.is(o.Var, o.Old), updates: w.effects(nd), next: nd.Next[1]}, {guard: w.is(o.Var, other...), next: nd.Next[0]}}
}

// effects returns what an operation that succeeds does to locks and variables.
func (w *writer) effects(nd *sim.Node) []update {
	o := nd.Op
	l := ""
	if o.Lock.Class != nil {
		l = quote(o.Lock)
	}
	switch o.Kind {
	case sim.OpAnnounce:
		return []update{{"pending", l, add}}
	case sim.OpLock:
		if w.announces(o.Lock) {
			return []update{{"writers", l, add}, {"pending", l, drop}}
		}
		return []update{{"writers", l, add}}
	case sim.OpTryLock:
		return []update{{"writers", l, add}}
	case sim.OpRLock, sim.OpTryRLock:
		return []update{{"readers", l, add}}
	case sim.OpUnlock:
		return []update{{"writers", l, drop}}
	case sim.OpRUnlock:
		if rest, _ := nd.Held.Without(o.Lock, spec.Read); slices.ContainsFunc(rest, func(h spec.Hold) bool { return h.Lock == o.Lock && h.Mode == spec.Read }) {
			return nil // it still reads
		}
		return []update{{"readers", l, drop}}
	case sim.OpActivate:
		return append(w.fresh(o), update{"visible", l, "TRUE"})
	case sim.OpDeactivate:
		return []update{{"visible", l, "FALSE"}}
	case sim.OpWrite, sim.OpSwap:
		return w.write(o.Var, o.Value)
	}
	return nil
}

func (w *writer) fresh(o sim.Op) []update {
	var out []update
	for _, f := range o.Fresh {
		out = append(out, w.write(f.Var, f.Value)...)
	}
	return out
}

func (w *writer) write(v spec.Var, x int) []update {
	if !w.stored(v) {
		return nil
	}
	return []update{{"mem", quote(v), value(v, x)}}
}

// arrival returns what changes when a task goes from one node to another besides what its operation does: the work item that it runs,
// and what it relies on.
func (w *writer) arrival(from, to *sim.Node) []update {
	var out []update
	for _, h := range from.Held {
		if h.Lock.Class.Kind == spec.WorkItem && !to.Held.Has(h.Lock, spec.Read) {
			out = append(out, update{"writers", quote(h.Lock), drop})
		}
	}
	for _, v := range from.Pins {
		if !slices.Contains(to.Pins, v) {
			out = append(out, update{"relies", quote(v), drop})
		}
	}
	for _, v := range to.Pins {
		if !slices.Contains(from.Pins, v) {
			out = append(out, update{"relies", quote(v), add})
		}
	}
	return out
}

// start returns how an idle task starts an actor: one whose work item another task runs has to wait for it.
func (w *writer) start(s sim.Start) option {
	to := &w.m.Nodes[s.Node]
	o := option{next: s.Node}
	for _, h := range to.Held {
		o.guard = fmt.Sprintf("CanLock(%s, t)", quote(h.Lock))
		o.updates = append(o.updates, update{"writers", quote(h.Lock), add})
	}
	o.updates = append(o.updates, w.arrival(&w.m.Nodes[0], to)...)
	return o
}
