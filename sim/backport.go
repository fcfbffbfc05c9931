package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"memhp/spec"
)

// BackportConfig says which kernel to make right, and how. The zero values of the optional fields mean the default.
type BackportConfig struct {
	Kernel spec.Kernel
	// Candidates are the changes to choose from; nil means all that the kernel lacks.
	Candidates []*spec.Change
	// Selection names the actors and groups with which nothing may fail; empty means "core".
	Selection string
	// Actors, if set, returns the entry points of kernel k instead.
	Actors func(k spec.Kernel) ([]spec.Actor, error)
	// Sizes are the sizes of the checks that an answer must pass, quickest first; nil means up to 3 tasks on 2 blocks.
	Sizes []spec.Size
	// Limits are those of one check. The time of the whole search is bounded by its context.
	Limits Limits
	// Progress, if set, is called after each check.
	Progress func(checks, sets int)
	// Parts, if set, is the number of parts in which the search is made, and Part, from 0, the one to make now.
	Part, Parts int
}

// Backport is what makes a kernel right.
type Backport struct {
	Kernel string
	// Broken are the invariants that the kernel breaks as it is.
	Broken []string
	// Sets are the minimal sets of changes that make it right, smallest first.
	Sets []BackportSet
	// Complete tells that there are no other minimal sets; otherwise Limit says what stopped the search.
	Complete bool
	Limit    string
	// Candidates counts the changes to choose from.
	Candidates int
	// Checks counts the checks of all actors, and Probes those of the few that took part in a counterexample.
	Checks, Probes int
	// Pivots are the changes by which the search is divided into parts, if it is.
	Pivots []*spec.Change
}

// BackportSet is one minimal set: it is closed under needs, the kernel with it is right, and no part of it will do.
type BackportSet struct {
	// Changes are its changes, oldest first.
	Changes []*spec.Change
	// Check is the check at the largest size.
	Check *Result
	// Without says for each change what stays broken when it is left out.
	Without []Without
}

// Without says what stays broken without a change.
type Without struct {
	Change *spec.Change
	// Also are the changes of the set that need it, and are left out with it.
	Also   []*spec.Change
	Broken []string
}

func (c BackportConfig) withDefaults() (BackportConfig, error) {
	if c.Candidates == nil {
		c.Candidates = spec.Changes()
	}
	c.Candidates = slices.DeleteFunc(slices.Clone(c.Candidates), c.Kernel.Has)
	if len(c.Candidates) > maxCandidates {
		return c, fmt.Errorf("kernel %s: %d changes to choose from, at most %d", c.Kernel, len(c.Candidates), maxCandidates)
	}
	if c.Parts < 0 || c.Part < 0 || c.Parts > 0 && c.Part >= c.Parts {
		return c, fmt.Errorf("there is no part %d of %d", c.Part, c.Parts)
	}
	if c.Selection == "" {
		c.Selection = spec.GroupCore
	}
	if len(c.Sizes) == 0 {
		c.Sizes = SizesUpTo(DefaultTasks, DefaultBlocks)
	}
	return c, nil
}

// SizesUpTo returns sizes of checks, quickest first: what is wrong is most often wrong with two tasks on one block.
func SizesUpTo(tasks, blocks int) []spec.Size {
	var out []spec.Size
	for _, s := range []spec.Size{{Tasks: 2, Blocks: 1}, {Tasks: 2, Blocks: 2}, {Tasks: 3, Blocks: 1}} {
		if s.Tasks <= tasks && s.Blocks <= blocks && s != (spec.Size{Tasks: tasks, Blocks: blocks}) {
			out = append(out, s)
		}
	}
	return append(out, spec.Size{Tasks: tasks, Blocks: blocks})
}

// FindBackports finds the minimal sets of changes that make a kernel right, or those that one part of the search finds. It takes the smallest set that nothing refutes so
// far and checks it; a counterexample refutes that set and every other that alters nothing that matters to it (learn.go).
func FindBackports(ctx context.Context, c BackportConfig) (*Backport, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &backporter{BackportConfig: c, out: &Backport{Kernel: c.Kernel.String(), Candidates: len(c.Candidates), Complete: true}}
	if err := b.search(ctx); err != nil {
		return nil, err
	}
	if err := b.explainSets(ctx); err != nil {
		return nil, err
	}
	return b.out, nil
}

// backporter is one search.
type backporter struct {
	BackportConfig
	learnt clauses
	plays  []*play // of the counterexamples that were found
	out    *Backport
}

func (b *backporter) search(ctx context.Context) error {
	if ctx.Err() != nil {
		b.stopped(reasonOf(ctx))
		return nil
	}
	r, err := b.try(ctx, changeSet{})
	if err != nil {
		return err
	}
	b.out.Broken = r.Broken()
	for _, d := range b.divisions() {
		if err := b.searchIn(ctx, d); err != nil {
			return err
		}
	}
	sortSets(b.out.Sets)
	return nil
}

