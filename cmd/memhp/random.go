package main

import (
	"context"
	"fmt"

	"memhp/report"
	"memhp/sim"
)

type randomCmd struct {
	Kernel string `arg:"" help:"For example v4.19+381eab4a6ee."`
	size
	Runs   int    `default:"1000" placeholder:"N" help:"How many walks. Default 1000."`
	Steps  int    `default:"500" placeholder:"N" help:"How many scheduling steps at most in each. Default 500."`
	Seed   uint64 `default:"1" help:"Which walks: the same seed draws the same."`
	Format string `enum:"text,json" default:"text" help:"text or json."`
	sharded
}

// Run implements the subcommand. What is found is a violation; to find nothing is inconclusive.
func (c *randomCmd) Run(a *app) error {
	config, err := c.config(a, c.Kernel)
	if err != nil {
		return err
	}
	if c.Runs < 1 || c.Steps < 1 {
		return fmt.Errorf("--runs and --steps must be 1 or more")
	}
	ctx := a.ctx
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	if a.progress {
		config.Progress = a.progressLine()
	}
	r, err := sim.Search(ctx, sim.SearchConfig{Config: config, Seed: c.Seed, Runs: c.Runs, Steps: c.Steps, Mine: c.Shard.has})
	if a.progress {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	if err != nil {
		return err
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
