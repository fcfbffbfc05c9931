package main

import (
	"fmt"

	"memhp/conform/drift"
	"memhp/report"
	"memhp/spec"
)

type driftCmd struct {
	Source string `required:"" placeholder:"DIR" help:"The top of a kernel source tree."`
	Kernel string `placeholder:"KERNEL" help:"The kernel of the specification; without it, the Makefile says which."`
	Format string `enum:"text,json" default:"text" help:"text or json."`
}

// Run implements the subcommand. The exit status is 0 if the specification matches the source, 1 if it does not.
func (c *driftCmd) Run(a *app) error {
	k, version, err := c.kernel()
	if err != nil {
		return err
	}
	a.noteOddities(k)
	r, err := drift.Compare(c.Source, k)
	if err != nil {
		return err
	}
	r.Version = version
	if len(r.Drifts) > 0 {
		a.fail(exitViolation)
	}
	if c.Format == "json" {
		return report.DriftJSON(a.out, r)
	}
	return report.Drift(a.out, a.style, r)
}

func (c *driftCmd) kernel() (spec.Kernel, string, error) {
	if c.Kernel == "" {
		return drift.Guess(c.Source)
	}
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return k, "", fmt.Errorf("--kernel: %w", err)
	}
	return k, "", nil
}
