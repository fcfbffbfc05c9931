package main

import (
	"slices"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

// chains explores every bug of the catalogue, or those of a part: first the chains of repairs that caused the next bug.
func (a *app) chains(part shard) ([]report.Link, error) {
	var links []report.Link
	wrong := map[string][]string{}
	for i, l := range linksOf(spec.Chains()) {
		if !part.has(i) {
			continue
		}
		if _, done := wrong[l.Bug.ID]; !done && a.ctx.Err() == nil {
			a.progressf("catalogue: %d bugs explored", len(wrong))
			var err error
			if wrong[l.Bug.ID], err = a.reproduce(l.Bug); err != nil {
				return nil, err
			}
		}
		l.Wrong = wrong[l.Bug.ID]
		if a.ctx.Err() != nil {
			l.Limit, l.Wrong = "interrupted", nil
		}
		links = append(links, l)
	}
	a.progressDone()
	return links, nil
}

// linksOf returns the bugs of the chains, and then the others that can be explored. A bug with several causes is shown below each.
func linksOf(chains [][]string) []report.Link {
	bugs := map[string]spec.Bug{}
	for _, b := range spec.Catalogue() {
		bugs[b.ID] = b
	}
	var links []report.Link
	var last []string
	for _, chain := range chains {
		for depth, id := range chain {
			if depth < len(last) && slices.Equal(last[:depth+1], chain[:depth+1]) {
				continue // shown with the chain before
			}
			links = append(links, report.Link{Bug: bugs[id], Depth: depth})
		}
		last = chain
	}
	inChain := slices.Concat(chains...)
	for _, b := range spec.Catalogue() {
		if len(b.Scenarios) > 0 && !slices.Contains(inChain, b.ID) {
			links = append(links, report.Link{Bug: b})
		}
	}
	return links
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
