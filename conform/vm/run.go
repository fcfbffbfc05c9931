package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"memhp/conform"
	"memhp/conform/lockdep"
	"memhp/conform/vm/agent"
	"memhp/spec"
)

// Result is what a run showed.
type Result struct {
	Schema int `json:"schema"`
	// Verdict is conform.Conforms, Violates or Unknown.
	Verdict string `json:"verdict"`
	// Release and Version are the guest's; Kernel is the kernel of the specification whose rules were checked.
	Release string `json:"release"`
	Version string `json:"version"`
	Kernel  string `json:"kernel"`
	Seed    uint64 `json:"seed"`
	Tasks   int    `json:"tasks"`
	Ops     int    `json:"ops"`
	// Counts says how often each operation ended how.
	Counts map[string]int `json:"counts"`
	// BootSeconds is the time until the guest answered, WorkSeconds that of the operations.
	BootSeconds float64 `json:"boot_seconds"`
	WorkSeconds float64 `json:"work_seconds"`
	// Trace is the verdict on the trace.
	Trace conform.Report `json:"trace"`
	// Disagree are the blocks of which `state` and `online` disagreed when all tasks were done.
	Disagree []string `json:"disagree,omitempty"`
	// Lockdep is what the kernel's own validator saw, if it has one; LockdepClasses and LockdepChains are its files.
	Lockdep        *lockdep.Report `json:"lockdep,omitempty"`
	LockdepClasses string          `json:"-"`
	LockdepChains  string          `json:"-"`
	// Behaviour is the comparison with the specification, operation by operation, if it was made.
	Behaviour *Behaviour `json:"behaviour,omitempty"`
	// Failure says how the guest failed: it hangs, or ended. Troubles are the lines of its console that report a bug.
	Failure  string   `json:"failure,omitempty"`
	Troubles []string `json:"troubles,omitempty"`
	// Stacks are of the tasks that were in state D when it failed; Console is there if anything went wrong.
	Stacks  []agent.Stack `json:"stacks,omitempty"`
	Console string        `json:"console,omitempty"`
	// Notes are what limits the verdict, and what could not be set up.
	Notes []string `json:"notes,omitempty"`
}

// RunConfig says what to run.
type RunConfig struct {
	// Config says what to boot; its devices and where its trace goes are the run's.
	Config
	Workload Workload
	// Compare is how many operations of one task to compare with the specification, in a guest of their own; 0 is none.
	Compare int
	// Rules are the kernel of the specification to check against; nil means the one that the guest's version tells.
	Rules *spec.Kernel
	// TraceOut gets the trace, SymbolsOut the symbols that go with it; both may be nil.
	TraceOut, SymbolsOut io.Writer
}

// Run boots a kernel, drives memory hotplug in it and checks the trace; then it compares its behaviour. A guest that fails is a result; an
// error means that there is none.
func Run(ctx context.Context, c RunConfig) (Result, error) {
	r := Result{Schema: 1, Seed: c.Workload.Seed, Tasks: c.Workload.Tasks, Ops: c.Workload.Ops, Counts: map[string]int{}}
	err := r.together(ctx, &c)
	if err != nil || c.Compare == 0 || r.Failure != "" {
		return r, err
	}
	return r, r.compare(ctx, c)
}

// together runs the tasks of the workload at once, under trace.
func (r *Result) together(ctx context.Context, c *RunConfig) error {
	pipe, sink := io.Pipe()
	defer pipe.Close()
	var out io.Writer = sink
	if c.TraceOut != nil {
		out = io.MultiWriter(c.TraceOut, sink)
	}
	config := c.Config
	config.Devices, config.Trace = VirtioMemDevice(), out
	g, err := Boot(ctx, config)
	if err != nil {
		return err
	}
	defer g.Close()
	if err := r.introduce(g, c); err != nil {
		return err
	}
	tracing, err := g.StartTrace(ctx)
	if err != nil {
		return g.failed(ctx, r, err)
	}
	r.Notes = append(r.Notes, tracing.Notes...)
	if c.SymbolsOut != nil {
		if _, err := io.WriteString(c.SymbolsOut, tracing.Symbols); err != nil {
			return fmt.Errorf("write symbols: %w", err)
		}
	}
	checked, err := checkStream(ctx, pipe, tracing.Symbols, c.Rules)
	if err != nil {
		return err
	}
	if err = r.drive(ctx, g, c); err != nil {
		err = g.failed(ctx, r, err)
		g.Close()
	}
	_ = sink.Close() // never fails
	report := <-checked
	r.Trace = report.report
	if ctx.Err() != nil {
		r.Trace.Verdict = interruptedVerdict(r.Trace.Verdict)
	}
	r.judge(g.Console())
	return errors.Join(err, report.err)
}

