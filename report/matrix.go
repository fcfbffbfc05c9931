package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// Row is a kernel of the history with what was found and what the specification documents.
type Row struct {
	Result *sim.Result
	// Expected are the ids of the invariants that the specification documents as broken.
	Expected []string
	// Smaller tells that the check was smaller than the one that the specification documents: what it finds must be documented,
	// but it need not find everything.
	Smaller bool
}

// Agrees tells whether what was found is what is documented.
func (r Row) Agrees() bool {
	found := r.Result.Broken()
	if r.Smaller {
		return r.Result.Complete && !r.Undocumented()
	}
	return slices.Equal(sorted(found), sorted(r.Expected)) && (r.Result.Complete || len(found) == len(spec.Invariants()))
}

// Undocumented tells whether something was found broken that is documented to hold; that counts even if the check is not complete.
func (r Row) Undocumented() bool {
	return slices.ContainsFunc(r.Result.Broken(), func(id string) bool { return !slices.Contains(r.Expected, id) })
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// Matrix writes the history: every kernel against every invariant, then each broken one with its shortest interleaving.
func Matrix(w io.Writer, st Style, rows []Row, verbose bool) error {
	p := &printer{w: w}
	p.line("%s", st.bold("Kernels against the invariants, group core"))
	p.line("")
	invs := spec.Invariants()
	p.line("  %-31s %s  %s", "kernel", columnHeads(len(invs)), "checked (tasks x blocks)")
	for _, r := range rows {
		p.matrixRow(st, r)
	}
	p.line("")
	p.line("  %s broken   %s holds   %s not decided   %s differs from what the specification documents", st.red("X"), st.green("."), st.amber("?"), st.red("!"))
	if slices.ContainsFunc(rows, func(r Row) bool { return r.Smaller }) {
		p.line("  %s documented as broken, and not found: this is a smaller check than the documented one", st.amber("-"))
	}
	for i, inv := range invs {
		p.line("  %s %-35s %s", string(rune('a'+i)), inv.ID, wrap(inv.Source, 40, strings.Repeat(" ", 40)))
	}
	shown := map[string]sim.Violation{}
	for _, r := range rows {
		if len(r.Result.Violations) > 0 {
			p.brokenCells(st, r, shown, verbose)
		}
	}
	p.line("")
	p.summary(st, rows)
	return p.err
}

func columnHeads(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(string(rune('a'+i)) + " ")
	}
	return strings.TrimSpace(b.String())
}

func (p *printer) matrixRow(st Style, r Row) {
	found := r.Result.Broken()
	var cells []string
	for _, inv := range spec.Invariants() {
		is, should := slices.Contains(found, inv.ID), slices.Contains(r.Expected, inv.ID)
		switch {
		case is && should:
			cells = append(cells, st.red("X"))
		case should && !is && r.Smaller && r.Result.Complete:
			cells = append(cells, st.amber("-"))
		case is != should && (is || r.Result.Complete):
			cells = append(cells, st.red("!"))
		case r.Result.Complete:
			cells = append(cells, st.green("."))
		default:
			cells = append(cells, st.amber("?"))
		}
	}
	for i, line := range kernelLines(rowName(r.Result.Kernel)) {
		if i == 0 {
			p.line("  %-31s %s  %s", line, strings.Join(cells, " "), checked(r.Result))
			continue
		}
		p.line("  %s", line)
	}
}

// rowName names the releases that a row stands for.
func rowName(kernel string) string {
	if l, ok := spec.LineOf(kernel); ok {
		return l.String()
	}
	return kernel
}

// kernelLines breaks the name of a kernel with many changes.
func kernelLines(name string) []string {
	var out []string
	for len(name) > 31 {
		at := strings.LastIndexAny(name[:31], "+-")
		out, name = append(out, name[:at]), "    "+name[at:]
	}
	return append(out, name)
}

func checked(r *sim.Result) string {
	return fmt.Sprintf("%dx%d: %s", r.Tasks, r.Blocks, plural(r.States, "state"))
}

