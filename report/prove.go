package report

import (
	"fmt"
	"io"

	"memhp/sim"
	"memhp/sim/prove"
	"memhp/spec"
)

// Prove writes the answers about any number of tasks as text.
func Prove(w io.Writer, st Style, results []*prove.Result) error {
	p := &printer{w: w}
	for i, r := range results {
		if i > 0 {
			p.line("")
		}
		p.proveOne(st, r)
	}
	return p.err
}

func (p *printer) proveOne(st Style, r *prove.Result) {
	p.line("%s", st.bold(wrap("kernel "+r.Kernel, 0, "  ")))
	p.line("  %s", wrap(proveScope(r), 2, "  "))
	p.line("  %s", st.dim(fmt.Sprintf("%s, %s, %.1f s", plural(int64(r.Nodes), "node"), plural(r.Ideals, "ideal"), r.Seconds)))
	switch r.Verdict {
	case prove.Proved:
		p.line("  %s: no number of tasks breaks a rule", st.green("proved"))
		if r.Certificate != "" {
			p.line("  %s", st.dim("certificate: "+r.Certificate))
			p.line("  %s", st.dim(wrap(fmt.Sprintf("to check it again: memhp prove --check %s %s", r.Certificate, r.Kernel), 2, "    ")))
		}
	case prove.Violated:
		p.line("  %s", st.red("violated"))
		if r.Reason != "" {
			p.line("  %s", st.amber(wrap("not known besides: "+r.Reason, 2, "  ")))
		}
		p.line("")
		for _, inv := range spec.Invariants() {
			p.proveViolations(st, r, inv)
		}
	default:
		p.line("  %s", st.amber(wrap("unknown: "+r.Reason, 2, "  ")))
	}
}

// proveViolations writes the ways in which a rule is broken.
func (p *printer) proveViolations(st Style, r *prove.Result, inv *spec.Invariant) {
	one := &sim.Result{}
	fewest := 0
	for _, v := range r.Violations {
		if v.Invariant == inv.ID {
			one.Violations = append(one.Violations, v.Violation)
			if fewest == 0 || v.Tasks < fewest {
				fewest = v.Tasks
			}
		}
	}
	if fewest > 0 {
		p.verdict(st, one, inv)
		p.line("          %s", st.dim("shown with "+plural(int64(fewest), "task")))
	}
}

// proveScope says what a verdict is about.
func proveScope(r *prove.Result) string {
	blocks := plural(int64(r.Blocks), "block")
	if r.AnyBlocks {
		blocks = "any number of blocks"
	}
	return cast(r.Actors, r.Groups, r.Platform) + ", any number of tasks, " + blocks
}

// ProveJSON writes the same as one JSON object.
func ProveJSON(w io.Writer, results []*prove.Result) error {
	return writeJSON(w, struct {
		Schema  int             `json:"schema"`
		Results []*prove.Result `json:"results"`
	}{schema, results})
}
