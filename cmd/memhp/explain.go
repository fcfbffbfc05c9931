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
	By        []string `placeholder:"ACTOR" help:"Explain what just these actors break, by their names with commas between."`
	size
}

// Run implements the subcommand.
func (c *explainCmd) Run(a *app) error {
	if c.Invariant != "" && !slices.ContainsFunc(spec.Invariants(), func(i *spec.Invariant) bool { return i.ID == c.Invariant }) {
		return fmt.Errorf("unknown invariant %q; see memhp list invariants", c.Invariant)
	}
	configs, err := c.configs(a, c.Kernel)
	if err != nil {
		return err
	}
	if err := c.checkBy(configs); err != nil {
		return err
	}
	results, err := a.checkAll(configs)
	if err != nil {
		return err
	}
	r, i := c.fewestSteps(results)
	if r == nil {
		return a.nothingToExplain(c, results)
	}
	a.status = exitViolation
	if err := a.show(r, r.Violations[i]); err != nil {
		return err
	}
	return report.Others(a.out, a.style, r, i)
}

// checkBy tells whether each actor of --by is among those that are checked.
func (c *explainCmd) checkBy(configs []sim.Config) error {
	var actors []spec.Actor
	for _, config := range configs {
		selected, err := spec.SelectActors(config.Kernel, config.Selection)
		if err != nil {
			return err
		}
		if config.Platform != "" {
			selected = spec.OnPlatform(selected, config.Platform)
		}
		actors = append(actors, selected...)
	}
	for _, name := range c.By {
		if !slices.ContainsFunc(actors, func(a spec.Actor) bool { return a.Name == name }) {
			return fmt.Errorf("--by: %q is no actor among those of --actors %s; see memhp list actors", name, c.Actors)
		}
	}
	return nil
}

// fewestSteps returns the violation that is shown in the fewest steps, of one invariant or of all, by the given actors or any: where it was found, and
// its index there. If there is none the result is nil.
func (c *explainCmd) fewestSteps(results []*sim.Result) (r *sim.Result, at int) {
	for _, in := range results {
		for i, v := range in.Violations {
			wanted := (c.Invariant == "" || v.Invariant == c.Invariant) && (len(c.By) == 0 || sameNames(v.Actors, c.By))
			if wanted && (r == nil || v.Steps < r.Violations[at].Steps) {
				r, at = in, i
			}
		}
	}
	return r, at
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (a *app) nothingToExplain(c *explainCmd, results []*sim.Result) error {
	what := c.Invariant
	if what == "" {
		what = "every invariant"
	}
	a.status = exitHolds
	for _, r := range results {
		verdict := "holds"
		if len(c.By) > 0 {
			verdict = "holds, as far as just " + strings.Join(c.By, " and ") + " go"
		}
		if !r.Complete {
			a.fail(exitInconclusive)
			verdict = "was not found broken, but the check is not complete (" + r.Limit + ")"
		}
		if _, err := fmt.Fprintf(a.out, "kernel %s: %s %s; %s\n", r.Kernel, what, verdict, report.Scope(r)); err != nil {
			return err
		}
	}
	return nil
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
