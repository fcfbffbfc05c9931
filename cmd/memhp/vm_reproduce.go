package main

import (
	"errors"
	"strings"

	"memhp/conform/vm"
	"memhp/report"
)

type vmReproduceCmd struct {
	Finding string `arg:"" help:"Which finding: ${vmFindings}."`
	bootFlags
	Out    string `type:"path" placeholder:"DIR" help:"Where to write the evidence: a new directory."`
	Format string `enum:"text,json" default:"text" help:"text or json."`
}

// Run implements the subcommand. A finding that is shown is a violation; one that is not, in so many trials, is inconclusive.
func (c *vmReproduceCmd) Run(a *app) error {
	f, err := vm.FindFinding(c.Finding)
	if err != nil {
		return err
	}
	if c.Out != "" {
		dir, err := createOutDir(c.Out)
		if err != nil {
			return err
		}
		defer dir.discard() // if nothing is in it
	}
	k, err := c.find(a)
	if err != nil {
		return err
	}
	r, err := vm.Reproduce(a.ctx, vm.Config{Kernel: k, Accel: c.Accel}, f, a.note)
	if a.ctx.Err() != nil {
		a.note("interrupted; the guest is stopped")
		a.fail(exitInconclusive)
		return nil
	}
	if err != nil {
		return err
	}
	a.fail(exitInconclusive)
	if r.Shown {
		a.fail(exitViolation)
	}
	err = c.write(a, f, r)
	if c.Out == "" {
		return err
	}
	if bundle := report.WriteBundle(c.Out, f, r); bundle != nil {
		return errors.Join(err, bundle)
	}
	a.note("the evidence is in %s", c.Out)
	return err
}

func (c *vmReproduceCmd) write(a *app, f vm.Finding, r vm.Reproduction) error {
	if c.Format == "json" {
		return report.ReproductionJSON(a.out, r)
	}
	return report.Reproduction(a.out, a.style, f, r)
}

func findingNames() string {
	var names []string
	for _, f := range vm.Findings() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
