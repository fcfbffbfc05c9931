package promela

import (
	"fmt"
	"slices"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// option is one thing that can happen at a location: when, what it does, and where the task is afterwards.
type option struct {
	guard   string // empty: always
	effects []string
	next    int // sim.NoNode: it stays where it is
	remark  string
}

// text renders the option as one transition, with what the arrival at the next node does. d_step makes several statements one.
func (o option) text() string {
	parts := o.effects
	if o.guard != "" {
		parts = append([]string{o.guard}, parts...)
	}
	switch {
	case len(parts) == 0:
		return "skip" // SPIN leaves out a goto alone
	case len(parts) == 1:
		return parts[0]
	case o.guard != "":
		return fmt.Sprintf("d_step { %s -> %s }", parts[0], strings.Join(parts[1:], "; "))
	}
	return fmt.Sprintf("d_step { %s }", strings.Join(parts, "; "))
}

// options returns what can happen at node n.
func (w *writer) options(n int) []option {
	nd := &w.m.Nodes[n]
	var out []option
	switch o := nd.Op; o.Kind {
	case sim.OpTryLock, sim.OpTryRLock:
		out = w.tries(nd)
	case sim.OpRead:
		out = w.reads(nd)
	case sim.OpSwap:
		out = w.swaps(nd)
	case sim.OpAssert:
		out = w.asserts(nd)
	case sim.OpChoose:
		for x, next := range nd.Next {
			out = append(out, option{next: next, remark: fmt.Sprintf("%s: %d", o.What, x)})
		}
	case sim.OpLock, sim.OpRLock, sim.OpDrain, sim.OpWait:
		out = []option{{guard: w.guard(o), effects: w.effects(nd), next: nd.Next[0]}}
	default:
		out = []option{{effects: w.effects(nd), next: nd.Next[0]}}
	}
	for i := range out {
		if out[i].next != sim.NoNode {
			out[i].effects = append(out[i].effects, w.arrival(nd, &w.m.Nodes[out[i].next])...)
		}
	}
	return out
}

// effects returns what an operation that succeeds does to locks and variables.
func (w *writer) effects(nd *sim.Node) []string {
	o := nd.Op
	l := w.names.Of(o.Lock)
	switch o.Kind {
	case sim.OpAnnounce:
		return []string{fmt.Sprintf("add(pending[%s])", l)}
	case sim.OpLock, sim.OpTryLock:
		out := []string{fmt.Sprintf("add(writers[%s])", l)}
		if w.hasPending(o.Lock) && o.Kind == sim.OpLock {
			out = append(out, fmt.Sprintf("drop(pending[%s])", l))
		}
		return out
	case sim.OpRLock, sim.OpTryRLock:
		return []string{fmt.Sprintf("add(readers[%s])", l)}
	case sim.OpUnlock:
		return []string{fmt.Sprintf("drop(writers[%s])", l)}
	case sim.OpRUnlock:
		if rest, _ := nd.Held.Without(o.Lock, spec.Read); slices.ContainsFunc(rest, func(h spec.Hold) bool { return h.Lock == o.Lock && h.Mode == spec.Read }) {
			return nil // it still reads
		}
		return []string{fmt.Sprintf("drop(readers[%s])", l)}
	case sim.OpActivate:
		return append(w.freshen(o.Fresh), w.visible(o.Lock)+" = 1")
	case sim.OpDeactivate:
		return []string{w.visible(o.Lock) + " = 0"}
	case sim.OpWrite, sim.OpSwap:
		return w.writes(o.Var, o.Value)
	}
	return nil
}

func (w *writer) freshen(fresh []spec.Assign) []string {
	var out []string
	for _, f := range fresh {
		if w.stored(f.Var) {
			out = append(out, fmt.Sprintf("%s = %s", w.names.Of(f.Var), w.value(f.Var, f.Value)))
		}
	}
	return out
}

// writes returns a write, and the assertion that nobody else relies on the variable.
func (w *writer) writes(v spec.Var, x int) []string {
	var out []string
	if w.stored(v) {
		out = append(out, fmt.Sprintf("%s = %s", w.names.Of(v), w.value(v, x)))
	}
	if slices.Contains(w.pinned, v) {
		out = append(out, fmt.Sprintf("assert(nobody_else(%s) || %s)", w.pins(v), w.rule(spec.ReadersSeeStable)))
	}
	return out
}

// tries returns how a trylock can end. The task itself may be the holder: the trylock fails then, too. That of a kernfs node asks
// whether the node is visible.
func (w *writer) tries(nd *sim.Node) []option {
	taken := w.holders(nd.Op.Lock)
	switch l := w.names.Of(nd.Op.Lock); {
	case w.kernfs(nd.Op.Lock):
		taken = "!" + w.visible(nd.Op.Lock)
	case nd.Op.Kind == sim.OpTryRLock && w.hasPending(nd.Op.Lock):
		taken = fmt.Sprintf("(writers[%[1]s] | pending[%[1]s])", l)
	case nd.Op.Kind == sim.OpTryRLock:
		taken = fmt.Sprintf("writers[%s]", l)
	}
	free := "!" + taken
	if strings.HasPrefix(taken, "!") {
		free = taken[1:]
	}
	return []option{
		{guard: free, effects: w.effects(nd), next: nd.Next[1]},
		{guard: taken, next: nd.Next[0]},
	}
}

// reads returns what a read can find. Values that lead to the same place share an option.
func (w *writer) reads(nd *sim.Node) []option {
	var out []option
	all := true
	for x, next := range nd.Next {
		if next == sim.NoNode {
			all = false
			continue
		}
		if i := slices.IndexFunc(out, func(o option) bool { return o.next == next }); i >= 0 {
			out[i].guard += " || " + w.is(nd.Op.Var, x)
			continue
		}
		out = append(out, option{guard: w.is(nd.Op.Var, x), next: next})
	}
	if all && len(out) == 1 {
		out[0].guard, out[0].remark = "", "it does the same whatever it reads"
	}
	return w.complete(out, all)
}

// complete adds an option for answers that cannot occur.
func (w *writer) complete(out []option, all bool) []option {
	if all {
		return out
	}
	return append(out, option{guard: "else", effects: []string{"assert(false)"}, next: sim.NoNode,
		remark: "no other value can be read here: theorem 1 of docs/semantics.md"})
}

func (w *writer) swaps(nd *sim.Node) []option {
	var out []option
	same := w.is(nd.Op.Var, nd.Op.Old)
	if nd.Next[1] != sim.NoNode {
		out = append(out, option{guard: same, effects: w.effects(nd), next: nd.Next[1]})
	}
	if nd.Next[0] != sim.NoNode {
		out = append(out, option{guard: "!(" + same + ")", next: nd.Next[0]})
	}
	return w.complete(out, len(out) == 2)
}

// asserts returns how an assertion of a procedure ends; if it fails, the task stays.
func (w *writer) asserts(nd *sim.Node) []option {
	holds := w.is(nd.Op.Var, nd.Op.Value)
	return []option{
		{guard: holds, next: nd.Next[0]},
		{guard: "!(" + holds + ")", effects: []string{fmt.Sprintf("assert(%s)", w.rule(nd.Op.Rule))}, next: sim.NoNode},
	}
}

// arrival returns what changes when a task goes from one node to another besides what its operation does: the work item that it
// runs, what it waits for and relies on, and the rules that are broken.
func (w *writer) arrival(from, to *sim.Node) []string {
	var out []string
	for _, h := range from.Held {
		if h.Lock.Class.Kind == spec.WorkItem && !to.Held.Has(h.Lock, spec.Read) {
			out = append(out, fmt.Sprintf("drop(writers[%s])", w.names.Of(h.Lock)))
		}
	}
	for _, v := range w.pinned {
		was, is := slices.Contains(from.Pins, v), slices.Contains(to.Pins, v)
		switch {
		case is && !was:
			out = append(out, fmt.Sprintf("add(%s)", w.pins(v)))
		case was && !is:
			out = append(out, fmt.Sprintf("drop(%s)", w.pins(v)))
		}
	}
	if was, is := w.request(from), w.request(to); was != is {
		out = append(out, fmt.Sprintf("await(%s)", is))
	}
	for _, b := range to.Breaks {
		out = append(out, fmt.Sprintf("assert(%s)", w.rule(b.Rule)))
	}
	return out
}

// start returns how an idle task starts an actor: one whose work item another task runs has to wait for it.
func (w *writer) start(s sim.Start) option {
	to := &w.m.Nodes[s.Node]
	o := option{next: s.Node}
	for _, h := range to.Held {
		l := w.names.Of(h.Lock)
		o.guard = fmt.Sprintf("can_lock(%s)", l)
		o.effects = append(o.effects, fmt.Sprintf("add(writers[%s])", l))
	}
	o.effects = append(o.effects, w.arrival(&w.m.Nodes[0], to)...)
	return o
}
