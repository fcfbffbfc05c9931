package sim

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"

	"memhp/spec"
)

// How a search for backports is split. The sets of changes are divided by which of a few of them, the pivots, they have. A minimal set
// lies in one division, and is found there, since nothing that is smaller is right anywhere. What is found in a division need not be
// minimal: a smaller set may lie in another. So MergeBackports drops each set that contains another.

// division is the sets that have all changes of with and none of without.
type division struct{ with, without changeSet }

// divisions returns those of this part of the search: all of it if it is not split. Every part learns the same from the kernel as it
// is, so all choose the same pivots.
func (b *backporter) divisions() []division {
	if b.Parts == 0 {
		return []division{{}}
	}
	pivots := b.pivots(bits.Len(uint(b.Parts - 1)))
	b.out.Pivots = b.changesAt(pivots)
	var out []division
	for d := b.Part; d < 1<<len(pivots); d += b.Parts {
		var next division
		for i, p := range pivots {
			if d>>i&1 == 1 {
				next.with = next.with.with(p)
			} else {
				next.without = next.without.with(p)
			}
		}
		out = append(out, next)
	}
	return out
}

// pivots returns up to n changes that divide the right sets: those that are alternatives to others in what was learnt, most often first.
func (b *backporter) pivots(n int) []int {
	votes := map[int]int{}
	for _, c := range b.learnt {
		if c.add.size() > 1 {
			for _, i := range c.add.members() {
				votes[i]++
			}
		}
	}
	var out []int
	for i := range b.Candidates {
		if votes[i] > 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(i, j int) int { return votes[j] - votes[i] })
	return out[:min(n, len(out))]
}

func (b *backporter) changesAt(indices []int) []*spec.Change {
	var out []*spec.Change
	for _, i := range indices {
		out = append(out, b.Candidates[i])
	}
	return out
}

// searchIn searches one division. That a set lacks a change is a clause like those that are learnt.
func (b *backporter) searchIn(ctx context.Context, d division) error {
	var lacks clauses
	for _, i := range d.without.members() {
		lacks = append(lacks, clause{drop: changeSet{}.with(i)})
	}
	for {
		s, ok := slices.Concat(b.learnt, lacks).smallest(ctx, func(s changeSet) changeSet { return b.closure(s.or(d.with)) })
		if ctx.Err() != nil {
			b.stopped(reasonOf(ctx))
			return nil
		}
		if !ok {
			return nil
		}
		if b.refuted(ctx, s) {
			continue
		}
		if _, err := b.try(ctx, s); err != nil {
			return err
		}
	}
}

// MergeBackports puts the parts of a search together.
func MergeBackports(parts []*Backport) (*Backport, error) {
	out := &Backport{Kernel: parts[0].Kernel, Broken: parts[0].Broken, Candidates: parts[0].Candidates, Complete: true}
	for i, p := range parts {
		if p.Kernel != out.Kernel || p.Candidates != out.Candidates || !slices.Equal(p.Broken, out.Broken) || !slices.Equal(p.Pivots, parts[0].Pivots) {
			return nil, fmt.Errorf("part %d is of another search than part 1", i+1)
		}
		out.Checks, out.Probes = out.Checks+p.Checks, out.Probes+p.Probes
		if !p.Complete {
			out.Complete, out.Limit = false, p.Limit
		}
		out.Sets = append(out.Sets, p.Sets...)
	}
	sortSets(out.Sets)
	var minimal []BackportSet
	for _, s := range out.Sets { // smaller ones come first
		if !slices.ContainsFunc(minimal, func(m BackportSet) bool { return hasAll(s.Changes, m.Changes) }) {
			minimal = append(minimal, s)
		}
	}
	out.Sets = minimal
	return out, nil
}

func hasAll(all, few []*spec.Change) bool {
	return !slices.ContainsFunc(few, func(c *spec.Change) bool { return !slices.Contains(all, c) })
}

// sortSets puts small sets first, and those of one size in the order of their changes, whatever order they were found in.
func sortSets(sets []BackportSet) {
	slices.SortStableFunc(sets, func(s, t BackportSet) int {
		return cmp.Or(len(s.Changes)-len(t.Changes), slices.CompareFunc(s.Changes, t.Changes, func(c, d *spec.Change) int {
			return cmp.Or(c.Release.Compare(d.Release), cmp.Compare(c.ID, d.ID))
		}))
	})
}
