package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/conform/drift"
)

// Drift writes what a comparison of the specification with a source tree found.
func Drift(w io.Writer, st Style, r *drift.Report) error {
	p := &printer{w: w}
	from := ""
	if r.Version != "" {
		from = ", for a tree that says " + r.Version
	}
	p.line("%s", st.bold("kernel "+r.Kernel+from))
	for _, d := range r.Drifts {
		at := d.File
		if d.Line > 0 {
			at = fmt.Sprintf("%s:%d", d.File, d.Line)
		}
		p.line("  %s  %s", st.red(d.Function+"()"), at)
		if d.Line == 0 {
			p.line("      %s", "the source does not have it")
		}
		p.calls("the specification alone", d.Spec)
		p.calls("the source alone", d.Source)
	}
	for _, s := range r.Skipped {
		p.line("  %s", st.dim(wrap(s.Function+"(): not compared: "+s.Reason, 2, "      ")))
	}
	p.line("%s", verdict(st, r))
	return p.err
}

// DriftJSON writes the same as one JSON object.
func DriftJSON(w io.Writer, r *drift.Report) error {
	return writeJSON(w, struct {
		Schema int `json:"schema"`
		*drift.Report
	}{schema, r})
}

func (p *printer) calls(who string, calls []string) {
	if len(calls) > 0 {
		p.line("      %s", wrap(who+": "+strings.Join(calls, ", "), 6, "        "))
	}
}

func verdict(st Style, r *drift.Report) string {
	if len(r.Drifts) == 0 {
		return st.green(fmt.Sprintf("The lock calls of %d functions are what the specification says.", r.Compared))
	}
	return st.red(fmt.Sprintf("Of %d functions %d do not match.", r.Compared, len(r.Drifts)))
}
