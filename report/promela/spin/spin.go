// Package spin runs SPIN on a model in Promela: it compiles the verifier that SPIN generates, runs it, and reads what it says.
package spin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Missing returns an error if SPIN or the C compiler, which it needs, is not installed.
func Missing() error {
	for _, tool := range []string{"spin", "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not installed: on Debian, apt-get install spin gcc", tool)
		}
	}
	return nil
}

// Options are the settings of a verification.
type Options struct {
	// Plain switches off what SPIN does to have fewer states: data flow optimisations, merging of statements and partial order reduction.
	Plain bool
	// Collapse stores the parts of states separately (-DCOLLAPSE).
	Collapse bool
	// Fast compiles with -O3, which is slow to compile and pays for millions of states.
	Fast bool
	// FirstError stops at the first failing assertion.
	FirstError bool
	// Depth bounds the depth of the search; 0 means a million. A search that is cut there is an error.
	Depth int
	// HashBits is the logarithm of the size of the hash table; 0 means 20.
	HashBits int
	// Vector is the most bytes that a state may have; 0 means 1024.
	Vector int
	// MemoryMiB bounds the memory; 0 means 4096.
	MemoryMiB int
}

// Verifier is a compiled verifier.
type Verifier struct {
	dir     string
	options Options
	// Build is how long SPIN and the C compiler took.
	Build time.Duration
}

// Compile compiles the verifier of a model in a directory, which should be empty.
func Compile(ctx context.Context, dir string, model []byte, o Options) (*Verifier, error) {
	o.setDefaults()
	if err := os.WriteFile(filepath.Join(dir, "model.pml"), model, 0o644); err != nil {
		return nil, err
	}
	start := time.Now()
	v := &Verifier{dir: dir, options: o}
	if err := v.tool(ctx, "spin", o.spinArgs()...); err != nil {
		return nil, err
	}
	if err := v.tool(ctx, "gcc", o.gccArgs()...); err != nil {
		return nil, err
	}
	v.Build = time.Since(start)
	return v, nil
}

func (o *Options) setDefaults() {
	if o.Depth == 0 {
		o.Depth = 1_000_000
	}
	if o.HashBits == 0 {
		o.HashBits = 20
	}
	if o.Vector == 0 {
		o.Vector = 1024
	}
	if o.MemoryMiB == 0 {
		o.MemoryMiB = 4096
	}
}

func (o Options) spinArgs() []string {
	args := []string{"-a", "model.pml"}
	if o.Plain {
		args = append([]string{"-o1", "-o2", "-o3"}, args...)
	}
	return args
}

func (o Options) gccArgs() []string {
	args := []string{"-w", "-O0", "-DSAFETY", "-DNOFAIR", "-DNOCOVEST",
		fmt.Sprintf("-DMEMLIM=%d", o.MemoryMiB), fmt.Sprintf("-DVECTORSZ=%d", o.Vector), "-o", "pan", "pan.c"}
	if o.Fast {
		args[1] = "-O3"
	}
	if o.Plain {
		args = append(args, "-DNOREDUCE")
	}
	if o.Collapse {
		args = append(args, "-DCOLLAPSE")
	}
	return args
}

// tool runs a tool that says something only when it fails.
func (v *Verifier) tool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = v.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, firstLine(out))
	}
	return nil
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

// Result is what a verification said.
type Result struct {
	States, Transitions int64
	// Failed are the texts of the assertions that failed, each once.
	Failed []string
	// Complete tells that the whole state space was searched; otherwise Limit says what stopped it.
	Complete bool
	Limit    string
	// Elapsed and CPU are the time of the search, Bytes its peak memory.
	Elapsed, CPU time.Duration
	Bytes        int64
}

// Broken tells whether an assertion that names the rule failed.
func (r *Result) Broken(rule string) bool {
	return slices.ContainsFunc(r.Failed, func(text string) bool { return names(text, rule) })
}

// Run searches the state space.
func (v *Verifier) Run(ctx context.Context) (*Result, error) {
	args := []string{"-E", fmt.Sprintf("-m%d", v.options.Depth), fmt.Sprintf("-w%d", v.options.HashBits)}
	if !v.options.FirstError {
		args = append(args, "-c0")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(v.dir, "pan"), args...)
	cmd.Dir = v.dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r, readErr := read(out)
	waitErr := cmd.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("pan: %w", ctx.Err())
	}
	if readErr != nil {
		return nil, errors.Join(readErr, waitErr)
	}
	r.Elapsed = time.Since(start)
	r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.Bytes = usage.Maxrss << 10
	}
	return r, nil
}
