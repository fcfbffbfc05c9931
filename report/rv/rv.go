// Package rv writes the rules of contracts as deterministic automata for the kernel's runtime verification (Documentation/trace/rv): rvgen
// makes a monitor of each, which watches a running kernel. It decides nothing.
//
// There is one automaton for each invariant and lock, since small monitors are what that documentation advises. Each watches one task: whether
// the task holds the lock, and which functions it enters. A clause says what a caller must, or must not, hold; that a function takes a lock
// itself is no matter of its caller and is left out.
package rv

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"memhp/spec"
)

// Monitor is one automaton.
type Monitor struct {
	// Name is that of the monitor and of its file, without .dot.
	Name string
	Rule *spec.Invariant
	Lock *spec.LockClass

	kernel    spec.Kernel
	mode      spec.Mode        // in which the lock must be held
	required  []*spec.Function // whose caller must hold it
	forbidden []*spec.Function // whose caller must not
}

// maxName is MAX_DA_NAME_LEN - 1, include/linux/rv.h.
const maxName = 31

// Monitors returns the automata of a kernel. Locks of which there is one for each memory block are left out: a monitor of a task has no place
// for which of them the task holds.
func Monitors(k spec.Kernel) ([]*Monitor, error) {
	var out []*Monitor
	for _, f := range spec.Functions() {
		for _, c := range f.Contract(k) {
			if c.Demand == spec.Takes || c.Lock.Scope == spec.PerBlock {
				continue
			}
			i := slices.IndexFunc(out, func(m *Monitor) bool { return m.Rule == c.Rule && m.Lock == c.Lock })
			if i < 0 {
				out = append(out, &Monitor{Name: nameOf(c), Rule: c.Rule, Lock: c.Lock, kernel: k, mode: c.Mode})
				i = len(out) - 1
			}
			if err := out[i].add(f, c); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (m *Monitor) add(f *spec.Function, c spec.Clause) error {
	switch {
	case len(m.Name) > maxName:
		return fmt.Errorf("monitor %s: the kernel allows %d characters", m.Name, maxName)
	case c.Mode != m.mode:
		return fmt.Errorf("monitor %s: clauses in both modes", m.Name)
	case c.Demand == spec.Requires:
		m.required = append(m.required, f)
	default:
		m.forbidden = append(m.forbidden, f)
	}
	return nil
}

// nameOf joins the words of the rule that the lock has not, and the lock.
func nameOf(c spec.Clause) string {
	lock := strings.TrimSuffix(c.Lock.Name, "_lock")
	var words []string
	for _, w := range strings.Split(c.Rule.ID, "-") {
		if w != "lock" && !slices.Contains(strings.Split(lock, "_"), w) {
			words = append(words, w)
		}
	}
	return strings.Join(append(words, lock), "_")
}

// Statement says what the monitor watches.
func (m *Monitor) Statement() string {
	var parts []string
	if len(m.required) > 0 {
		parts = append(parts, names(m.required)+" only while the task holds "+m.Lock.Name+m.how())
	}
	if len(m.forbidden) > 0 {
		parts = append(parts, names(m.forbidden)+" only while the task does not hold "+m.Lock.Name)
	}
	return strings.Join(parts, "; ")
}

func (m *Monitor) how() string {
	if m.mode == spec.Write && m.Lock.KindIn(m.kernel).Shared() {
		return " for writing"
	}
	return ""
}

func names(fs []*spec.Function) string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Name+"()")
	}
	return strings.Join(out, ", ")
}

// readers tells whether the monitor watches readers of the lock, too: where any mode counts, and unless readers nest, which an automaton
// cannot count.
func (m *Monitor) readers() bool {
	kind := m.Lock.KindIn(m.kernel)
	return m.mode == spec.Read && kind.Shared() && !kind.ReadersNest()
}

// The states.
const (
	free    = "free"
	held    = "held"
	reading = "reading"
)

// edge is a transition.
type edge struct{ from, event, to string }

// edges returns the transitions of the automaton.
func (m *Monitor) edges() []edge {
	name := m.Lock.Name
	out := []edge{{free, name + "_acquire", held}, {held, name + "_release", free}}
	if m.readers() {
		out = append(out, edge{free, name + "_read_acquire", reading}, edge{reading, name + "_read_release", free})
	}
	for _, f := range m.required {
		out = append(out, edge{held, f.Name, held})
		if m.readers() {
			out = append(out, edge{reading, f.Name, reading})
		}
	}
	for _, f := range m.forbidden {
		out = append(out, edge{free, f.Name, free})
	}
	return out
}

func (m *Monitor) states() []string {
	if m.readers() {
		return []string{free, held, reading}
	}
	return []string{free, held}
}

// Write writes the automaton as rvgen reads it: tools/verification/rvgen/rvgen/automata.py, v7.1.
func (m *Monitor) Write(w io.Writer) error {
	p := &printer{w: w}
	p.line("digraph state_automaton {")
	p.line("\t/* Linux %s: %s. */", m.kernel, m.Statement())
	p.line("\t/* Rule %s of memhp: %s. */", m.Rule.ID, m.Rule.Statement)
	p.line("\t/* %s_acquire comes once the task has the lock%s, and %s_release before it gives it back; the other events are entries of functions. */", m.Lock.Name, m.how(), m.Lock.Name)
	if m.mode == spec.Read && m.Lock.KindIn(m.kernel).ReadersNest() {
		p.line("\t/* That a task reads %s is not watched: in this kernel readers nest. */", m.Lock.Name)
	}
	p.line("\t/* rvgen monitor -c da -s %s.dot -t per_task */", m.Name)
	p.line("\tcenter = true;")
	p.line("\tsize = \"7,11\";")
	for _, s := range m.states()[1:] {
		p.line("\t{node [shape = circle] %q};", s)
	}
	p.line("\t{node [shape = plaintext, style=invis, label=\"\"] \"__init_%s\"};", free)
	p.line("\t{node [shape = doublecircle] %q};", free)
	p.line("\t\"__init_%s\" -> %q;", free, free)
	for _, s := range m.states() {
		p.line("\t%q [label = %q];", s, s)
	}
	for _, e := range m.edges() {
		p.line("\t%q -> %q [ label = %q ];", e.from, e.to, e.event)
	}
	p.line("\t{ rank = min ;\n\t\t\"__init_%s\";\n\t\t%q;\n\t}\n}", free, free)
	return p.err
}

// printer writes lines, and remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
