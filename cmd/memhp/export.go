package main

import (
	"fmt"

	"memhp/report/promela"
	"memhp/sim"
	"memhp/spec"
)

type exportCmd struct {
	Promela   exportPromelaCmd   `cmd:"" help:"A model for SPIN, which asserts the same invariants."`
	RV        exportRVCmd        `cmd:"" name:"rv" help:"Automata for the kernel's runtime verification, one for each rule and lock."`
	Kerneldoc exportKerneldocCmd `cmd:"" help:"Kernel-doc comments with the context of each function, from its contract."`
}

type exportPromelaCmd struct {
	Kernel string `arg:"" help:"For example v4.20."`
	Actors string `default:"core" help:"Actors and groups, separated by commas, or all."`
	Tasks  int    `default:"3" help:"Tasks, each of which runs the actors for ever."`
	Blocks int    `default:"2" help:"Memory blocks."`
}

// Run implements the subcommand.
func (c *exportPromelaCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	if c.Tasks < 1 || c.Blocks < 1 {
		return fmt.Errorf("--tasks and --blocks must be 1 or more")
	}
	a.noteUnmet(k)
	actors, err := spec.SelectActors(k, c.Actors)
	if err != nil {
		return err
	}
	m, err := sim.NewModel(sim.Config{Kernel: k, Actors: actors, Tasks: c.Tasks, Blocks: c.Blocks})
	if err != nil {
		return err
	}
	return promela.Write(a.out, m)
}
