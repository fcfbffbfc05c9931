package report

import (
	"encoding/json"
	"fmt"
	"io"

	"memhp/sim"
)

// Random writes what random walks found.
func Random(w io.Writer, st Style, r *sim.SearchResult) error {
	p := &printer{w: w}
	p.line("%s", st.bold(wrap("kernel "+r.Kernel, 0, "  ")))
	p.line("  %s", wrap(Scope(&r.Result), 2, "  "))
	p.line("  %s", st.dim(fmt.Sprintf("seed %d, %s, %s, %.1f s", r.Seed, plural(int64(r.Runs), "walk"), plural(r.Transitions, "step"), r.Seconds)))
	p.line("  %s", st.amber(wrap(r.Limit+": what is not listed below is inconclusive", 2, "  ")))
	p.line("")
	for i, v := range r.Violations {
		p.line("  %s  %s", st.red("broken"), wrap(fmt.Sprintf("%s, found %s: %s: %s", v.Invariant, times(r.Found[i].Times), Who(v), v.Why), 10, "          "))
		p.line("          %s", st.dim(fmt.Sprintf("walk %d, %s; %s", r.Found[i].Run, plural(int64(v.Steps), "step"), platforms(v))))
		p.line("          %s", st.dim(replayCommand(v.Token, 10)))
	}
	if len(r.Violations) == 0 {
		p.line("  nothing was found broken")
	}
	return p.err
}

// times says how often something was.
func times[T int | uint64](n T) string {
	if n == 1 {
		return "once"
	}
	return plural(int64(n), "time")
}

type jsonRandom struct {
	Envelope
	Results []*sim.SearchResult `json:"results"`
}

// RandomJSON writes the same as one JSON object.
func RandomJSON(w io.Writer, r *sim.SearchResult, part *Part) error {
	return writeJSON(w, jsonRandom{envelope("random", part), []*sim.SearchResult{r}})
}

// MergeRandom puts the parts of a random search together.
func MergeRandom(parts [][]byte) (*sim.SearchResult, error) {
	var out *sim.SearchResult
	for i, data := range parts {
		var in jsonRandom
		err := json.Unmarshal(data, &in)
		if err == nil && (len(in.Results) != 1 || in.Results[0] == nil || len(in.Results[0].Found) != len(in.Results[0].Violations)) {
			err = fmt.Errorf("expected one result, with one entry in found for each violation")
		}
		if err == nil {
			err = plausible(&in.Results[0].Result)
		}
		if err == nil && i > 0 {
			err = out.Merge(in.Results[0])
		}
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		if i == 0 {
			out = in.Results[0]
		}
	}
	return out, nil
}
