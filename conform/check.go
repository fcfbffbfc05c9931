package conform

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"memhp/spec"
)

// Options say what a trace is checked against.
type Options struct {
	// Kernel has the rules; nil means those that all kernels from v4.20 on have in common.
	Kernel *spec.Kernel
	// Symbols tell which address is which lock.
	Symbols *Symbols
	// Covered are locks of which the user knows that the trace has every acquisition and release, so that it
	// need not be seen first. A line "# memhp-covers: LOCK..." in the trace says the same.
	Covered []string
	// MaxViolations bounds the list of violations; 0 means 1000. All are counted.
	MaxViolations int
}

const (
	defaultViolations = 1000
	bufferSize        = 256 << 10 // of the reader; a longer line is counted as unknown
	maxCPU            = 1 << 13   // NR_CPUS is 8192 at most on the usual architectures
	coversPrefix      = "memhp-covers:"
	missedPrefix      = "memhp-missed:"
	maxTracerName     = 64
)

// checker reads lines and hands events to the monitor in order of time.
type checker struct {
	monitor  *monitor
	decoder  *decoder
	window   window
	report   Report
	lastLine []int       // of each CPU
	running  map[int]int // pid on each CPU, where function_graph tells it only at switches
	line     line
	graph    graphCall
	event    event
	oldest   event
}

// Check reads a trace and decides whether it keeps the rules. It reads r as a stream and needs
// the same memory for a trace of any length. On an error the report has what was found so far.
// When ctx ends, Check does too, even while r waits for more; somebody else has to end r then.
func Check(ctx context.Context, r io.Reader, opts Options) (Report, error) {
	c, err := newChecker(opts)
	if err != nil {
		return Report{}, err
	}
	in, out := io.Pipe()
	defer in.Close()
	defer context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })()
	go func() {
		_, err := io.Copy(out, r)
		out.CloseWithError(err)
	}()
	err = c.read(in)
	c.flush()
	c.monitor.finish(&c.report, err != nil)
	return c.report, err
}

func newChecker(opts Options) (*checker, error) {
	kernels, funcs, name := commonKernels(), commonContracts(), "v4.20 and later"
	if opts.Kernel != nil {
		kernels, funcs, name = []spec.Kernel{*opts.Kernel}, contractsOf(*opts.Kernel), opts.Kernel.String()
	}
	order, err := newOrderChecker(kernels)
	if err != nil {
		return nil, fmt.Errorf("check trace: %w", err)
	}
	limit := opts.MaxViolations
	if limit <= 0 {
		limit = defaultViolations
	}
	c := &checker{
		monitor: &monitor{kernel: kernels[len(kernels)-1], tasks: map[int]*task{}, names: map[int]string{}, funcs: funcs,
			globals: newGlobals(), devices: newDevices(), order: order,
			results: &results{limit: limit, tallies: map[*spec.Invariant]*tally{}}},
		decoder: newDecoder(newTable(funcs), opts.Symbols),
		report:  Report{Schema: 1, Kernel: name},
		running: map[int]int{},
	}
	for _, lock := range opts.Covered {
		if err := c.declare(lock); err != nil {
			return nil, fmt.Errorf("covered locks: %w", err)
		}
	}
	return c, nil
}

func (c *checker) declare(name string) error {
	class, err := spec.FindLock(name)
	if err == nil {
		c.monitor.cover.declare(c.monitor.globals.bit[class])
	}
	return err
}

func (c *checker) read(r io.Reader) error {
	lines := bufio.NewReaderSize(r, bufferSize)
	long := false
	for {
		b, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = true
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("read trace, after line %d: %w", c.report.Lines, err)
		}
		ended := err != nil
		if ended && len(b) == 0 && !long {
			return nil
		}
		c.report.Lines++
		if long {
			c.unknown()
		} else {
			c.take(b, ended)
		}
		if long = false; ended {
			return nil
		}
	}
}

