package main

import (
	"fmt"
	"os"
	"time"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

// size are the flags that say how much to check.
type size struct {
	Actors    string        `default:"core" help:"Actors and groups, separated by commas, or all."`
	Platform  string        `help:"Only actors that this platform has: x86, arm64, powernv, pseries, s390."`
	Tasks     int           `default:"3" help:"Tasks, each of which runs the actors for ever."`
	Blocks    int           `default:"2" help:"Memory blocks."`
	MaxStates int64         `placeholder:"N" help:"Give up after so many states; the verdict is then inconclusive."`
	MaxMemory int           `default:"16384" placeholder:"MIB" help:"Give up when the visited set needs more memory than this, in MiB."`
	Timeout   time.Duration `placeholder:"D" help:"Give up after this time, for example 90s."`
	Plain     bool          `help:"Switch all reductions off."`
}

// config returns what to check for one kernel.
func (s size) config(a *app, name string) (sim.Config, error) {
	k, err := spec.ParseKernel(name)
	if err != nil {
		return sim.Config{}, err
	}
	if s.Tasks < 1 || s.Blocks < 1 || s.MaxStates < 0 || s.MaxMemory < 0 || s.Timeout < 0 {
		return sim.Config{}, fmt.Errorf("--tasks and --blocks must be 1 or more, and limits not negative")
	}
	a.noteUnmet(k)
	c := sim.Config{Kernel: k, Selection: s.Actors, Platform: s.Platform, Tasks: s.Tasks, Blocks: s.Blocks,
		Limits:     sim.Limits{States: s.MaxStates, Bytes: uint64(s.MaxMemory) << 20, Time: s.Timeout},
		Reductions: sim.Reductions{NoSymmetry: s.Plain, NoBlockSymmetry: s.Plain, NoLipton: s.Plain, NoSlicing: s.Plain}}
	return c, c.Validate()
}

// check runs a check with a progress line, and notes its verdict in the exit status.
func (a *app) check(c sim.Config) (*sim.Result, error) {
	if a.progress {
		c.Progress = a.progressLine()
	}
	r, err := sim.Check(a.ctx, c)
	if a.progress {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	if err != nil {
		return nil, err
	}
	switch {
	case len(r.Violations) > 0:
		a.fail(exitViolation)
	case !r.Complete:
		a.fail(exitInconclusive)
	}
	return r, nil
}

// progressLine returns a function that keeps one line of standard error up to date, some times a second.
func (a *app) progressLine() func(sim.Progress) {
	var last time.Time
	return func(p sim.Progress) {
		if time.Since(last) < 200*time.Millisecond {
			return
		}
		last = time.Now()
		fmt.Fprintf(a.err, "\r\x1b[K%s: %d states, %d to expand, depth %d, %d violations, %.0f s", p.Kernel,
			p.States, p.States-p.Expanded, p.Depth, p.Violations, p.Elapsed.Seconds())
	}
}

type checkCmd struct {
	Kernel []string `arg:"" help:"For example v4.19, v4.19+381eab4a6ee, v6.7-001002e73712."`
	size
	Format string `enum:"text,json,junit,sarif,ktap" default:"text" help:"text, json, junit, sarif or ktap."`
	HTML   string `type:"path" placeholder:"FILE" help:"Write a page with all counterexamples, too."`
}

// Run implements the subcommand.
func (c *checkCmd) Run(a *app) error {
	var configs []sim.Config
	for _, name := range c.Kernel {
		config, err := c.config(a, name)
		if err != nil {
			return err
		}
		configs = append(configs, config)
	}
	var results []*sim.Result
	for _, config := range configs {
		r, err := a.check(config)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	if c.HTML != "" {
		if err := writeHTML(c.HTML, results); err != nil {
			return err
		}
	}
	switch c.Format {
	case "json":
		return report.CheckJSON(a.out, results)
	case "junit":
		return report.CheckJUnit(a.out, results)
	case "sarif":
		return report.CheckSARIF(a.out, results)
	case "ktap":
		return report.CheckKTAP(a.out, results)
	}
	return report.Check(a.out, a.style, results)
}

func writeHTML(name string, results []*sim.Result) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := report.HTML(f, results); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Close()
}