// brokenCells shows the shortest counterexample of each broken invariant of a kernel, unless the last kernel that breaks it was shown with the same.
func (p *printer) brokenCells(st Style, r Row, shown map[string]sim.Violation, verbose bool) {
	p.line("")
	p.line("%s", st.bold("kernel "+rowName(r.Result.Kernel)))
	for _, id := range r.Result.Broken() {
		v, more := shortest(r.Result, id)
		before := shown[id]
		shown[id] = v
		if before.Same(v) && !verbose {
			p.line("  %s: as above, by %s", st.red(id), Who(v))
			continue
		}
		p.line("  %s: %s", st.red(id), wrap(Who(v)+": "+v.Why, len(id)+4, "      "))
		p.line("      %s", wrap(Compact(v), 6, "        "))
		p.line("      %s", st.dim(fmt.Sprintf("%s%s", plural(int64(v.Steps), "step"), otherWays(more))))
		p.line("      %s", st.dim(replayCommand(v.Token, 6)))
		if verbose {
			p.err = firstError(p.err, Interleaving(p.w, st, v))
			p.line("")
		}
	}
}

func otherWays(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %s)", plural(int64(n), "other way"))
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// shortest returns the violation of an invariant with the fewest steps, and how many others there are.
func shortest(r *sim.Result, id string) (best sim.Violation, others int) {
	n := 0
	for _, v := range r.Violations {
		if v.Invariant == id {
			if n == 0 || v.Steps < best.Steps {
				best = v
			}
			n++
		}
	}
	return best, n - 1
}

// Compact writes an interleaving on a line: what each task does to locks and shared state, in order.
func Compact(v sim.Violation) string {
	var parts []string
	last := 0
	for i, s := range v.Trace {
		if !interesting(s) || !s.Breaks && !s.Blocked && !telling(s) && !handedOver(v.Trace[i:]) {
			continue
		}
		text := Phrase(s)
		if s.Blocked {
			text += " (for ever)"
		}
		if s.Task != last {
			text = fmt.Sprintf("T%d: %s", s.Task, text)
			last = s.Task
		}
		parts = append(parts, text)
	}
	return strings.Join(elide(parts, maxCompact), "; ")
}

// maxCompact bounds the operations of a compact interleaving.
const maxCompact = 14

func elide(parts []string, n int) []string {
	if len(parts) <= n {
		return parts
	}
	out := slices.Clone(parts[:n/2])
	out = append(out, fmt.Sprintf("… %d more …", len(parts)-n))
	return append(out, parts[len(parts)-n/2:]...)
}

// handedOver tells whether the first step releases a lock that another task then takes.
func handedOver(trace []sim.Step) bool {
	s := trace[0]
	return s.Op == "unlock" && slices.ContainsFunc(trace[1:], func(t sim.Step) bool {
		return t.Task != s.Task && t.Object == s.Object && (t.Op == "lock" || t.Op == "rlock" || t.Op == "trylock")
	})
}

// telling tells whether a step belongs into a compact interleaving.
func telling(s sim.Step) bool {
	switch s.Op {
	case "lock", "rlock", "trylock", "write", "swap", "pin", "drain":
		return true
	}
	return false
}

func (p *printer) summary(st Style, rows []Row) {
	differ := 0
	for _, r := range rows {
		if r.Agrees() {
			continue
		}
		differ++
		p.line("%s", st.red(wrap(fmt.Sprintf("%s: found broken: %s; documented: %s%s", r.Result.Kernel, list(r.Result.Broken()), list(r.Expected), incomplete(r.Result)), 0, "  ")))
	}
	if differ == 0 {
		p.line("%s", st.green(fmt.Sprintf("All %d kernels are as the specification documents.", len(rows))))
	}
}

func incomplete(r *sim.Result) string {
	if r.Complete {
		return ""
	}
	return "; not complete: " + r.Limit
}

func list(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}
