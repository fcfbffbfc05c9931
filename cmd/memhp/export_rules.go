package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"memhp/report"
	"memhp/report/rv"
	"memhp/spec"
)

type exportRVCmd struct {
	Kernel  string `arg:"" help:"For example v6.12."`
	Monitor string `arg:"" optional:"" help:"Which automaton to print; without it, and without --out, a list of them."`
	Out     string `type:"path" placeholder:"DIR" help:"Write all of them, each to DIR/MONITOR.dot."`
}

// Run implements the subcommand.
func (c *exportRVCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	if c.Out != "" && c.Monitor != "" {
		return fmt.Errorf("--out writes all automata: leave %s out", c.Monitor)
	}
	a.noteOddities(k)
	monitors, err := rv.Monitors(k)
	switch {
	case err != nil:
		return err
	case c.Out != "":
		return writeMonitors(c.Out, monitors)
	case c.Monitor == "":
		return report.Monitors(a.out, a.style, k, monitors)
	}
	i := slices.IndexFunc(monitors, func(m *rv.Monitor) bool { return m.Name == c.Monitor })
	if i < 0 {
		return fmt.Errorf("kernel %s has no monitor %q; see memhp export rv %s", k, c.Monitor, k)
	}
	return monitors[i].Write(a.out)
}

func writeMonitors(dir string, monitors []*rv.Monitor) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, m := range monitors {
		f, err := createOut(filepath.Join(dir, m.Name+".dot"))
		if err != nil {
			return err
		}
		err = f.finish(m.Write)
		f.discard()
		if err != nil {
			return err
		}
	}
	return nil
}

type exportKerneldocCmd struct {
	Kernel string `arg:"" help:"For example v6.12."`
}

// Run implements the subcommand.
func (c *exportKerneldocCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	a.noteOddities(k)
	return report.KernelDoc(a.out, k)
}
