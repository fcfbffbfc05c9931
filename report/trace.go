package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"memhp/conform"
)

// Trace writes the verdict on a trace: each rule, each violation with its line, and what was not covered.
func Trace(w io.Writer, st Style, name string, r conform.Report) error {
	p := &printer{w: w}
	p.line("%s  %s", verdictText(st, r.Verdict), st.dim("rules of "+r.Kernel))
	p.line("%s", st.bold(wrap(name, 0, "  ")))
	p.line("%s", st.dim(fmt.Sprintf("%s in %s, %s lost, %s not understood%s", plural(int64(r.Events), "event"),
		plural(int64(r.Lines), "line"), grouped(int64(r.Lost)), plural(int64(r.UnknownLines), "line"), firstUnknown(r))))
	for _, reason := range r.Reasons {
		p.line("  %s", st.amber(wrap(reason, 2, "    ")))
	}
	p.line("")
	for _, rule := range r.Rules {
		p.line("  %-36s %s", rule.Invariant, ruleText(st, rule))
		if rule.NotCovered != "" {
			p.line("      %s", st.amber(wrap("not covered: "+rule.NotCovered, 6, "        ")))
		}
	}
	for _, k := range kinds(r.Violations) {
		v := k[0]
		where := fmt.Sprintf("line %d, time %s", v.Line, v.Time)
		if len(k) > 1 {
			where += fmt.Sprintf(", and %d more", len(k)-1)
		}
		p.line("")
		p.line("  %s: %s in %s()", st.red(where), v.Invariant, v.Function)
		p.line("    %s", wrap(v.Task+": "+v.Detail, 4, "    "))
		p.line("    %s", st.dim("holds "+list(v.Held)))
	}
	if more := r.Total - len(r.Violations); more > 0 {
		p.line("  and %s", plural(int64(more), "more violation"))
	}
	return p.err
}

func firstUnknown(r conform.Report) string {
	if r.FirstUnknown == 0 {
		return ""
	}
	return fmt.Sprintf(", line %d the first", r.FirstUnknown)
}

// blockOf is the block in the name of a lock.
var blockOf = regexp.MustCompile(`\(memory\d+\)`)

// kinds puts violations together that differ only in when they happened, who did it, and to which block: a defect of one line shows hundreds of
// times in a long trace.
func kinds(all []conform.Violation) [][]conform.Violation {
	var out [][]conform.Violation
	at := map[string]int{}
	for _, v := range all {
		key := v.Invariant + "\n" + v.Function + "\n" + blockOf.ReplaceAllString(v.Detail+"\n"+list(v.Held), "")
		i, ok := at[key]
		if !ok {
			i, out = len(out), append(out, nil)
			at[key] = i
		}
		out[i] = append(out[i], v)
	}
	return out
}

func ruleText(st Style, r conform.RuleReport) string {
	var parts []string
	if r.Broken > 0 {
		parts = append(parts, st.red("broken "+times(r.Broken)))
	}
	if r.Kept > 0 {
		parts = append(parts, st.green("kept "+times(r.Kept)))
	}
	if r.Undecided > 0 {
		parts = append(parts, st.amber("undecided "+times(r.Undecided)))
	}
	if r.Before > 0 {
		parts = append(parts, st.dim(fmt.Sprintf("%d in what began before the trace", r.Before)))
	}
	if len(parts) == 0 {
		return st.dim("not exercised")
	}
	return strings.Join(parts, ", ")
}

// TraceJSON writes the verdict on a trace as one JSON object.
func TraceJSON(w io.Writer, r conform.Report) error { return writeJSON(w, r) }
