package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

type jsonBackport struct {
	Envelope
	Kernel     string            `json:"kernel"`
	Broken     []string          `json:"broken"`
	Sets       []jsonBackportSet `json:"sets"`
	Candidates int               `json:"candidates"`
	Complete   bool              `json:"complete"`
	Limit      string            `json:"limit,omitempty"`
	Pivots     []string          `json:"pivots,omitempty"`
}

type jsonBackportSet struct {
	Changes []string      `json:"changes"`
	Newest  string        `json:"newest,omitempty"`
	Check   *sim.Result   `json:"check"`
	Without []jsonWithout `json:"without"`
}

type jsonWithout struct {
	Change string   `json:"change"`
	Also   []string `json:"also"`
	Broken []string `json:"broken"`
}

// BackportJSON writes the sets, or those of a part of the search, as one JSON object.
func BackportJSON(w io.Writer, b *sim.Backport, part *Part) error {
	sets := []jsonBackportSet{}
	for _, s := range b.Sets {
		out := jsonBackportSet{Changes: ids(s.Changes), Check: s.Check, Without: []jsonWithout{}}
		if len(s.Changes) > 0 {
			out.Newest = newest(s.Changes).String()
		}
		for _, w := range s.Without {
			out.Without = append(out.Without, jsonWithout{w.Change.ID, ids(w.Also), append([]string{}, w.Broken...)})
		}
		sets = append(sets, out)
	}
	return writeJSON(w, jsonBackport{envelope("backport", part), b.Kernel, append([]string{}, b.Broken...), sets, b.Candidates, b.Complete, b.Limit, ids(b.Pivots)})
}

// MergeBackports puts the parts of a search for backports together.
func MergeBackports(parts [][]byte) (*sim.Backport, error) {
	var all []*sim.Backport
	for i, data := range parts {
		b, err := readBackport(data)
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		all = append(all, b)
	}
	return sim.MergeBackports(all)
}

func readBackport(data []byte) (*sim.Backport, error) {
	var in jsonBackport
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	out := &sim.Backport{Kernel: in.Kernel, Broken: in.Broken, Candidates: in.Candidates, Complete: in.Complete, Limit: in.Limit}
	var err error
	if out.Pivots, err = changesOf(in.Pivots); err != nil {
		return nil, err
	}
	for _, s := range in.Sets {
		changes, err := changesOf(s.Changes)
		if err != nil {
			return nil, err
		}
		if s.Check == nil {
			return nil, fmt.Errorf("a set without its check")
		}
		set := sim.BackportSet{Changes: changes, Check: s.Check}
		for _, w := range s.Without {
			change, err := changesOf([]string{w.Change})
			if err != nil {
				return nil, err
			}
			also, err := changesOf(w.Also)
			if err != nil {
				return nil, err
			}
			set.Without = append(set.Without, sim.Without{Change: change[0], Also: also, Broken: w.Broken})
		}
		out.Sets = append(out.Sets, set)
	}
	return out, nil
}

func changesOf(ids []string) ([]*spec.Change, error) {
	var out []*spec.Change
	for _, id := range ids {
		i := slices.IndexFunc(spec.Changes(), func(c *spec.Change) bool { return c.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("unknown change %q", id)
		}
		out = append(out, spec.Changes()[i])
	}
	return out, nil
}

func ids(changes []*spec.Change) []string {
	out := []string{}
	for _, c := range changes {
		out = append(out, c.ID)
	}
	return out
}
