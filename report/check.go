package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// Check writes the results of checks as text: the verdict on each invariant, and each distinct violation in one line.
func Check(w io.Writer, st Style, results []*sim.Result) error {
	p := &printer{w: w}
	for i, r := range results {
		if i > 0 {
			p.line("")
		}
		p.checkOne(st, r)
	}
	return p.err
}

func (p *printer) checkOne(st Style, r *sim.Result) {
	p.line("%s  %s", st.bold("kernel "+r.Kernel), Scope(r))
	p.line("%s", st.dim(fmt.Sprintf("%s, %s, depth %d, %.1f s, %d MiB",
		plural(r.States, "state"), plural(r.Transitions, "step"), r.Depth, r.Seconds, r.Bytes>>20)))
	if !r.Complete {
		p.line("%s", st.amber("not complete: "+r.Limit+"; what is not broken below is inconclusive"))
	}
	p.line("")
	for _, inv := range spec.Invariants() {
		p.verdict(st, r, inv)
	}
}

func (p *printer) verdict(st Style, r *sim.Result, inv *spec.Invariant) {
	var found []sim.Violation
	for _, v := range r.Violations {
		if v.Invariant == inv.ID {
			found = append(found, v)
		}
	}
	switch {
	case len(found) > 0:
		p.line("  %s  %-36s %s", st.red("broken"), inv.ID, plural(int64(len(found)), "way"))
	case r.Complete:
		p.line("  %s   %s", st.green("holds"), inv.ID)
	default:
		p.line("  %s       %s", st.amber("?"), inv.ID)
	}
	for _, v := range found {
		p.line("          %s", wrap(fmt.Sprintf("%s: %s", Who(v), v.Why), 10, "            "))
		p.line("            %s", st.dim(fmt.Sprintf("%s; %s; memhp replay %s", plural(int64(v.Steps), "step"), platforms(v), v.Token)))
	}
}

// Scope says what a verdict is about: groups of actors, tasks and blocks.
func Scope(r *sim.Result) string {
	groups := "actors " + strings.Join(r.Actors, ", ")
	if len(r.Groups) > 0 {
		groups = "group " + strings.Join(r.Groups, ", ")
	}
	return fmt.Sprintf("%s, %s, %s", groups, plural(int64(r.Tasks), "task"), plural(int64(r.Blocks), "block"))
}

// Who names the actors and the function of a violation.
func Who(v sim.Violation) string {
	return fmt.Sprintf("%s in %s", strings.Join(v.Actors, " and "), v.Function)
}

func platforms(v sim.Violation) string {
	if len(v.Platforms) == 0 {
		return "no one platform has all these actors"
	}
	return "on " + strings.Join(v.Platforms, ", ")
}

// Heading says what is shown: the kernel, the rule, who breaks it, and on which platforms.
func Heading(w io.Writer, st Style, r *sim.Result, v sim.Violation) error {
	p := &printer{w: w}
	p.line("%s  %s", st.bold("kernel "+r.Kernel), Scope(r))
	p.line("%s  %s", st.red(v.Invariant), wrap(Who(v), len(v.Invariant)+2, "  "))
	p.line("%s", st.dim(fmt.Sprintf("%s; %s; memhp replay %s", plural(int64(v.Steps), "step"), platforms(v), v.Token)))
	p.line("")
	return p.err
}

// Others lists the violations of a result besides the one that was shown, a line each.
func Others(w io.Writer, st Style, r *sim.Result, shown int) error {
	p := &printer{w: w}
	if len(r.Violations) > 1 {
		p.line("\n%s", st.bold(fmt.Sprintf("%s besides, of the same kernel:", plural(int64(len(r.Violations)-1), "violation"))))
	}
	for i, v := range r.Violations {
		if i != shown {
			p.line("  %s", cut(fmt.Sprintf("%-34s %s", v.Invariant, Who(v)), Width-2))
		}
	}
	return p.err
}
