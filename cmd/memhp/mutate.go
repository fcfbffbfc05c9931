package main

import (
	"runtime"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type mutateCmd struct {
	Kernel string `arg:"" help:"For example v6.12."`
	Actors string `default:"core" help:"Actors and groups, separated by commas, or all."`
	Format string `enum:"text,json" default:"text" help:"text or json."`
	sharded
}

// Run implements the subcommand.
func (c *mutateCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	a.noteOddities(k)
	done := func(n, of int) { a.progressf("%s: %d of %d mutants", k, n, of) }
	r, err := sim.Mutate(a.ctx, sim.Config{Kernel: k, Selection: c.Actors}, c.Shard.has, runtime.NumCPU(), done)
	a.progressDone()
	if err != nil {
		return onOneMachine(c.Actors, err)
	}
	return a.showMutants(r, c.Shard, c.Format)
}

// showMutants prints what became of the mutants, or of a part of them, and sets the exit status.
func (a *app) showMutants(r *sim.MutationReport, part shard, format string) error {
	switch {
	case len(r.Survived) > 0:
		a.fail(exitViolation)
	case len(r.Undecided) > 0:
		a.fail(exitInconclusive)
	}
	if format == "json" || part.given() {
		return report.MutantsJSON(a.out, r, part.part())
	}
	return report.Mutants(a.out, a.style, r)
}
