package main

import (
	"context"
	"fmt"
	"time"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type randomCmd struct {
	Kernel string `arg:"" help:"For example v4.19+381eab4a6ee."`
	machine
	Runs    int           `default:"1000" help:"How many walks."`
	Steps   int           `default:"500" help:"How many scheduling steps at most in each."`
	Seed    uint64        `default:"1" help:"Which walks: the same seed draws the same."`
	Timeout time.Duration `placeholder:"D" help:"Stop after this time, for example 90s."`
	Format  string        `enum:"text,json" default:"text" help:"text or json."`
	sharded
}

// Run implements the subcommand. What is found is a violation; to find nothing is inconclusive.
func (c *randomCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	config, err := c.config(k)
	if err != nil {
		return err
	}
	a.noteOddities(k)
	if c.Runs < 1 || c.Steps < 1 || c.Timeout < 0 {
		return fmt.Errorf("--runs and --steps must be 1 or more, and --timeout must not be negative")
	}
	ctx := a.ctx
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	config.Progress = func(p sim.Progress) {
		if p.Expanded%100 == 0 {
			a.progressf("%s: %d walks, %d steps, %d violations, %.0f s", p.Kernel, p.Expanded, p.States, p.Violations, p.Elapsed.Seconds())
		}
	}
	r, err := sim.Search(ctx, sim.SearchConfig{Config: config, Seed: c.Seed, Runs: c.Runs, Steps: c.Steps, Mine: c.Shard.has})
	a.progressDone()
	if err != nil {
		return onOneMachine(c.Actors, err)
	}
	return a.showRandom(r, c.Shard, c.Format)
}

// showRandom prints what a random search found, or a part of one, and sets the exit status.
func (a *app) showRandom(r *sim.SearchResult, part shard, format string) error {
	if len(r.Violations) > 0 {
		a.fail(exitViolation)
	} else {
		a.fail(exitInconclusive)
	}
	if format == "json" || part.given() {
		return report.RandomJSON(a.out, r, part.part())
	}
	return report.Random(a.out, a.style, r)
}
