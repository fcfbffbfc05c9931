// Command memhp holds kernels, patches and traces of real kernels against the executable
// specification of the locking of Linux memory hotplug.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"memhp/conform/vm"
	"memhp/conform/vm/agent"
	"memhp/report"
	"memhp/spec"
)

// The exit statuses.
const (
	exitHolds        = 0
	exitViolation    = 1
	exitUsage        = 2
	exitInconclusive = 3
)

// app is what every subcommand needs.
type app struct {
	ctx      context.Context
	out, err io.Writer
	style    report.Style
	progress bool // stderr is a terminal
	status   int
}

// progressf writes the line of progress anew, if somebody looks at it.
func (a *app) progressf(format string, args ...any) {
	if a.progress {
		fmt.Fprintf(a.err, "\r\x1b[K"+format, args...)
	}
}

// progressDone takes the line of progress away.
func (a *app) progressDone() { a.progressf("") }

// note is a diagnostic.
func (a *app) note(format string, args ...any) { fmt.Fprintf(a.err, "memhp: "+format+"\n", args...) }

// noteOddities says which needs of its changes a kernel does not have, and which changes in its name make no difference.
func (a *app) noteOddities(k spec.Kernel) {
	for _, odd := range slices.Concat(k.Unmet(), k.Idle()) {
		a.note("note: %s", odd)
	}
}

// fail raises the exit status: a violation counts for more than an inconclusive check.
func (a *app) fail(status int) {
	if a.status == exitHolds || status == exitViolation {
		a.status = status
	}
}

type commands struct {
	History  historyCmd  `cmd:"" help:"Check every kernel, and every bug of the catalogue, against every invariant: the main job."`
	Check    checkCmd    `cmd:"" help:"Check kernels: releases plus and minus changes."`
	Explain  explainCmd  `cmd:"" help:"Show the shortest counterexample as an interleaving and as a lockdep splat."`
	Replay   replayCmd   `cmd:"" help:"Run a counterexample again from its token."`
	Random   randomCmd   `cmd:"" help:"Search at random for what is broken, where there are too many states to see all."`
	Prove    proveCmd    `cmd:"" help:"Prove a kernel right for any number of tasks."`
	Backport backportCmd `cmd:"" help:"Find the minimal sets of changes that make a kernel right."`
	Merge    mergeCmd    `cmd:"" help:"Put together what --shard split over machines."`
	Mutate   mutateCmd   `cmd:"" help:"Make small mistakes in a kernel, and see that each breaks a rule."`
	Order    orderCmd    `cmd:"" help:"Print the intended lock order of a kernel."`
	Contract contractCmd `cmd:"" help:"Print what a kernel function demands, takes and returns."`
	Drift    driftCmd    `cmd:"" help:"Compare the lock calls of a kernel's source with the specification."`
	Export   exportCmd   `cmd:"" help:"Write a kernel as a model for another checker."`
	Trace    traceCmd    `cmd:"" help:"Hold a trace of a real kernel against the specification."`
	List     listCmd     `cmd:"" help:"List kernels, changes, actors, locks, invariants, functions or bugs."`
	VM       vmCmd       `cmd:"" name:"vm" help:"Boot real kernels in QEMU and hold them against the specification."`
}

// unrolling makes a lot of garbage and keeps little: to collect it seldom saves a tenth of the time of a small check, and costs some tens of
// megabytes. Where a visited set is most of the memory, manyStates changes it.
const unrolling = 400

func main() {
	if agent.IsInit() { // memhp vm runs memhp itself as the init of its guests
		agent.Main()
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(unrolling)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exitRequest is how kong's request to exit, after --help, leaves the parser.
type exitRequest int

// run runs memhp and returns its exit status.
func run(ctx context.Context, args []string, out, errOut io.Writer) (status int) {
	a := &app{ctx: ctx, out: out, err: errOut, progress: isTerminal(errOut),
		style: report.Style{Color: isTerminal(out) && os.Getenv("NO_COLOR") == ""}}
	defer func() {
		if p := recover(); p != nil {
			code, ok := p.(exitRequest)
			if !ok {
				panic(p)
			}
			status = int(code)
		}
	}()
	var c commands
	parser, err := newParser(&c, out, errOut)
	if err != nil {
		a.note("%v", err)
		return exitUsage
	}
	if len(args) == 0 {
		return a.usage(parser)
	}
	parsed, err := parser.Parse(args)
	if err == nil {
		err = parsed.Run(a)
	}
	if err != nil {
		return a.complain(err)
	}
	return a.status
}

// newParser returns the parser of the command line.
func newParser(c *commands, out, errOut io.Writer) (*kong.Kong, error) {
	return kong.New(c, kong.Name("memhp"), kong.Writers(out, errOut), kong.Exit(func(code int) { panic(exitRequest(code)) }),
		kong.Vars{"vmRelease": vm.DefaultRelease, "vmReleases": strings.Join(vm.Releases(), ", "), "vmFindings": findingNames()},
		kong.Description("An executable specification of the locking of Linux memory hotplug.\n\n"+
			"Exit status: 0 all hold, 1 a violation, 2 usage or unreadable input, 3 inconclusive."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: report.Width}))
}

// usage is the answer to a command line without a subcommand.
func (a *app) usage(parser *kong.Kong) int {
	parser.Stdout = a.err
	if context, err := kong.Trace(parser, nil); err != nil || context.PrintUsage(false) != nil {
		a.note("no subcommand is given; see memhp --help")
	}
	return exitUsage
}

// complain prints an error in one line. A reader that has gone away is no error of the user's.
func (a *app) complain(err error) int {
	switch {
	case errors.Is(err, syscall.EPIPE):
		return a.status
	case errors.Is(err, context.Canceled) && a.ctx.Err() != nil:
		a.note("interrupted")
		return exitInconclusive
	}
	a.note("%s", strings.ReplaceAll(err.Error(), "\n", " "))
	return exitUsage
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
