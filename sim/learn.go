package sim

import (
	"context"
	"slices"
	"strings"
	"sync"

	"memhp/spec"
)

// How a search for backports learns from a counterexample. A kernel that gives the same answers to what the counterexample
// asked has the same counterexample (asked.go). So every right set differs from the refuted one on a change that was asked for.

// learn adds clauses that refute s, from the counterexamples of result r of the kernel with s.
func (b *backporter) learn(ctx context.Context, s changeSet, r *Result, size spec.Size) error {
	var enough [][]string
	for _, only := range castsOf(r.Violations) {
		if slices.ContainsFunc(enough, func(few []string) bool { return containsAll(only, few) }) {
			continue // what these few break hides what all of them break
		}
		learnt, err := b.learnFrom(ctx, s, only, size)
		if err != nil {
			return err
		}
		if learnt {
			enough = append(enough, only)
		}
	}
	if b.learnt.refute(s) {
		return nil
	}
	return b.learnFromAll(ctx, s, size) // no group breaks anything without the others
}

func containsAll(all, few []string) bool {
	return !slices.ContainsFunc(few, func(x string) bool { return !slices.Contains(all, x) })
}

// castsOf returns the distinct sets of actors of the counterexamples, smallest first.
func castsOf(vs []Violation) [][]string {
	var out [][]string
	seen := map[string]bool{}
	for _, v := range vs {
		only := slices.Clone(v.Actors)
		for _, st := range v.Trace {
			only = append(only, st.Actor)
		}
		slices.Sort(only)
		only = slices.Compact(only)
		if key := strings.Join(only, ","); !seen[key] {
			seen[key] = true
			out = append(out, only)
		}
	}
	slices.SortStableFunc(out, func(a, b []string) int { return len(a) - len(b) })
	return out
}

// learnFrom checks a few actors alone, and learns from each of their counterexamples. It tells whether there were any.
func (b *backporter) learnFrom(ctx context.Context, s changeSet, only []string, size spec.Size) (learnt bool, err error) {
	b.out.Probes++
	k := b.kernel(s)
	actors, err := b.actorsOf(k, only)
	if err != nil || len(actors) == 0 {
		return false, err
	}
	e, err := newExplorer(Config{Kernel: k, Actors: actors, Tasks: size.Tasks, Blocks: size.Blocks, Limits: b.Limits,
		Reductions: Reductions{NoSlicing: true}}) // what a sliced variable is read as is not told
	if err == nil {
		err = e.explore(ctx)
	}
	if err != nil {
		return false, err
	}
	p := newPlayer(e.a, e.packing, e.inits)
	for _, d := range e.discoveries {
		shown, t, err := e.show(p, d)
		if err != nil {
			return false, err
		}
		var asked changeSet
		if e.asked(shown, t, b.noting(&asked)) {
			b.learnt, learnt = b.learnt.adding(differs(s, asked)), true
		}
	}
	return learnt, nil
}

// noting returns a function that adds candidates to a set.
func (b *backporter) noting(asked *changeSet) func(*spec.Change) {
	var mu sync.Mutex
	return func(c *spec.Change) {
		mu.Lock()
		defer mu.Unlock()
		if i := slices.Index(b.Candidates, c); i >= 0 {
			*asked = asked.with(i)
		}
	}
}

// learnFromAll learns from a check of all actors: whatever anything asked may matter.
func (b *backporter) learnFromAll(ctx context.Context, s changeSet, size spec.Size) error {
	var asked changeSet
	r, err := b.check(ctx, b.kernel(s).Observed(b.noting(&asked)), size)
	if err != nil {
		return err
	}
	if len(r.Violations) == 0 { // interrupted before it came to the violation
		asked = b.all()
	}
	b.learnt = b.learnt.adding(differs(s, asked))
	return nil
}
