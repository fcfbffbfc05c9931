package report

import (
	"encoding/json"
	"fmt"
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

type jsonMutants struct {
	Envelope
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
}

// MutantsJSON writes the same, or that of a part of the mutants, as JSON. The lists are sorted, so that they do not depend on the parts.
func MutantsJSON(w io.Writer, r *sim.MutationReport, part *Part) error {
	list := func(ms []sim.Mutant) []sim.Mutant {
		return append([]sim.Mutant{}, slices.SortedStableFunc(slices.Values(ms), func(a, b sim.Mutant) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })...)
	}
	return writeJSON(w, jsonMutants{envelope("mutate", part), r.Kernel, r.Actors, r.Mutants, len(r.Killed), len(r.Equivalent),
		list(r.Tolerated), list(r.Survived), list(r.Undecided), list(r.Killed)})
}

// MergeMutants puts the parts of a mutation test together. Of the equivalent mutants only their number is known.
func MergeMutants(parts [][]byte) (*sim.MutationReport, error) {
	out := &sim.MutationReport{}
	for i, data := range parts {
		var in jsonMutants
		if err := json.Unmarshal(data, &in); err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		if i > 0 && (in.Kernel != out.Kernel || !slices.Equal(in.Actors, out.Actors)) {
			return nil, fmt.Errorf("part %d is of another kernel or other actors than part 1", i+1)
		}
		out.Kernel, out.Actors, out.Mutants = in.Kernel, in.Actors, out.Mutants+in.Mutants
		out.Killed, out.Equivalent = append(out.Killed, in.KilledBy...), append(out.Equivalent, make([]sim.Mutant, max(0, in.Equivalent))...)
		out.Tolerated, out.Survived, out.Undecided = append(out.Tolerated, in.Tolerated...), append(out.Survived, in.Survived...), append(out.Undecided, in.Undecided...)
	}
	return out, nil
}
