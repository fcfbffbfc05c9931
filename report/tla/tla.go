package tla

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"memhp/report/naming"
	"memhp/sim"
	"memhp/spec"
)

// Module is the name of the module; its file must be Module.tla.
const Module = "memhp"

// Write writes the module.
func Write(out io.Writer, m *sim.Model) error {
	w := newWriter(out, m)
	w.header()
	w.constants()
	w.line("%s", definitions)
	w.writeWants()
	w.line("%s", deadlock)
	w.writeInit()
	w.writeActions()
	w.writeInvariants()
	w.line("%s", strings.Repeat("=", 78))
	return w.err
}

// WriteConfig writes the configuration for TLC.
func WriteConfig(out io.Writer, m *sim.Model) error {
	w := newWriter(out, m)
	w.line("\\* For TLC: java -cp tla2tools.jar tlc2.TLC -config %[1]s.cfg %[1]s.tla", Module)
	w.line("CONSTANT Tasks = {%s}", strings.Join(w.tasks(), ", "))
	w.line("SPECIFICATION Spec")
	w.line("SYMMETRY Symmetry")
	w.line("\\* A task that waits is no error by itself: no_deadlock says what is.")
	w.line("CHECK_DEADLOCK FALSE")
	w.line("INVARIANTS")
	for _, name := range w.invariants() {
		w.line("  %s", name)
	}
	return w.err
}

// writer writes one module, and remembers the first error.
type writer struct {
	out    io.Writer
	err    error
	m      *sim.Model
	names  *naming.Names
	labels map[int]string // of the nodes
	rules  []*spec.Invariant
}

func newWriter(out io.Writer, m *sim.Model) *writer {
	w := &writer{out: out, m: m, names: naming.New(reserved)}
	w.findRules()
	for _, r := range w.rules { // first, so that they have their ids
		w.names.Give(r, r.ID)
	}
	w.labels = naming.Labels(m, w.names, "idle")
	return w
}

// reserved are the words of TLA+, and those that this package defines.
const reserved = `ACTION ASSUME ASSUMPTION AXIOM BOOLEAN BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN ELSE ENABLED EXCEPT
	EXTENDS FALSE HAVE HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL MODULE NEW OBVIOUS OMITTED OTHER PICK PROOF PROPOSITION PROVE QED RECURSIVE SF_ STATE
	STRING SUBSET SUFFICES TAKE TEMPORAL THEN THEOREM TRUE UNCHANGED UNION USE VARIABLE VARIABLES WF_ WITH WITNESS
	memhp Tasks Locks Nodes Variables Places pc writers readers pending relies visible mem vars t l S v x n
	At Goto CanLock CanRead CanDownRead CanDrain Untaken Unwritten Unannounced AloneOn Wants Stuck Init Next Spec Symmetry TypeOK
	Pinned answers_known`

func (w *writer) line(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format+"\n", args...)
	}
}

// comment makes text fit into a comment.
func comment(text string) string {
	return strings.NewReplacer("*)", "* )", "(*", "( *", "\n", " ").Replace(text)
}

func (w *writer) tasks() []string {
	out := make([]string, w.m.Tasks)
	for i := range out {
		out[i] = fmt.Sprintf("T%d", i+1)
	}
	return out
}

func (w *writer) header() {
	var actors []string
	for _, a := range w.m.Actors {
		actors = append(actors, a.Name)
	}
	dashes := strings.Repeat("-", 32)
	w.line("%s MODULE %s %s", dashes, Module, dashes)
	w.line("(*")
	w.line("  The locking of memory hotplug in Linux %s. Tasks: %d. Memory blocks: %d.", comment(w.m.Kernel.String()), w.m.Tasks, w.m.Blocks)
	w.line("  Each task runs these for ever, in any order: %s.", comment(strings.Join(actors, ", ")))
	w.line("")
	w.line("  An action is a node of the automata that memhp explores: what a task does next follows from pc alone. Invariants are at the end.")
	for _, inv := range spec.Invariants() {
		if why, ok := notCarried[inv]; ok {
			w.line("  Not carried: %s, %s.", inv.ID, why)
		}
	}
	w.line("*)")
	w.line("EXTENDS FiniteSets, TLC")
}

// notCarried are the invariants that are no predicate of a state, and why.
var notCarried = map[*spec.Invariant]string{
	spec.LockOrder: "which is a property of all paths together: a cycle of requests that need not meet in one run",
	spec.Progress:  "which is a property of runs, not of states",
}

