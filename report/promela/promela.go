package promela

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"memhp/report/naming"
	"memhp/sim"
	"memhp/spec"
)

// Write writes the model.
func Write(out io.Writer, m *sim.Model) error {
	if m.Tasks > maxTasks {
		return fmt.Errorf("%d tasks: a set of tasks is one byte of the model, so at most %d can be exported", m.Tasks, maxTasks)
	}
	w := &writer{out: out, m: m, names: naming.New(reserved)}
	w.sortLocks()
	w.findRequests()
	if most := len(w.locks)*modes + len(w.conditions); most > 255 {
		return fmt.Errorf("%d locks and awaited conditions: what a task waits for is one byte of the model; use fewer blocks", most)
	}
	w.nameAll()
	w.header()
	w.writeRules()
	w.writeLocks()
	w.writeVars()
	w.writeWaits()
	w.writeTask()
	w.writeWatch()
	w.writeInit()
	return w.err
}

// maxTasks is the number of bits in a byte.
const maxTasks = 8

// writer writes one model, and remembers the first error.
type writer struct {
	out    io.Writer
	err    error
	m      *sim.Model
	names  *naming.Names
	labels map[int]string // of the nodes

	locks           []spec.Lock // those with pending writers first, then the others that can be held for reading
	pending, shared int         // how many these are
	conditions      []condition
	pinned          []spec.Var
	rules           []*spec.Invariant
}

func (w *writer) line(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format+"\n", args...)
	}
}

// comment makes text fit into a comment.
func comment(text string) string { return strings.ReplaceAll(text, "*/", "* /") }

func (w *writer) header() {
	var actors []string
	for _, a := range w.m.Actors {
		actors = append(actors, a.Name)
	}
	w.line("/*")
	w.line(" * The locking of memory hotplug in Linux %s: %d tasks, %d memory blocks.", comment(w.m.Kernel.String()), w.m.Tasks, w.m.Blocks)
	w.line(" * Each task runs these for ever, in any order: %s.", comment(strings.Join(actors, ", ")))
	w.line(" *")
	w.line(" * To verify:  spin -a FILE && gcc -O3 -DSAFETY -o pan pan.c && ./pan -E -m1000000")
	w.line(" * -E since a task that waits is no error by itself: process watch asserts what is. To see a counterexample: spin -t -p FILE")
	w.line(" *")
	w.line(" * A location of proctype task is a node of the automata that memhp explores; what a task does next follows from its location alone.")
	w.line(" * Each step from location to location is one transition. Sets of tasks are bits of a byte; the sets of those that hold, await or")
	w.line(" * rely on something follow from the locations, so that they add no states.")
	for _, inv := range spec.Invariants() {
		if why, ok := notCarried[inv]; ok {
			w.line(" *")
			w.line(" * Not asserted: %s, %s.", inv.ID, why)
		}
	}
	w.line(" */")
	w.line("#define TASKS %d", w.m.Tasks)
}

// notCarried are the invariants that are no property of a state or a step, and why.
var notCarried = map[*spec.Invariant]string{
	spec.Progress:  "which is a property of runs, not of states or steps",
	spec.LockOrder: "which is a property of all paths together: a cycle of requests that need not meet in one run",
}

// writeRules declares a name for each rule, which a failing assertion prints.
func (w *writer) writeRules() {
	w.line("")
	w.line("/* The invariants. A name is always false, and no part of a state: assert(... || name) prints it when it fails. Set to true,")
	w.line("   the invariant is not checked. */")
	for _, r := range w.rules {
		w.line("hidden byte %s = false;", w.rule(r))
		if r.Statement != "" {
			w.line("\t/* %s: %s */", comment(r.ID), comment(r.Statement))
		}
	}
}

// rule returns the name of an invariant.
func (w *writer) rule(r *spec.Invariant) string { return w.names.Give(r, r.ID) }

// findRules collects the invariants that the model asserts.
func (w *writer) findRules() {
	for _, inv := range spec.Invariants() {
		if _, not := notCarried[inv]; !not {
			w.rules = append(w.rules, inv)
		}
	}
	note := func(r *spec.Invariant) {
		if r != nil && !slices.Contains(w.rules, r) {
			w.rules = append(w.rules, r)
		}
	}
	for i := range w.m.Nodes {
		note(w.m.Nodes[i].Op.Rule)
		for _, b := range w.m.Nodes[i].Breaks {
			note(b.Rule)
		}
	}
}

