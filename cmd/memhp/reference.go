package main

import (
	"fmt"

	"memhp/report"
	"memhp/spec"
)

type orderCmd struct {
	Kernel string `arg:"" help:"For example v4.20."`
	Format string `enum:"text,dot,mermaid" default:"text" help:"text, dot or mermaid."`
}

// Run implements the subcommand.
func (c *orderCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	a.noteOddities(k)
	if c.Format == "text" {
		return report.Order(a.out, a.style, k)
	}
	return report.OrderGraph(a.out, k, c.Format)
}

type contractCmd struct {
	Function string `arg:"" optional:"" help:"A C function, for example add_memory; without it all that have clauses."`
	Kernel   string `default:"v6.12" help:"The kernel whose contract to print."`
}

// Run implements the subcommand.
func (c *contractCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	a.noteOddities(k)
	if c.Function != "" {
		f, err := spec.FindFunction(c.Function)
		if err != nil {
			return err
		}
		return report.Contract(a.out, a.style, f, k)
	}
	first := true
	for _, f := range spec.Functions() {
		if len(f.Contract(k)) == 0 {
			continue
		}
		if !first {
			fmt.Fprintln(a.out)
		}
		first = false
		if err := report.Contract(a.out, a.style, f, k); err != nil {
			return err
		}
	}
	return nil
}

type listCmd struct {
	What string `arg:"" enum:"kernels,changes,proposals,actors,locks,invariants,functions,bugs" help:"kernels, changes, proposals, actors, locks, invariants, functions or bugs."`
}

// Run implements the subcommand.
func (c *listCmd) Run(a *app) error {
	switch c.What {
	case "kernels":
		return report.Kernels(a.out)
	case "changes":
		return report.Changes(a.out, a.style)
	case "proposals":
		return report.Proposals(a.out, a.style)
	case "actors":
		return report.Actors(a.out, a.style)
	case "locks":
		return report.Locks(a.out, a.style)
	case "invariants":
		return report.Invariants(a.out, a.style)
	case "bugs":
		return report.Bugs(a.out, a.style)
	}
	return report.Functions(a.out, a.style)
}
