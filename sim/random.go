package sim

import (
	"fmt"
	"slices"

	"memhp/spec"
)

// Walker takes random walks over the automata of a configuration: the same procedures, steps and rules as Check.
type Walker struct {
	e *explorer
	p *player
	// Watch tells whether a rule that is broken in a function ends the walk; nil means always. A walk passes over the
	// others, unless breaking them ends the path.
	Watch func(rule *spec.Invariant, function string) bool

	// Untraced leaves the trace out: to rebuild it takes more time than the walk. The token of a violation shows it.
	Untraced bool

	// known, if set, tells whether a violation was shown before. Operations are rebuilt only for one that was not, since that takes
	// more time than the walk.
	known func(v Violation) bool
}

// Walk is what happened on one walk.
type Walk struct {
	// Steps counts the scheduling steps that were made.
	Steps int
	// Violation is the broken rule that ended the walk, or nil.
	Violation *Violation
	// Trace are all operations of a walk that broke no rule.
	Trace []Step
	// Initial says where the walk started.
	Initial string
}

// NewWalker prepares walks: procedures are unrolled once.
func NewWalker(c Config) (*Walker, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	c.Reductions.NoFocus = true // a walk may do anything
	e, err := newExplorer(c)
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", c.Kernel, err)
	}
	return &Walker{e: e, p: newPlayer(e.a, e.packing, e.inits)}, nil
}

// outcome is one end of a step: the next state, or a broken rule.
type outcome struct {
	state state
	log   []micro
	ended bool // no next state
	rule  *distinct
	found finding
}

// Walk makes at most so many steps. The start, the task of each step and the outcome of the step, which is the actor
// and the faults that it meets, are drawn: draw returns a number from 0 to n-1.
func (w *Walker) Walk(draw func(label string, n int) int, steps int) (Walk, error) {
	init := draw("start", len(w.e.inits))
	t := trail{schedule: schedule{init: init}, at: w.e.inits[init].state}
	walk := Walk{Initial: w.e.inits[init].name}
	for walk.Steps < steps {
		task := draw("task", w.p.packing.tasks)
		ends := w.outcomes(&t.at, task)
		if w.p.x.err != nil {
			return walk, w.p.x.err
		}
		walk.Steps++
		if len(ends) == 0 {
			continue // it waits
		}
		n := draw("outcome", len(ends))
		if broken := w.follow(&t, move{task, n}, &ends[n]); broken != nil {
			v := w.e.violationOf(*broken, nil, t.schedule)
			if w.Untraced || w.known != nil && w.known(v) {
				walk.Violation = &v
				return walk, nil
			}
			v, err := w.e.render(w.p, *broken, t)
			walk.Violation = &v
			return walk, err
		}
	}
	if w.Untraced || w.known != nil {
		return walk, nil
	}
	trace, err := w.p.steps(t)
	walk.Trace = slices.Concat(trace...)
	return walk, err
}

// follow makes a move, and returns the rule that it breaks.
func (w *Walker) follow(t *trail, m move, end *outcome) *distinct {
	if end.rule != nil {
		end.found.state = &end.state
		t.takeFinding(end.found, *end.rule, m, end.log)
		return end.rule
	}
	if end.ended {
		return nil
	}
	t.take(m, &end.state, end.log)
	if d, stuck := w.p.finishDeadlock(t, w.watches); stuck {
		return &d
	}
	return nil
}

// outcomes returns the ends of a step of one task, by number; an end that breaks a rule is that.
func (w *Walker) outcomes(s *state, task int) []outcome {
	var ends []outcome
	at := func(n int) *outcome {
		for len(ends) <= n {
			ends = append(ends, outcome{ended: true})
		}
		return &ends[n]
	}
	from := *s
	w.p.step(&from, task, func(s *state) {
		if o := at(w.p.x.outcome); o.rule == nil {
			*o = outcome{state: *s, log: append([]micro(nil), w.p.log...)}
		}
	}, func(f finding) {
		o := at(w.p.x.outcome)
		for _, d := range w.p.x.explain(f) {
			if o.rule == nil && w.watches(d) && !w.bystander(f) {
				*o = outcome{state: *f.state, log: append([]micro(nil), w.p.log...), rule: &d, found: f}
			}
		}
	})
	return ends
}

func (w *Walker) watches(d distinct) bool { return w.Watch == nil || w.Watch(d.invariant, d.function) }

// bystander tells whether the task only lets a disagreement be seen that another one made.
func (w *Walker) bystander(f finding) bool { return f.kind == brokenAgreement && !f.at.mine }

// BrokenBy tells whether a violation is of invariant inv.
func (v *Violation) BrokenBy(inv *spec.Invariant) bool { return v != nil && v.Invariant == inv.ID }