// nameAll gives everything its name. The rules come first: what a failing assertion prints is the id with underscores.
func (w *writer) nameAll() {
	w.findRules()
	for _, r := range w.rules {
		w.rule(r)
	}
	for _, l := range w.locks {
		w.names.Give(l, l.String())
	}
	for _, v := range w.m.Vars {
		w.names.Give(v, v.String())
		for x, value := range v.Class.Values {
			w.names.Give(constant{v.Class, x}, v.Class.Name+"_"+value)
		}
	}
	w.labels = naming.Labels(w.m, w.names, "end_idle")
}

// constant is the value x of a class of variables.
type constant struct {
	class *spec.VarClass
	x     int
}

func (w *writer) value(v spec.Var, x int) string { return w.names.Of(constant{v.Class, x}) }

// stored tells whether the model has variable v: one with a single value needs no place.
func (w *writer) stored(v spec.Var) bool { return slices.Contains(w.m.Vars, v) }

// writeVars declares the shared variables, and the kernfs nodes that are visible.
func (w *writer) writeVars() {
	var classes []*spec.VarClass
	for _, v := range w.m.Vars {
		if !slices.Contains(classes, v.Class) {
			classes = append(classes, v.Class)
		}
	}
	for _, c := range classes {
		w.line("")
		w.line("/* %s */", comment(c.Name+": "+c.Doc))
		for x := range c.Values {
			w.line("#define %s %d", w.names.Of(constant{c, x}), x)
		}
		for _, v := range w.m.Vars {
			if v.Class == c {
				w.line("byte %s = %s;", w.names.Of(v), w.value(v, c.Init))
			}
		}
	}
	w.writeKernfs()
	for i := range w.m.Nodes {
		for _, v := range w.m.Nodes[i].Pins {
			if !slices.Contains(w.pinned, v) {
				w.pinned = append(w.pinned, v)
				w.line("")
				w.line("byte %s; /* who relies on %s */", w.pins(v), comment(v.String()))
			}
		}
	}
}

type pins struct{ v spec.Var }

func (w *writer) pins(v spec.Var) string { return w.names.Give(pins{v}, "rely on "+v.String()) }

// visible names the bit that tells whether a kernfs node is active.
type visible struct{ l spec.Lock }

func (w *writer) visible(l spec.Lock) string { return w.names.Give(visible{l}, l.String()+" visible") }

func (w *writer) kernfs(l spec.Lock) bool {
	return l.Class != nil && l.Class.KindIn(w.m.Kernel) == spec.KernfsActive
}

func (w *writer) writeKernfs() {
	first := true
	for _, l := range w.locks {
		if !w.kernfs(l) {
			continue
		}
		if first {
			w.line("")
			w.line("/* Whether the kernfs nodes are visible: new users can take references. */")
		}
		first = false
		if l.Block == spec.NoBlock {
			w.line("bit %s = 1;", w.visible(l))
		} else {
			w.line("bit %s;", w.visible(l))
		}
	}
}

// writeInit chooses where to start: each block is in one of the states of spec.BlockInits. One more state than package sim counts is the one before
// this choice.
func (w *writer) writeInit() {
	w.line("")
	w.line("init {")
	w.line("\tatomic {")
	for b := range spec.Block(w.m.Blocks) {
		w.line("\t\tif /* memory%d */", b)
		for _, in := range spec.BlockInits() {
			w.line("\t\t:: %s /* %s */", strings.Join(w.initBlock(b, in), "; "), in.Name)
		}
		w.line("\t\tfi;")
	}
	for range w.m.Tasks {
		w.line("\t\trun task();")
	}
	w.line("\t\trun watch()")
	w.line("\t}")
	w.line("}")
}

func (w *writer) initBlock(b spec.Block, in spec.BlockInit) []string {
	var out []string
	for _, v := range w.m.Vars {
		if x, ok := in.Values[v.Class]; ok && v.Block == b {
			out = append(out, fmt.Sprintf("%s = %s", w.names.Of(v), w.value(v, x)))
		}
	}
	for _, l := range w.locks {
		if w.kernfs(l) && l.Block == b && in.Visible {
			out = append(out, w.visible(l)+" = 1")
		}
	}
	if out == nil {
		out = []string{"skip"}
	}
	return out
}
