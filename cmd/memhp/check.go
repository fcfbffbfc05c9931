package main

import (
	"errors"
	"io"
	"runtime/debug"
	"time"

	"memhp/report"
	"memhp/sim"
)

// check runs a check with a progress line, and notes its verdict in the exit status.
func (a *app) check(c sim.Config) (*sim.Result, error) {
	line, also := a.progressLine(), c.Progress
	c.Progress = func(p sim.Progress) {
		if also != nil {
			also(p)
		}
		if p.States > manyStates {
			debug.SetGCPercent(10)
		}
		line(p)
	}
	r, err := sim.Check(a.ctx, c)
	a.progressDone()
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

// checkAll runs one check after the other.
func (a *app) checkAll(configs []sim.Config) ([]*sim.Result, error) {
	var results []*sim.Result
	for _, config := range configs {
		r, err := a.check(config)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// manyStates make the visited set most of the memory. It has no garbage and no pointers, so collecting often costs nothing, and
// collecting seldom would cost as much memory again.
const manyStates = 1 << 19

// progressLine returns a function that keeps one line of standard error up to date, some times a second.
func (a *app) progressLine() func(sim.Progress) {
	var last time.Time
	return func(p sim.Progress) {
		if time.Since(last) < 200*time.Millisecond {
			return
		}
		last = time.Now()
		a.progressf("%s: %d states, %d to expand, depth %d, %d violations, %.0f s", p.Kernel,
			p.States, p.States-p.Expanded, p.Depth, p.Violations, p.Elapsed.Seconds())
	}
}

type checkCmd struct {
	Kernel []string `arg:"" help:"For example v4.19, v4.19+381eab4a6ee, v6.7-001002e73712."`
	size
	Format   string `enum:"text,json,junit,sarif,ktap" default:"text" help:"text, json, junit, sarif or ktap."`
	Coverage bool   `help:"Say what the check never came to, and explore once more for that."`
	HTML     string `type:"path" placeholder:"FILE" help:"Write a page with all counterexamples, too."`
}

// Run implements the subcommand.
func (c *checkCmd) Run(a *app) error {
	var configs []sim.Config
	for _, name := range c.Kernel {
		machines, err := c.configs(a, name)
		if err != nil {
			return err
		}
		configs = append(configs, machines...)
	}
	for i := range configs {
		configs[i].Coverage = c.Coverage
	}
	var page *outFile
	if c.HTML != "" {
		var err error
		if page, err = createOut(c.HTML); err != nil {
			return err
		}
		defer page.discard()
	}
	results, err := a.checkAll(configs)
	if err != nil {
		return err
	}
	err = c.print(a, results)
	if page != nil {
		err = errors.Join(err, page.finish(func(w io.Writer) error { return report.HTML(w, results) }))
	}
	return err
}

func (c *checkCmd) print(a *app, results []*sim.Result) error {
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
