package promela

import (
	"fmt"
	"slices"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// The modes in which a lock can be awaited.
const (
	toWrite = iota
	toRead
	toDrain
	modes
)

// condition is a value that a task waits for.
type condition struct {
	v spec.Var
	x int
}

// findRequests collects the conditions that somebody waits for.
func (w *writer) findRequests() {
	for i := range w.m.Nodes {
		o := w.m.Nodes[i].Op
		if c := (condition{o.Var, o.Value}); o.Kind == sim.OpWait && !slices.Contains(w.conditions, c) {
			w.conditions = append(w.conditions, c)
		}
	}
}

// request returns what waits[] says of a task at node n: 0 if it does not wait.
func (w *writer) request(n *sim.Node) string {
	if !n.Waits() {
		return "0"
	}
	l := w.names.Of(n.Op.Lock)
	switch n.Op.Kind {
	case sim.OpLock:
		return fmt.Sprintf("to_write(%s)", l)
	case sim.OpRLock:
		return fmt.Sprintf("to_read(%s)", l)
	case sim.OpDrain:
		return fmt.Sprintf("to_drain(%s)", l)
	}
	return fmt.Sprintf("for_value(%d)", slices.Index(w.conditions, condition{n.Op.Var, n.Op.Value}))
}

// writeWaits declares what each task waits for, and defines when it does so in vain.
func (w *writer) writeWaits() {
	w.line("")
	w.line("/* What each task waits for: 0, or one of these. */")
	w.line("byte waits[TASKS];")
	w.line("#define to_write(l)     (1 + %d * (l))", modes)
	w.line("#define to_read(l)      (2 + %d * (l))", modes)
	w.line("#define to_drain(l)     (3 + %d * (l))", modes)
	w.line("#define for_value(c)    (%d + (c))", 1+modes*len(w.locks))
	w.line("#define await(what)     waits[_pid - 1] = what")
	bits := make([]string, w.m.Tasks)
	for t := range bits {
		bits[t] = fmt.Sprintf("(waits[%[1]d] != 0) << %[1]d", t)
	}
	w.line("#define waiting         (%s)", strings.Join(bits, " | "))
	if len(w.locks) > 0 {
		w.writeBlockers()
	}
	w.writeHopeless()
}

// writeBlockers defines the set of tasks because of which one waits for a lock.
func (w *writer) writeBlockers() {
	w.line("")
	w.line("/* The tasks because of which task t waits for a lock. */")
	w.line("#define wanted(t)       ((waits[t] - 1) / %d)", modes)
	w.line("#define mode(t)         ((waits[t] - 1) %% %d)", modes)
	limited := func(array string, n int) string {
		if n == 0 {
			return "0"
		}
		return fmt.Sprintf("(wanted(t) < %d -> %s[wanted(t)] : 0)", n, array)
	}
	w.line("#define readers_of(t)   %s", limited("readers", w.shared))
	w.line("#define pending_of(t)   %s", limited("pending", w.pending))
	w.line("#define blockers(t)     (mode(t) == %d -> writers[wanted(t)] | readers_of(t) : (mode(t) == %d -> writers[wanted(t)] | pending_of(t) : readers_of(t)))", toWrite, toRead)
}

// writeHopeless defines when a task waits for what only tasks of a set could give. A holder that never moves never releases, so one is
// enough; a condition must be out of reach of every task outside.
func (w *writer) writeHopeless() {
	var cases []string
	if len(w.locks) > 0 {
		cases = append(cases, "waits[t] < for_value(0) && (blockers(t) & (set) & ~bit_of(t)) != 0")
	}
	for i, c := range w.conditions {
		text := fmt.Sprintf("waits[t] == for_value(%d) && !(%s)", i, w.is(c.v, c.x))
		if w.somebodyWrites(c) {
			text += fmt.Sprintf(" && (set) == %d", 1<<w.m.Tasks-1)
		}
		cases = append(cases, text)
	}
	if cases == nil {
		cases = []string{"false"}
	}
	w.line("")
	w.line("/* Whether task t waits, and only tasks of the set could let it go on. */")
	w.line("#define hopeless(t, set) (waits[t] != 0 && (%s))", strings.Join(cases, " || \\\n\t"))
}

// somebodyWrites tells whether some operation makes the condition true: any task outside may come to it.
func (w *writer) somebodyWrites(c condition) bool {
	return slices.ContainsFunc(w.m.Nodes, func(n sim.Node) bool {
		o := n.Op
		return (o.Kind == sim.OpWrite || o.Kind == sim.OpSwap) && o.Var == c.v && o.Value == c.x ||
			slices.Contains(o.Fresh, spec.Assign{Var: c.v, Value: c.x})
	})
}
