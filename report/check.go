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
		p.coverage(st, r)
	}
	return p.err
}

func (p *printer) checkOne(st Style, r *sim.Result) {
	p.line("%s", st.bold(wrap("kernel "+r.Kernel, 0, "  ")))
	p.line("  %s", wrap(Scope(r), 2, "  "))
	p.line("  %s", st.dim(fmt.Sprintf("%s, %s, depth %d, %.1f s, %d MiB",
		plural(r.States, "state"), plural(r.Transitions, "step"), r.Depth, r.Seconds, r.Bytes>>20)))
	if r.Complete {
		p.line("  complete: every reachable state was seen")
	} else {
		p.line("  %s", st.amber(wrap("not complete: "+r.Limit+"; what is not broken below is inconclusive", 2, "  ")))
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
		p.line("            %s", st.dim(wrap(fmt.Sprintf("%s; %s", plural(int64(v.Steps), "step"), platforms(v)), 12, "            ")))
		p.line("            %s", st.dim(replayCommand(v.Token, 12)))
	}
}

// Scope says what a verdict is about: groups of actors, tasks and blocks.
func Scope(r *sim.Result) string {
	return fmt.Sprintf("%s, %s, %s", cast(r.Actors, r.Groups, r.Platform), plural(int64(r.Tasks), "task"), plural(int64(r.Blocks), "block"))
}

// cast says who acts, and where.
func cast(actors, groups []string, platform string) string {
	var who string
	switch {
	case len(groups) > 0:
		who = "group " + strings.Join(groups, ", ")
	case len(actors) > 0:
		who = "actors " + strings.Join(actors, ", ")
	default:
		who = "no actors"
	}
	if platform != "" {
		who += " on " + platform
	}
	return who
}

// Who names the actors and the function of a violation.
func Who(v sim.Violation) string {
	return fmt.Sprintf("%s in %s", strings.Join(v.Actors, " and "), v.Function)
}

func platforms(v sim.Violation) string {
	switch len(v.Platforms) {
	case 0:
		return "no one platform has all these actors"
	case len(sim.Platforms()):
		return "on every platform"
	}
	return "on " + strings.Join(v.Platforms, ", ")
}

// Heading says what is shown: the kernel, the rule, who breaks it, on which platforms, and what was checked.
func Heading(w io.Writer, st Style, r *sim.Result, v sim.Violation) error {
	p := &printer{w: w}
	p.line("%s", wrap("kernel "+r.Kernel+": "+v.Invariant+" is broken", 0, "  "))
	item := func(label, text string) {
		p.line("  %s %s", st.bold(fmt.Sprintf("%-9s", label)), wrap(text, 12, strings.Repeat(" ", 12)))
	}
	item("by", strings.Join(v.Actors, " and "))
	item("in", v.Function)
	item("where", platforms(v))
	item("checked", Scope(r))
	item("shown", fmt.Sprintf("%s, from: %s", plural(int64(v.Steps), "scheduling step"), v.Initial))
	p.line("  %s %s", st.bold("again    "), replayCommand(v.Token, 12))
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
			p.line("  %-34s %s", v.Invariant, wrap(Who(v), 37, strings.Repeat(" ", 39)))
		}
	}
	return p.err
}
