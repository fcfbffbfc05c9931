package main

import (
	"fmt"

	"memhp/report/promela"
	"memhp/report/tla"
	"memhp/sim"
	"memhp/spec"
)

// modelFlags say which automata to write.
type modelFlags struct {
	Kernel string `arg:"" help:"For example v4.20."`
	Actors string `default:"core" help:"Actors and groups, separated by commas, or all."`
	Tasks  int    `default:"3" help:"Tasks, each of which runs the actors for ever."`
	Blocks int    `default:"2" help:"Memory blocks."`
}

func (f modelFlags) model(a *app) (*sim.Model, error) {
	k, err := spec.ParseKernel(f.Kernel)
	if err != nil {
		return nil, err
	}
	if f.Tasks < 1 || f.Blocks < 1 {
		return nil, fmt.Errorf("--tasks and --blocks must be 1 or more")
	}
	a.noteOddities(k)
	actors, err := spec.SelectActors(k, f.Actors)
	if err != nil {
		return nil, err
	}
	m, err := sim.NewModel(sim.Config{Kernel: k, Actors: actors, Tasks: f.Tasks, Blocks: f.Blocks})
	return m, onOneMachine(f.Actors, err)
}

type exportPromelaCmd struct {
	modelFlags
}

// Run implements the subcommand.
func (c *exportPromelaCmd) Run(a *app) error {
	m, err := c.model(a)
	if err != nil {
		return err
	}
	return promela.Write(a.out, m)
}

type exportTLACmd struct {
	modelFlags
	Config bool `help:"Print the configuration for TLC instead; the module belongs in memhp.tla."`
}

// Run implements the subcommand.
func (c *exportTLACmd) Run(a *app) error {
	m, err := c.model(a)
	if err != nil {
		return err
	}
	if c.Config {
		return tla.WriteConfig(a.out, m)
	}
	return tla.Write(a.out, m)
}
