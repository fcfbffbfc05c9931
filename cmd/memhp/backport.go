package main

import (
	"context"
	"fmt"
	"time"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type backportCmd struct {
	Kernel    string        `arg:"" help:"The kernel to make right, for example v4.14."`
	Actors    string        `default:"core" help:"Actors and groups, separated by commas, or all."`
	Tasks     int           `default:"3" help:"Tasks of the check that each answer must pass."`
	Blocks    int           `default:"2" help:"Memory blocks of that check."`
	MaxStates int64         `placeholder:"N" help:"Give up a check after so many states; the answer is then not complete."`
	Timeout   time.Duration `default:"10m" help:"Stop after this time, for example 90s; the answer is then not complete."`
	Format    string        `enum:"text,json" default:"text" help:"text or json."`
	sharded
}

// Run implements the subcommand. The exit status is 0 if some set makes the kernel right, 1 if none does, and 3 if the search was stopped.
func (c *backportCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(a.ctx, c.Timeout)
	defer cancel()
	b, err := sim.FindBackports(ctx, config)
	a.progressDone()
	if err != nil {
		return onOneMachine(c.Actors, err)
	}
	return a.showBackport(b, c.Shard, c.Format)
}

// showBackport prints what a search found, or a part of one, and sets the exit status.
func (a *app) showBackport(b *sim.Backport, part shard, format string) error {
	switch {
	case !b.Complete:
		a.fail(exitInconclusive)
	case len(b.Sets) == 0 && !part.given():
		a.fail(exitViolation)
	}
	if format == "json" || part.given() {
		return report.BackportJSON(a.out, b, part.part())
	}
	return report.Backports(a.out, a.style, b)
}

func (c *backportCmd) config(a *app) (sim.BackportConfig, error) {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return sim.BackportConfig{}, err
	}
	if c.Tasks < 1 || c.Blocks < 1 || c.MaxStates < 0 || c.Timeout <= 0 {
		return sim.BackportConfig{}, fmt.Errorf("--tasks and --blocks must be 1 or more, --timeout more than 0, and --max-states not negative")
	}
	if _, err := spec.SelectActors(k, c.Actors); err != nil {
		return sim.BackportConfig{}, err
	}
	a.noteOddities(k)
	config := sim.BackportConfig{Kernel: k, Selection: c.Actors, Sizes: sim.SizesUpTo(c.Tasks, c.Blocks), Limits: sim.Limits{States: c.MaxStates}}
	if c.Shard.given() {
		config.Part, config.Parts = c.Shard.k-1, c.Shard.n
	}
	config.Progress = func(checks, sets int) { a.progressf("%s: %d checks, %d sets found", k, checks, sets) }
	return config, nil
}
