package report

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"memhp/sim"
)

// Mutants writes what became of the mutants of a kernel: those that survived and those that are tolerated one by one, the others counted.
func Mutants(w io.Writer, st Style, r *sim.MutationReport) error {
	p := &printer{w: w}
	p.line("%s", st.bold(wrap("kernel "+r.Kernel, 0, "  ")))
	p.line("  %s", plural(int64(r.Mutants), "mutant"))
	p.line("  %4d killed      break a rule that the kernel keeps", len(r.Killed))
	p.line("  %4d equivalent  do what the kernel does", len(r.Equivalent))
	p.line("  %4d tolerated   keep all rules, for a known reason", len(r.Tolerated))
	p.line("  %4d undecided   came to a limit first", len(r.Undecided))
	p.line("  %4d survived    keep all rules, and nobody says why", len(r.Survived))
	p.killers(r)
	p.mutants("tolerated", r.Tolerated)
	p.mutants("undecided", r.Undecided)
	p.mutants("survived", r.Survived)
	return p.err
}

// killers counts the mutants by the first invariant that they break.
func (p *printer) killers(r *sim.MutationReport) {
	count := map[string]int64{}
	for _, m := range r.Killed {
		count[strings.Join(m.Breaks, ", ")]++
	}
	p.line("\nkilled by")
	for _, by := range slices.Sorted(maps.Keys(count)) {
		p.line("  %4d %s", count[by], wrap(by, 7, strings.Repeat(" ", 9)))
	}
}

func (p *printer) mutants(title string, ms []sim.Mutant) {
	if len(ms) == 0 {
		return
	}
	p.line("\n%s", title)
	for _, m := range ms {
		p.line("  %s", wrap(m.String(), 2, "      "))
		if m.Reason != "" {
			p.line("      %s", wrap(m.Reason, 6, "      "))
		}
	}
}

// MutantsJSON writes the same as JSON.
func MutantsJSON(w io.Writer, r *sim.MutationReport) error {
	list := func(ms []sim.Mutant) []sim.Mutant {
		if ms == nil {
			return []sim.Mutant{}
		}
		return ms
	}
	out := struct {
		Schema     int          `json:"schema"`
		Kernel     string       `json:"kernel"`
		Actors     []string     `json:"actors"`
		Mutants    int          `json:"mutants"`
		Killed     int          `json:"killed"`
		Equivalent int          `json:"equivalent"`
		Tolerated  []sim.Mutant `json:"tolerated"`
		Survived   []sim.Mutant `json:"survived"`
		Undecided  []sim.Mutant `json:"undecided"`
		// KilledBy are the killed mutants with what they break.
		KilledBy []sim.Mutant `json:"killed_by"`
	}{1, r.Kernel, r.Actors, r.Mutants, len(r.Killed), len(r.Equivalent), list(r.Tolerated), list(r.Survived), list(r.Undecided), list(r.Killed)}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
