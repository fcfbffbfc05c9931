package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"memhp/conform/record"
)

type traceRecordCmd struct {
	File string         `arg:"" type:"path" help:"Where to write the trace, a new file; the addresses of the locks go to FILE.symbols."`
	For  *time.Duration `placeholder:"DURATION" help:"How long to record, for example 30s; without it until Ctrl-C."`
}

// Run implements the subcommand.
func (c *traceRecordCmd) Run(a *app) error {
	if c.For != nil && *c.For <= 0 {
		return errors.New("--for must be positive")
	}
	fs, err := record.Mounted()
	if err != nil {
		return err
	}
	out, err := createNew(c.File)
	if err != nil {
		return err
	}
	defer out.Close()
	symbols, err := createNew(c.File + ".symbols")
	if err != nil {
		return errors.Join(err, removeEmpty(out))
	}
	defer symbols.Close()
	n := &counter{w: out}
	if err := c.record(a, fs, n, symbols); err != nil {
		return errors.Join(err, removeEmpty(out), removeEmpty(symbols))
	}
	if err := errors.Join(symbols.Close(), out.Close()); err != nil {
		return err
	}
	a.note("wrote %d bytes to %s; check them with memhp trace check %s", n.bytes.Load(), c.File, c.File)
	return nil
}

// record records until the time is over or a signal comes. Whatever happens, the tracing settings are as before when it returns.
func (c *traceRecordCmd) record(a *app, fs record.Tracefs, out *counter, symbols io.Writer) (err error) {
	ctx, release := holdSignals(a.ctx)
	defer release()
	kallsyms, err := os.Open("/proc/kallsyms")
	if err != nil {
		return err
	}
	defer kallsyms.Close()
	s, err := record.Start(fs, kallsyms)
	defer func() { err = errors.Join(err, s.Close()) }()
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if c.For != nil { // from now on: to place the probes takes its time
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *c.For)
		defer cancel()
	}
	for _, n := range s.Notes {
		a.note("%s", n)
	}
	if _, err := io.WriteString(symbols, s.Symbols); err != nil {
		return err
	}
	a.note("recording; Ctrl-C ends it")
	copied := make(chan error, 1)
	go func() { copied <- s.Copy(out) }()
	select {
	case err := <-copied: // the disk is full, say
		return errors.Join(err, s.Stop())
	case <-ctx.Done():
	}
	return errors.Join(s.Stop(), out.await(copied, stuck))
}

// holdSignals returns a context that ends with the first signal, which is how a recording ends, so it is no interruption. Until release is
// called no signal ends memhp itself, not a second one, nor that of a terminal or a reader of the notes that has gone away: the
// probes would be left behind.
func holdSignals(ctx context.Context) (context.Context, func()) {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		ends = append(ends, syscall.SIGHUP)
	}
	pipe := make(chan os.Signal, 1) // nobody reads it
	signal.Notify(pipe, syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(ctx, ends...)
	return ctx, func() { stop(); signal.Stop(pipe) }
}

// createNew opens a file to be written while the work is done. What is in an older one may be hard to get again.
func createNew(name string) (*os.File, error) {
	if old, err := os.Stat(name); err == nil && old.Mode().IsRegular() && old.Size() > 0 {
		return nil, fmt.Errorf("%s exists; a recording wants a new file", name)
	}
	return os.Create(name)
}

// stuck is how long nothing may be written of what is left at the end: the reader of a pipe may take nothing.
const stuck = 10 * time.Second

// counter counts what is written.
type counter struct {
	w     io.Writer
	bytes atomic.Int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.bytes.Add(int64(n))
	return n, err
}

// await waits until all is written, unless nothing is for so long.
func (c *counter) await(copied <-chan error, stuck time.Duration) error {
	for {
		before := c.bytes.Load()
		select {
		case err := <-copied:
			return err
		case <-time.After(stuck):
			if c.bytes.Load() == before {
				return fmt.Errorf("the rest of the trace is lost: nothing of it could be written for %v", stuck)
			}
		}
	}
}