// constants declares what there is.
func (w *writer) constants() {
	var locks, nodes, vars []string
	for _, l := range w.m.Locks {
		locks = append(locks, quote(l))
		if w.kernfs(l) {
			nodes = append(nodes, quote(l))
		}
	}
	for _, v := range w.m.Vars {
		vars = append(vars, quote(v))
	}
	w.line("\nCONSTANT Tasks")
	w.line("\nLocks == %s", set(locks, len("Locks == ")))
	w.line("\n\\* The kernfs nodes, by the locks that stand for their active references.")
	w.line("Nodes == %s", set(nodes, len("Nodes == ")))
	w.line("\nVariables == %s", set(vars, len("Variables == ")))
	w.line("\n\\* What some task relies on. It need not be a variable: of the memory map nobody asks more than that it stays as it is.")
	w.line("Pinned == %s", set(w.pinned(), len("Pinned == ")))
}

// quote writes the name of a lock, a variable or a value.
func quote(thing any) string { return fmt.Sprintf("%q", fmt.Sprint(thing)) }

func (w *writer) kernfs(l spec.Lock) bool {
	return l.Class != nil && l.Class.KindIn(w.m.Kernel) == spec.KernfsActive
}

// pinned returns what some task relies on.
func (w *writer) pinned() []string {
	var out []string
	for i := range w.m.Nodes {
		for _, v := range w.m.Nodes[i].Pins {
			if q := quote(v); !slices.Contains(out, q) {
				out = append(out, q)
			}
		}
	}
	return out
}

// announces tells whether writers announce themselves to the lock.
func (w *writer) announces(l spec.Lock) bool {
	return l.Class.KindIn(w.m.Kernel).PendingWriterBlocksReaders()
}

// stored tells whether the model has variable v: one with a single value needs no place.
func (w *writer) stored(v spec.Var) bool { return slices.Contains(w.m.Vars, v) }

func value(v spec.Var, x int) string { return quote(v.ValueName(x)) }

// writeInit writes where a run starts: each block is in one of the states of spec.BlockInits.
func (w *writer) writeInit() {
	var inits, blocks []string
	for _, in := range spec.BlockInits() {
		inits = append(inits, quote(in.Name))
	}
	for b := range w.m.Blocks {
		blocks = append(blocks, fmt.Sprintf("b%d", b))
	}
	w.line("\n\\* Where a run starts: each block is in one of these states.")
	w.line("Init ==\n    /\\ pc = [t \\in Tasks |-> \"idle\"]")
	for _, v := range []string{"writers", "readers", "pending"} {
		w.line("    /\\ %s = [l \\in Locks |-> {}]", v)
	}
	w.line("    /\\ relies = [v \\in Pinned |-> {}]")
	w.line("    /\\ \\E %s \\in {%s} :", strings.Join(blocks, ", "), strings.Join(inits, ", "))
	w.line("        /\\ visible = [n \\in Nodes |->%s]", w.cases("n", w.visibleAtFirst()))
	w.line("        /\\ mem = [v \\in Variables |->%s]", w.cases("v", w.valuesAtFirst()))
}

// cases writes a function by cases; with none it has an empty domain, and any value will do.
func (w *writer) cases(variable string, cases [][2]string) string {
	if len(cases) == 0 {
		return " FALSE"
	}
	var lines []string
	for _, c := range cases {
		lines = append(lines, fmt.Sprintf("%s = %s -> %s", variable, c[0], c[1]))
	}
	const indent = "\n            "
	return strings.TrimPrefix(indent, " ") + "   CASE " + strings.Join(lines, indent+"     [] ")
}

func (w *writer) visibleAtFirst() [][2]string {
	var shown []string
	for _, in := range spec.BlockInits() {
		if in.Visible {
			shown = append(shown, quote(in.Name))
		}
	}
	var out [][2]string
	for _, l := range w.m.Locks {
		if w.kernfs(l) {
			out = append(out, [2]string{quote(l), fmt.Sprintf("b%d \\in {%s}", l.Block, strings.Join(shown, ", "))})
		}
	}
	return out
}

func (w *writer) valuesAtFirst() [][2]string {
	var out [][2]string
	for _, v := range w.m.Vars {
		var by []string
		for _, in := range spec.BlockInits() {
			x, ok := in.Values[v.Class]
			if !ok {
				x = v.Class.Init
			}
			by = append(by, in.Name+" |-> "+value(v, x))
		}
		text := value(v, v.Class.Init)
		if v.Block != spec.NoBlock {
			text = fmt.Sprintf("[%s][b%d]", strings.Join(by, ", "), v.Block)
		}
		out = append(out, [2]string{quote(v), text})
	}
	return out
}
