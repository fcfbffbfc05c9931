package main

import (
	"fmt"
	"os"

	"memhp/report"
)

type mergeCmd struct {
	File    []string `arg:"" type:"path" help:"What --shard 1/N to N/N of one subcommand printed, in any order."`
	Format  string   `enum:"text,json" default:"text" help:"text or json: the same as without --shard."`
	Verbose bool     `short:"v" help:"Of a history: show each counterexample as a full interleaving."`
}

// Run implements the subcommand. The output and the exit status are those that the subcommand would have had in one piece.
func (c *mergeCmd) Run(a *app) error {
	command, parts, err := c.read()
	if err != nil {
		return err
	}
	switch command {
	case "history":
		rows, links, err := report.MergeHistory(parts)
		if err != nil {
			return err
		}
		return a.showHistory(rows, links, shard{}, c.Format, c.Verbose)
	case "backport":
		b, err := report.MergeBackports(parts)
		if err != nil {
			return err
		}
		return a.showBackport(b, shard{}, c.Format)
	case "mutate":
		r, err := report.MergeMutants(parts)
		if err != nil {
			return err
		}
		return a.showMutants(r, shard{}, c.Format)
	case "random":
		r, err := report.MergeRandom(parts)
		if err != nil {
			return err
		}
		return a.showRandom(r, shard{}, c.Format)
	}
	return fmt.Errorf("%s: is not the result of a subcommand whose parts can be merged", c.File[0])
}

// read returns the parts in order, and the subcommand that made them.
func (c *mergeCmd) read() (command string, parts [][]byte, err error) {
	var found []report.Envelope
	var data [][]byte
	for _, name := range c.File {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", nil, err
		}
		e, err := report.ReadEnvelope(text)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", name, err)
		}
		found, data = append(found, e), append(data, text)
	}
	order, err := report.Whole(found)
	if err != nil {
		return "", nil, err
	}
	for _, i := range order {
		parts = append(parts, data[i])
	}
	return found[0].Command, parts, nil
}
