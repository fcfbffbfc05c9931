package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

type historyCmd struct {
	Verbose bool   `short:"v" help:"Show each counterexample as a full interleaving."`
	Format  string `enum:"text,json" default:"text" help:"text or json."`
}

// Run implements the subcommand.
func (c *historyCmd) Run(a *app) error {
	rows, err := a.history(spec.SeedStory())
	if err != nil {
		return err
	}
	for _, r := range rows {
		switch {
		case r.Agrees():
		case !r.Result.Complete && !r.Undocumented():
			a.fail(exitInconclusive)
		default:
			a.fail(exitViolation)
		}
	}
	links, err := a.chains()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(links, func(l report.Link) bool { return len(l.Wrong) > 0 }) {
		a.fail(exitViolation)
	}
	if c.Format == "json" {
		return report.HistoryJSON(a.out, rows, links)
	}
	if err := report.Matrix(a.out, a.style, rows, c.Verbose); err != nil {
		return err
	}
	return report.Chains(a.out, a.style, links)
}

// history checks the kernels, as many at a time as there are processors.
func (a *app) history(kernels []spec.Kernel) ([]report.Row, error) {
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
			rows[i], errs[i] = a.row(k)
			mu.Lock()
			defer mu.Unlock()
			done++
			if a.progress {
				fmt.Fprintf(a.err, "\r\x1b[K%d of %d kernels checked", done, len(kernels))
			}
		})
	}
	wg.Wait()
	if a.progress {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// row checks one kernel at the sizes that the specification documents for it, and puts the results together.
func (a *app) row(k spec.Kernel) (report.Row, error) {
	expected, sizes := spec.Expected(k)
	var all *sim.Result
	for _, s := range sizes {
		r, err := sim.Check(a.ctx, sim.Config{Kernel: k, Tasks: s.Tasks, Blocks: s.Blocks})
		if err != nil {
			return report.Row{}, err
		}
		all = join(all, r)
	}
	return report.Row{Result: all, Expected: expected}, nil
}

// join puts two checks of one kernel together: what one breaks is broken, what both hold holds.
func join(all, r *sim.Result) *sim.Result {
	r.Sizes = []string{fmt.Sprintf("%dx%d", r.Tasks, r.Blocks)}
	if all == nil {
		return r
	}
	all.Sizes = append(all.Sizes, r.Sizes...)
	all.Tasks, all.Blocks = max(all.Tasks, r.Tasks), max(all.Blocks, r.Blocks)
	all.States, all.Transitions = all.States+r.States, all.Transitions+r.Transitions
	all.Seconds += r.Seconds
	all.Bytes, all.Nodes, all.Depth = max(all.Bytes, r.Bytes), max(all.Nodes, r.Nodes), max(all.Depth, r.Depth)
	if !r.Complete {
		all.Complete, all.Limit = false, r.Limit
	}
	for _, v := range r.Violations {
		if !slices.ContainsFunc(all.Violations, v.Same) {
			all.Violations = append(all.Violations, v)
		}
	}
	return all
}
