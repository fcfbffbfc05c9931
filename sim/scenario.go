package sim

import (
	"context"
	"fmt"
	"slices"

	"memhp/spec"
)

// Reproduction is what exploration makes of a scenario of the catalogue.
type Reproduction struct {
	// Before and After are the results on the machine with the bug and on the one without.
	Before, After *Result
	// Wrong says where they differ from what the catalogue says; empty means that the bug is reproduced.
	Wrong []string
}

// Reproduce checks both machines of a scenario.
func Reproduce(ctx context.Context, s spec.Scenario) (*Reproduction, error) {
	with, without, err := s.Machines()
	if err != nil {
		return nil, err
	}
	var r Reproduction
	if r.Before, err = checkMachine(ctx, with); err != nil {
		return nil, err
	}
	if r.After, err = checkMachine(ctx, without); err != nil {
		return nil, err
	}
	r.compare(s)
	return &r, nil
}

func checkMachine(ctx context.Context, m spec.Machine) (*Result, error) {
	return Check(ctx, Config{Kernel: m.Kernel, Actors: m.Actors, Selection: m.Selection, Tasks: m.Tasks, Blocks: m.Blocks})
}

func (r *Reproduction) compare(s spec.Scenario) {
	for _, result := range []*Result{r.Before, r.After} {
		if !result.Complete {
			r.wrong("%s: %s", result.Kernel, result.Limit)
		}
	}
	before, after := r.Before.Broken(), r.After.Broken()
	for _, inv := range s.Breaks {
		if !slices.Contains(before, inv.ID) {
			r.wrong("%s does not break %s", s.Before, inv)
		}
		if slices.Contains(after, inv.ID) {
			r.wrong("%s still breaks %s", s.After, inv)
		}
	}
	if len(s.By) > 0 && !r.Before.brokenBy(s.Breaks[0], s.By) {
		r.wrong("%s: %v do not break %s", s.Before, s.By, s.Breaks[0])
	}
	for _, inv := range spec.Invariants() {
		opened := slices.Contains(after, inv.ID) && !slices.Contains(before, inv.ID)
		if told := slices.Contains(s.Opens, inv); told != opened {
			r.wrong("%s opens %s: %t", s.After, inv, opened)
		}
	}
}

func (r *Reproduction) wrong(format string, args ...any) {
	r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
}

// brokenBy tells whether just these actors break the invariant.
func (r *Result) brokenBy(inv *spec.Invariant, actors []string) bool {
	return slices.ContainsFunc(r.Violations, func(v Violation) bool {
		who := slices.Clone(v.Actors)
		slices.Sort(who)
		return v.Invariant == inv.ID && slices.Equal(who, actors)
	})
}
