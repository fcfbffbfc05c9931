package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"memhp/conform/record"
)

type traceRecordCmd struct {
	File string        `arg:"" type:"path" help:"Where to write the trace; the addresses of the locks go to FILE.symbols."`
	For  time.Duration `placeholder:"DURATION" help:"How long to record, for example 30s; without it until Ctrl-C."`
}

// Run implements the subcommand. Ctrl-C is how a recording ends, so it is no interruption.
func (c *traceRecordCmd) Run(a *app) error {
	if c.For < 0 {
		return errors.New("--for must be positive")
	}
	ctx := a.ctx
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	fs, err := record.Mounted()
	if err != nil {
		return err
	}
	out, err := os.Create(c.File)
	if err != nil {
		return err
	}
	defer out.Close()
	n := &counter{w: out}
	if err := c.record(ctx, a, fs, n); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	a.note("wrote %d bytes to %s; check them with memhp trace check %s", n.bytes, c.File, c.File)
	return nil
}

// record records until ctx ends. Whatever happens, the tracing settings are as before when it returns.
func (c *traceRecordCmd) record(ctx context.Context, a *app, fs record.Tracefs, out io.Writer) (err error) {
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
	for _, n := range s.Notes {
		a.note("%s", n)
	}
	if err := os.WriteFile(c.File+".symbols", []byte(s.Symbols), 0o644); err != nil {
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
	err = s.Stop()
	return errors.Join(err, <-copied)
}

// counter counts what is written.
type counter struct {
	w     io.Writer
	bytes int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.bytes += int64(n)
	return n, err
}
