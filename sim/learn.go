package sim

import (
	"context"
	"slices"
	"sync"

	"memhp/spec"
)

// How a search for backports learns from a counterexample. A kernel that gives the same answers to what the counterexample
// asked has the same counterexample (asked.go). So every right set differs from the refuted one on a change that was asked for.
// What was asked for and makes no difference is left out (shorten.go). Where no scene shows what is broken, everything that was
// asked may matter.

// learn adds clauses that refute s, from the counterexamples of result r of the kernel with s.
func (b *backporter) learn(ctx context.Context, s changeSet, r *Result, size spec.Size) error {
	for _, sc := range scenesOf(r.Violations, size) {
		if slices.ContainsFunc(b.plays, func(p *play) bool { return p.scene.same(sc) }) {
			continue
		}
		if p := newPlay(b, sc); b.learnFrom(ctx, p, s) {
			b.plays = append(b.plays, p)
		}
	}
	if b.learnt.refute(s) {
		return nil
	}
	return b.learnFromAll(ctx, s, size)
}

// refuted plays the scenes of known counterexamples with s, and tells whether one of them refutes it.
func (b *backporter) refuted(ctx context.Context, s changeSet) bool {
	return slices.ContainsFunc(b.plays, func(p *play) bool {
		b.learnFrom(ctx, p, s)
		return b.learnt.refute(s)
	})
}

// learnFrom plays a scene with s, and learns from each counterexample. It tells whether there were any.
func (b *backporter) learnFrom(ctx context.Context, p *play, s changeSet) bool {
	found := p.with(ctx, s)
	for _, asked := range found {
		if !b.learnt.imply(differs(s, asked)) {
			b.learnt = b.learnt.adding(differs(s, p.shorten(ctx, s, asked)))
		}
	}
	return len(found) > 0
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
