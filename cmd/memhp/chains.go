package main

import (
	"fmt"
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
			if _, done := wrong[id]; !done && a.ctx.Err() == nil {
				if a.progress {
					fmt.Fprintf(a.err, "\r\x1b[Kchains of repairs: %d bugs explored", len(wrong))
				}
				var err error
				if wrong[id], err = a.reproduce(bugs[id]); err != nil {
					return nil, err
				}
			}
			link := report.Link{Bug: bugs[id], Depth: depth, Wrong: wrong[id]}
			if a.ctx.Err() != nil {
				link.Limit, link.Wrong = "interrupted", nil
			}
			links = append(links, link)
		}
		last = chain
	}
	if a.progress {
		fmt.Fprint(a.err, "\r\x1b[K")
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