// try checks the kernel with s, and learns from the result.
func (b *backporter) try(ctx context.Context, s changeSet) (*Result, error) {
	r, size, err := b.verify(ctx, s)
	if err != nil {
		return nil, err
	}
	switch {
	case len(r.Violations) > 0:
		return r, b.learn(ctx, s, r, size)
	case r.Complete:
		b.out.Sets = append(b.out.Sets, BackportSet{Changes: b.changes(s), Check: r})
		b.learnt = append(b.learnt, clause{drop: s})
	default: // unknown: this set and those that contain it are passed over, and what is found need not be all
		b.stopped(r.Limit)
		b.learnt = append(b.learnt, clause{drop: s})
	}
	return r, nil
}

func reasonOf(ctx context.Context) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "out of time"
	}
	return "interrupted"
}

func (b *backporter) stopped(why string) { b.out.Complete, b.out.Limit = false, why }

// verify checks the kernel with s at growing sizes, up to the first at which something is broken or unknown.
func (b *backporter) verify(ctx context.Context, s changeSet) (r *Result, size spec.Size, err error) {
	sizes, err := b.sizesOf(b.kernel(s))
	if err != nil {
		return nil, size, err
	}
	for _, size = range sizes {
		r, err = b.check(ctx, b.kernel(s), size)
		b.out.Checks++
		if b.Progress != nil {
			b.Progress(b.out.Checks, len(b.out.Sets))
		}
		if err != nil || len(r.Violations) > 0 || !r.Complete {
			break
		}
	}
	return r, size, err
}

// sizesOf returns the sizes at which kernel k is checked: the largest, and of the others those with enough blocks for its actors.
func (b *backporter) sizesOf(k spec.Kernel) ([]spec.Size, error) {
	actors, err := b.actorsIn(k)
	last := len(b.Sizes) - 1
	few := func(s spec.Size) bool {
		return slices.ContainsFunc(actors, func(a spec.Actor) bool { return a.Blocks > s.Blocks })
	}
	return append(slices.DeleteFunc(slices.Clone(b.Sizes[:last]), few), b.Sizes[last]), err
}

// check checks kernel k with all actors.
func (b *backporter) check(ctx context.Context, k spec.Kernel, size spec.Size) (*Result, error) {
	c := Config{Kernel: k, Selection: b.Selection, Tasks: size.Tasks, Blocks: size.Blocks, Limits: b.Limits}
	if b.Actors == nil {
		c.groups = groupsOf(b.Selection)
	}
	var err error
	if c.Actors, err = b.actorsIn(k); err != nil {
		return nil, err
	}
	return Check(ctx, c)
}

// actorsIn returns the actors that kernel k has. A change may remove an actor, even the last one: then nothing can fail.
func (b *backporter) actorsIn(k spec.Kernel) ([]spec.Actor, error) {
	if b.Actors != nil {
		return b.Actors(k)
	}
	return spec.ExistingActors(k, b.Selection)
}

// actorsOf returns the named actors that kernel k has.
func (b *backporter) actorsOf(k spec.Kernel, names []string) ([]spec.Actor, error) {
	actors, err := b.actorsIn(k)
	return slices.DeleteFunc(slices.Clone(actors), func(a spec.Actor) bool { return !slices.Contains(names, a.Name) }), err
}

// kernel returns the kernel with s.
func (b *backporter) kernel(s changeSet) spec.Kernel { return b.Kernel.With(b.changes(s)...) }

// changes returns the members of s, in the order of the candidates.
func (b *backporter) changes(s changeSet) []*spec.Change {
	var out []*spec.Change
	for _, i := range s.members() {
		out = append(out, b.Candidates[i])
	}
	return out
}

// all returns the set of all candidates.
func (b *backporter) all() changeSet {
	var s changeSet
	for i := range b.Candidates {
		s = s.with(i)
	}
	return s
}

// closure returns s with all that its members need.
func (b *backporter) closure(s changeSet) changeSet {
	for grew := true; grew; {
		grew = false
		for _, i := range s.members() {
			for _, n := range b.Candidates[i].Needs {
				if j := slices.Index(b.Candidates, n); j >= 0 && !s.has(j) {
					s, grew = s.with(j), true
				}
			}
		}
	}
	return s
}

// explainSets finds out what stays broken without each change of each set.
func (b *backporter) explainSets(ctx context.Context) error {
	for i := range b.out.Sets {
		set := &b.out.Sets[i]
		for _, c := range set.Changes {
			w, err := b.leaveOut(ctx, set.Changes, c)
			if err != nil {
				return err
			}
			set.Without = append(set.Without, w)
		}
	}
	return nil
}

func (b *backporter) leaveOut(ctx context.Context, set []*spec.Change, c *spec.Change) (Without, error) {
	s := b.setOf(set)
	left := s.without(slices.Index(b.Candidates, c))
	for _, i := range s.members() {
		if b.closure(changeSet{}.with(i)).has(slices.Index(b.Candidates, c)) {
			left = left.without(i)
		}
	}
	r, _, err := b.verify(ctx, left)
	if err != nil {
		return Without{}, err
	}
	if len(r.Violations) == 0 && !r.Complete {
		b.stopped(r.Limit)
	}
	also := slices.DeleteFunc(b.changes(s.minus(left)), func(d *spec.Change) bool { return d == c })
	return Without{Change: c, Also: also, Broken: r.Broken()}, nil
}

func (b *backporter) setOf(changes []*spec.Change) changeSet {
	var s changeSet
	for _, c := range changes {
		s = s.with(slices.Index(b.Candidates, c))
	}
	return s
}