// take handles one line. The last line may be cut short, so that the end of a value is missing: then
// its return value does not count.
func (c *checker) take(b []byte, cut bool) {
	b = bytes.TrimRight(b, "\r\n")
	if parseLine(b, &c.line) {
		c.saw(c.line.cpu)
		if c.decoder.decode(&c.line, &c.event) {
			c.event.hasRet = c.event.hasRet && !cut
			c.name(c.line.pid, c.line.comm)
			c.add(&c.event)
		}
		return
	}
	if n := parseNote(b); n.kind != noNote {
		c.takeNote(n)
		return
	}
	if parseGraph(b, &c.graph) {
		c.takeGraph(&c.graph)
		return
	}
	if isSwitch(b) {
		c.takeSwitch(b)
		return
	}
	c.unknown()
}

func (c *checker) unknown() {
	if c.report.UnknownLines++; c.report.FirstUnknown == 0 {
		c.report.FirstUnknown = c.report.Lines
	}
}

func (c *checker) saw(cpu int) {
	c.report.Events++
	if cpu >= maxCPU {
		return
	}
	for cpu >= len(c.lastLine) {
		c.lastLine = append(c.lastLine, 0)
	}
	c.lastLine[cpu] = c.report.Lines
}

// name remembers the comm of a task, which ftrace prints as <...> at first.
func (c *checker) name(pid int, comm []byte) {
	old, known := c.monitor.names[pid]
	if known && (old != unknownComm || string(comm) == unknownComm) {
		return
	}
	if len(c.monitor.names) >= maxTasks {
		clear(c.monitor.names)
	}
	c.monitor.names[pid] = string(comm)
}

func (c *checker) add(e *event) {
	e.line = c.report.Lines
	if c.window.add(e, &c.oldest) {
		c.step(&c.oldest)
	}
}

func (c *checker) step(e *event) {
	c.monitor.results.line = e.line
	c.monitor.step(e)
}

func (c *checker) flush() { c.window.drain(c.step) }

func (c *checker) takeGraph(g *graphCall) {
	c.saw(g.cpu)
	if pid, ok := c.running[g.cpu]; ok && g.pid < 0 {
		g.pid = pid
	}
	var events [2]event
	n := c.decoder.decodeGraph(g, &events)
	for i := range events[:n] {
		if len(g.comm) > 0 {
			c.name(g.pid, g.comm)
		}
		c.add(&events[i])
	}
}

// takeSwitch reads " 0)  bash-123  =>  kworker-5" of function_graph.
func (c *checker) takeSwitch(b []byte) {
	cpu, _, ok := cutDigits(skipBlanks(b))
	b = bytes.TrimSpace(b)
	dash := bytes.LastIndexByte(b, '-')
	if !ok || dash < 0 || cpu >= maxCPU {
		return
	}
	if pid, rest, ok := cutDigits(b[dash+1:]); ok && len(rest) == 0 {
		c.running[int(cpu)] = int(pid)
	}
}

func (c *checker) takeNote(n note) {
	switch n.kind {
	case lost:
		c.flush()
		c.report.Lost += n.n
		c.monitor.lose(c.lastLineOf(n.cpu))
		c.monitor.results.lost = true
	case started:
		// Older events of this CPU were overwritten: up to here the record is incomplete.
		c.flush()
		c.monitor.lose(0)
	case comment:
		c.takeComment(bytes.TrimSpace(n.text))
	}
}

func (c *checker) lastLineOf(cpu int) int {
	if cpu < len(c.lastLine) {
		return c.lastLine[cpu]
	}
	return 0
}

func (c *checker) takeComment(b []byte) {
	if rest, ok := bytes.CutPrefix(b, []byte("tracer:")); ok && c.report.Tracer == "" {
		c.report.Tracer = string(bytes.TrimSpace(rest[:min(len(rest), maxTracerName)]))
	}
	if rest, ok := bytes.CutPrefix(b, []byte(missedPrefix)); ok {
		c.takeMissed(rest)
		return
	}
	rest, ok := bytes.CutPrefix(b, []byte(coversPrefix))
	if !ok {
		return
	}
	for _, name := range bytes.Fields(rest) {
		if c.declare(string(name)) != nil {
			c.unknown()
			return
		}
	}
}

// takeMissed reads "# memhp-missed: N EVENT", which package record writes at the end where probes missed hits. Nobody
// knows when: what was found so far may come of it.
func (c *checker) takeMissed(b []byte) {
	n, _, ok := cutDigits(skipBlanks(b))
	if !ok {
		c.unknown()
		return
	}
	c.flush()
	c.report.Lost += n
	c.monitor.lose(0)
	c.monitor.results.lost = true
}
