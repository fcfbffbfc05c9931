package report

import (
	"encoding/json"
	"fmt"
	"io"

	"memhp/sim"
	"memhp/spec"
)

type jsonHistory struct {
	Envelope
	Results []jsonRow  `json:"results"`
	Chains  []jsonLink `json:"chains"`
}

type jsonRow struct {
	*sim.Result
	Expected []string `json:"expected"`
	Smaller  bool     `json:"smaller,omitempty"`
	Agrees   bool     `json:"agrees"`
}

type jsonLink struct {
	Bug    string   `json:"bug"`
	Depth  int      `json:"depth"`
	Causes []string `json:"causes"`
	Agrees bool     `json:"agrees"`
	Wrong  []string `json:"wrong"`
	Limit  string   `json:"limit,omitempty"`
}

// HistoryJSON writes the history, or a part of it, as one JSON object.
func HistoryJSON(w io.Writer, rows []Row, links []Link, part *Part) error {
	out := jsonHistory{envelope("history", part), []jsonRow{}, []jsonLink{}}
	for _, r := range rows {
		out.Results = append(out.Results, jsonRow{r.Result, append([]string{}, r.Expected...), r.Smaller, r.Agrees()})
	}
	for _, l := range links {
		out.Chains = append(out.Chains, jsonLink{l.Bug.ID, l.Depth, append([]string{}, l.Bug.Causes...), len(l.Wrong) == 0 && l.Limit == "", append([]string{}, l.Wrong...), l.Limit})
	}
	return writeJSON(w, out)
}

// MergeHistory puts the parts of a history together, which are in order.
func MergeHistory(parts [][]byte) ([]Row, []Link, error) {
	rows, links := make([][]Row, len(parts)), make([][]Link, len(parts))
	for i, data := range parts {
		var in jsonHistory
		if err := json.Unmarshal(data, &in); err != nil {
			return nil, nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		for _, r := range in.Results {
			if r.Result == nil {
				return nil, nil, fmt.Errorf("part %d: a kernel without a result", i+1)
			}
			if err := plausible(r.Result); err != nil {
				return nil, nil, fmt.Errorf("part %d: %w", i+1, err)
			}
			rows[i] = append(rows[i], Row{Result: r.Result, Expected: r.Expected, Smaller: r.Smaller})
		}
		for _, l := range in.Chains {
			bug, err := spec.FindBug(l.Bug)
			if err != nil {
				return nil, nil, fmt.Errorf("part %d: %w", i+1, err)
			}
			links[i] = append(links[i], Link{Bug: bug, Depth: l.Depth, Wrong: l.Wrong, Limit: l.Limit})
		}
	}
	allRows, err := dealt(rows)
	if err != nil {
		return nil, nil, err
	}
	allLinks, err := dealt(links)
	return allRows, allLinks, err
}
