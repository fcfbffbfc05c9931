package main

import (
	"fmt"

	"memhp/conform"
	"memhp/report"
	"memhp/spec"
)

type traceCmd struct {
	Record  traceRecordCmd  `cmd:"" help:"Record a trace of the machine that this runs on, as root; all tracing settings are as before when it ends."`
	Check   traceCheckCmd   `cmd:"" help:"Check an ftrace text: function, function_graph, kprobe and lock events."`
	Lockdep traceLockdepCmd `cmd:"" help:"Hold what the kernel's lock validator has seen, /proc/lockdep, against the lock order."`
}

type traceCheckCmd struct {
	File    string `arg:"" help:"A trace, gzip'ed or not, or - for standard input. FILE.symbols beside it is found by itself."`
	Symbols string `type:"path" placeholder:"FILE" help:"Lines of /proc/kallsyms with the addresses of the locks."`
	Kernel  string `placeholder:"KERNEL" help:"The kernel whose rules to check; without it the rules common to v4.20 and later."`
	Format  string `enum:"text,json,junit,sarif,ktap" default:"text" help:"text, json, junit, sarif or ktap."`
}

// Run implements the subcommand.
func (c *traceCheckCmd) Run(a *app) error {
	var options conform.Options
	if c.Kernel != "" {
		k, err := spec.ParseKernel(c.Kernel)
		if err != nil {
			return err
		}
		options.Kernel = &k
	}
	in, err := conform.Open(c.File, c.Symbols)
	if err != nil {
		return err
	}
	defer in.Close()
	options.Symbols = in.Symbols
	r, err := conform.Check(a.ctx, in, options)
	if err != nil && a.ctx.Err() == nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	a.judge(r.Verdict)
	switch c.Format {
	case "json":
		return report.TraceJSON(a.out, r)
	case "junit":
		return report.TraceJUnit(a.out, c.File, r)
	case "sarif":
		return report.TraceSARIF(a.out, c.File, r)
	case "ktap":
		return report.TraceKTAP(a.out, r)
	}
	return report.Trace(a.out, a.style, c.File, r)
}
