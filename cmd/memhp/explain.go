package main

import (
	"fmt"
	"slices"
	"strings"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type explainCmd struct {
	Kernel    string   `arg:"" help:"For example v4.19+381eab4a6ee."`
	Invariant string   `arg:"" optional:"" help:"The id of an invariant; without it the one that is broken in the fewest steps."`
	By        []string `help:"Explain what just these actors break, by their names with commas between."`
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
	for _, name := range c.By {
		if _, err := spec.SelectActors(config.Kernel, name); err != nil {
			return err
		}
	}
	r, err := a.check(config)
	if err != nil {
		return err
	}
	i := fewestSteps(r.Violations, c.Invariant, c.By)
	if i < 0 {
		return a.nothingToExplain(c, r)
	}
	a.status = exitViolation
	if err := a.show(r, r.Violations[i]); err != nil {
		return err
	}
	return report.Others(a.out, a.style, r, i)
}

// fewestSteps returns the index of the violation that is shown in the fewest steps, of one invariant or of all, by the given actors or any, or -1.
func fewestSteps(vs []sim.Violation, invariant string, by []string) int {
	best := -1
	for i, v := range vs {
		wanted := (invariant == "" || v.Invariant == invariant) && (len(by) == 0 || sameNames(v.Actors, by))
		if wanted && (best < 0 || v.Steps < vs[best].Steps) {
			best = i
		}
	}
	return best
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (a *app) nothingToExplain(c *explainCmd, r *sim.Result) error {
	what := c.Invariant
	if what == "" {
		what = "every invariant"
	}
	a.status = exitHolds
	verdict := "holds"
	if len(c.By) > 0 {
		verdict = "holds, as far as just " + strings.Join(c.By, " and ") + " go"
	}
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
	if _, err := fmt.Fprint(a.out, "\nThe same as the kernel would report it, if it could see it:\n\n"); err != nil {
		return err
	}
	return report.Splat(a.out, r.Kernel, v)
}

type replayCmd struct {
	Token []string `arg:"" help:"The token that check, explain or history printed, in one piece or several."`
}

// Run implements the subcommand.
func (c *replayCmd) Run(a *app) error {
	r, err := sim.Replay(strings.Join(c.Token, ""), nil)
	if err != nil {
		return err
	}
	a.fail(exitViolation)
	return a.show(r, r.Violations[0])
}