// introduce notes which kernel answered, and which of the specification it is held against.
func (r *Result) introduce(g *Guest, c *RunConfig) error {
	r.Release, r.Version, r.BootSeconds, r.Notes = g.Hello.Release, g.Hello.Version, g.Booted.Seconds(), g.Hello.Problems
	if c.Rules == nil {
		k, err := Model(g.Hello)
		if err != nil {
			return err
		}
		c.Rules = &k
	}
	r.Kernel = c.Rules.String()
	return nil
}

// drive does the work, and looks at what it left.
func (r *Result) drive(ctx context.Context, g *Guest, c *RunConfig) error {
	start := time.Now()
	counts, err := g.Drive(ctx, c.Workload)
	r.WorkSeconds = time.Since(start).Seconds()
	if counts != nil {
		r.Counts = counts
	}
	if err == nil {
		err = g.StopTrace(ctx)
	}
	if err == nil {
		r.Disagree, err = g.disagreeing(ctx)
	}
	if err == nil {
		err = r.askLockdep(ctx, g, *c.Rules)
	}
	return err
}

// compare compares the kernel's behaviour with the specification, in guests of its own.
func (r *Result) compare(ctx context.Context, c RunConfig) error {
	system := NewBehaving(c.Config)
	defer system.Close()
	b, err := CompareBehaviour(ctx, system, *c.Rules, c.Compare, c.Workload.Seed)
	r.Behaviour = &b
	if b.Difference != nil {
		r.Verdict = conform.Violates
	}
	if g := system.Guest(); g != nil && ctx.Err() == nil {
		if err != nil {
			err = g.failed(ctx, r, err)
		}
		if troubles := Troubles(g.Console()); len(troubles) > 0 || r.Failure != "" {
			r.Troubles, r.Verdict, r.Console = append(r.Troubles, troubles...), conform.Violates, g.Console()
		}
	}
	if ctx.Err() != nil {
		r.Verdict = interruptedVerdict(r.Verdict)
	}
	return err
}

type checkedTrace struct {
	report conform.Report
	err    error
}

// checkStream checks the trace while it is written.
func checkStream(ctx context.Context, pipe *io.PipeReader, symbols string, rules *spec.Kernel) (<-chan checkedTrace, error) {
	syms, err := conform.ReadSymbols(strings.NewReader(symbols))
	if err != nil {
		return nil, err
	}
	out := make(chan checkedTrace, 1)
	go func() {
		report, err := conform.Check(ctx, pipe, conform.Options{Symbols: syms, Kernel: rules})
		pipe.CloseWithError(err) // what is written after an error goes nowhere
		out <- checkedTrace{report, err}
	}()
	return out, nil
}

// failed turns a failure of the guest into a part of the result. Other errors are returned.
func (g *Guest) failed(ctx context.Context, r *Result, err error) error {
	switch {
	case errors.Is(err, ErrHang):
		if stacks, serr := g.Stacks(ctx); serr == nil {
			r.Stacks = stacks
		} else {
			r.Notes = append(r.Notes, fmt.Sprintf("no stacks: %v", serr))
		}
	case errors.Is(err, ErrGone):
		err = fmt.Errorf("%w: %s", err, g.ending())
	default:
		return err
	}
	r.Failure = err.Error()
	return nil
}

// judge makes one verdict of the trace, the console, the guest's end and what the work left.
func (r *Result) judge(console string) {
	r.Troubles = Troubles(console)
	r.Verdict = r.Trace.Verdict
	if r.Verdict == "" {
		r.Verdict = conform.Unknown
	}
	if len(r.Disagree) > 0 || r.Lockdep != nil && r.Lockdep.Verdict == conform.Violates {
		r.Verdict = conform.Violates
	}
	if len(r.Troubles) > 0 || r.Failure != "" {
		r.Verdict, r.Console = conform.Violates, console
	}
}

// interruptedVerdict is the verdict on a run that was not finished.
func interruptedVerdict(v string) string {
	if v == conform.Violates {
		return v
	}
	return conform.Unknown
}
