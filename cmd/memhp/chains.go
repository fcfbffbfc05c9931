package main

import (
	"slices"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

// chains explores every bug of the chains of repairs that caused the next bug. A bug with several causes is shown below each.
func (a *app) chains() ([]report.Link, error) {
	bugs := map[string]spec.Bug{}
	for _, b := range spec.Catalogue() {
		bugs[b.ID] = b
	}
	wrong := map[string][]string{}
	var links []report.Link
	var last []string
	for _, chain := range spec.Chains() {
		for depth, id := range chain {
			if depth < len(last) && slices.Equal(last[:depth+1], chain[:depth+1]) {
				continue // shown with the chain before
			}
			if _, done := wrong[id]; !done {
				var err error
				if wrong[id], err = a.reproduce(bugs[id]); err != nil {
					return nil, err
				}
			}
			links = append(links, report.Link{Bug: bugs[id], Depth: depth, Wrong: wrong[id]})
		}
		last = chain
	}
	return links, nil
}

func (a *app) reproduce(b spec.Bug) ([]string, error) {
	out := []string{}
	for _, s := range b.Scenarios {
		r, err := sim.Reproduce(a.ctx, s)
		if err != nil {
			return nil, err
		}
		out = append(out, r.Wrong...)
	}
	return out, nil
}
