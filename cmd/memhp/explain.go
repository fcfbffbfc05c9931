package main

import (
	"fmt"
	"slices"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type explainCmd struct {
	Kernel    string `arg:"" help:"For example v4.19+381eab4a6ee."`
	Invariant string `arg:"" optional:"" help:"The id of an invariant; without it the first that is broken."`
	size
}

// Run implements the subcommand.
func (c *explainCmd) Run(a *app) error {
	if c.Invariant != "" && !slices.ContainsFunc(spec.Invariants(), func(i *spec.Invariant) bool { return i.ID == c.Invariant }) {
		return fmt.Errorf("unknown invariant %q; see memhp list invariants", c.Invariant)
	}
	config, err := c.config(a, c.Kernel)
	if err != nil {
		return err
	}
	r, err := a.check(config)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Violations, func(v sim.Violation) bool { return c.Invariant == "" || v.Invariant == c.Invariant })
	if i < 0 {
		return a.nothingToExplain(c, r)
	}
	a.status = exitViolation
	if err := a.show(r, r.Violations[i]); err != nil {
		return err
	}
	return report.Others(a.out, a.style, r, i)
}

func (a *app) nothingToExplain(c *explainCmd, r *sim.Result) error {
	what := c.Invariant
	if what == "" {
		what = "every invariant"
	}
	a.status = exitHolds
	verdict := "holds"
	if !r.Complete {
		a.status, verdict = exitInconclusive, "was not found broken, but the check is not complete ("+r.Limit+")"
	}
	_, err := fmt.Fprintf(a.out, "kernel %s: %s %s; %s\n", r.Kernel, what, verdict, report.Scope(r))
	return err
}

// show prints a violation as an interleaving, and then as a splat.
func (a *app) show(r *sim.Result, v sim.Violation) error {
	if err := report.Heading(a.out, a.style, r, v); err != nil {
		return err
	}
	if err := report.Interleaving(a.out, a.style, v); err != nil {
		return err
	}
	if _, err := fmt.Fprint(a.out, "\nAs the kernel's lockdep would print it, if it could see it:\n\n"); err != nil {
		return err
	}
	return report.Splat(a.out, r.Kernel, v)
}

type replayCmd struct {
	Token string `arg:"" help:"The token that check, explain or history printed."`
}

// Run implements the subcommand.
func (c *replayCmd) Run(a *app) error {
	r, err := sim.Replay(c.Token, nil)
	if err != nil {
		return err
	}
	a.fail(exitViolation)
	return a.show(r, r.Violations[0])
}
