package main

import (
	"fmt"
	"os"

	"memhp/report"
	"memhp/spec"
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
		if err == nil {
			err = ofThisVersion(rows, links)
		}
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

// ofThisVersion tells whether a history is about the kernels and the bugs that this memhp knows.
func ofThisVersion(rows []report.Row, links []report.Link) error {
	kernels, bugs := spec.HistoryKernels(), linksOf(spec.Chains())
	if len(rows) != len(kernels) || len(links) != len(bugs) {
		return fmt.Errorf("the history has %d kernels and %d bugs, and that of this memhp %d and %d: another version wrote it", len(rows), len(links), len(kernels), len(bugs))
	}
	for i, r := range rows {
		if r.Result.Kernel != kernels[i].String() {
			return fmt.Errorf("the history has %q in the place of %s: another version of memhp wrote it", r.Result.Kernel, kernels[i])
		}
	}
	for i, l := range links {
		if l.Bug.ID != bugs[i].Bug.ID || l.Depth != bugs[i].Depth {
			return fmt.Errorf("the history has bug %s in the place of %s: another version of memhp wrote it", l.Bug.ID, bugs[i].Bug.ID)
		}
	}
	return nil
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
