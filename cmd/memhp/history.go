package main

import (
	"cmp"
	"runtime"
	"sync"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type historyCmd struct {
	Verbose bool   `short:"v" help:"Show each counterexample as a full interleaving."`
	Tasks   int    `placeholder:"N" help:"Tasks, instead of what the specification documents for each kernel."`
	Blocks  int    `placeholder:"N" help:"Memory blocks, likewise."`
	Format  string `enum:"text,json" default:"text" help:"text or json."`
	sharded
}

// Run implements the subcommand.
func (c *historyCmd) Run(a *app) error {
	if err := (sim.Config{Kernel: spec.HistoryKernels()[0], Tasks: c.Tasks, Blocks: c.Blocks}).Validate(); err != nil {
		return err
	}
	rows, err := a.history(c.Shard.kernels(spec.HistoryKernels()), spec.Size{Tasks: c.Tasks, Blocks: c.Blocks})
	if err != nil {
		return err
	}
	links, err := a.chains(c.Shard)
	if err != nil {
		return err
	}
	return a.showHistory(rows, links, c.Shard, c.Format, c.Verbose)
}

// kernels returns those of the part.
func (s shard) kernels(all []spec.Kernel) []spec.Kernel {
	var out []spec.Kernel
	for i, k := range all {
		if s.has(i) {
			out = append(out, k)
		}
	}
	return out
}

// showHistory prints a history, or a part of one, and sets the exit status.
func (a *app) showHistory(rows []report.Row, links []report.Link, part shard, format string, verbose bool) error {
	a.judgeHistory(rows, links)
	if format == "json" || part.given() {
		return report.HistoryJSON(a.out, rows, links, part.part())
	}
	if err := report.Matrix(a.out, a.style, rows, verbose); err != nil {
		return err
	}
	return report.Chains(a.out, a.style, links)
}

// judgeHistory sets the exit status: what differs from the documentation is a violation, what was not decided is inconclusive.
func (a *app) judgeHistory(rows []report.Row, links []report.Link) {
	for _, r := range rows {
		switch {
		case r.Agrees():
		case !r.Result.Complete && !r.Undocumented():
			a.fail(exitInconclusive)
		default:
			a.fail(exitViolation)
		}
	}
	for _, l := range links {
		switch {
		case l.Limit != "":
			a.fail(exitInconclusive)
		case len(l.Wrong) > 0:
			a.fail(exitViolation)
		}
	}
}

// history checks the kernels at a size, if that is given, as many at a time as there are processors.
func (a *app) history(kernels []spec.Kernel, size spec.Size) ([]report.Row, error) {
	rows := make([]report.Row, len(kernels))
	errs := make([]error, len(kernels))
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	slots := make(chan struct{}, runtime.NumCPU())
	for i, k := range kernels {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			rows[i], errs[i] = a.row(k, size)
			mu.Lock()
			defer mu.Unlock()
			done++
			a.progressf("%d of %d kernels checked", done, len(kernels))
		})
	}
	wg.Wait()
	a.progressDone()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// row checks one kernel, at the size that the specification documents or at a given one.
func (a *app) row(k spec.Kernel, size spec.Size) (report.Row, error) {
	c := sim.Config{Kernel: k, Tasks: cmp.Or(size.Tasks, sim.DefaultTasks), Blocks: cmp.Or(size.Blocks, sim.DefaultBlocks)}
	row := report.Row{Expected: spec.Expected(k), Smaller: c.Tasks < sim.DefaultTasks || c.Blocks < sim.DefaultBlocks}
	if a.ctx.Err() != nil {
		row.Result = &sim.Result{Kernel: k.String(), Tasks: c.Tasks, Blocks: c.Blocks, Limit: "interrupted"}
		return row, nil
	}
	var err error
	row.Result, err = sim.Check(a.ctx, c)
	return row, err
}
