package main

import (
	"fmt"
	"runtime"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type mutateCmd struct {
	Kernel string `arg:"" help:"For example v6.12."`
	Actors string `default:"core" help:"Actors and groups, separated by commas, or all."`
	Shard  shard  `placeholder:"K/N" help:"Only the Kth of N parts of the mutants."`
	Format string `enum:"text,json" default:"text" help:"text or json."`
}

// Run implements the subcommand.
func (c *mutateCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	a.noteUnmet(k)
	var done func(n, of int)
	if a.progress {
		done = func(n, of int) { fmt.Fprintf(a.err, "\r\x1b[K%s: %d of %d mutants", k, n, of) }
	}
	r, err := sim.Mutate(a.ctx, sim.Config{Kernel: k, Selection: c.Actors}, c.Shard.has, runtime.NumCPU(), done)
	if a.progress {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	switch {
	case len(r.Survived) > 0:
		a.fail(exitViolation)
	case len(r.Undecided) > 0:
		a.fail(exitInconclusive)
	}
	if c.Format == "json" {
		return report.MutantsJSON(a.out, r)
	}
	return report.Mutants(a.out, a.style, r)
}
