package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"memhp/sim"
	"memhp/spec"
)

// machine are the flags that say what runs.
type machine struct {
	Actors   string `default:"core" help:"Actors and groups, separated by commas, or all."`
	Platform string `placeholder:"NAME" help:"Only actors that this platform has: x86, arm64, powernv, pseries, s390."`
	Tasks    int    `default:"3" help:"Tasks, each of which runs the actors for ever."`
	Blocks   int    `default:"2" help:"Memory blocks."`
}

// onOneMachine says what to do about an error of a subcommand for which all actors are on one machine.
func onOneMachine(selection string, err error) error {
	if err == nil || selection != "all" {
		return err
	}
	return fmt.Errorf("%w; --actors all is more than one machine holds here: name groups, for example core,platform", err)
}

// config returns the machine under one kernel.
func (m machine) config(k spec.Kernel) (sim.Config, error) {
	if m.Tasks < 1 || m.Blocks < 1 {
		return sim.Config{}, fmt.Errorf("--tasks and --blocks must be 1 or more")
	}
	c := sim.Config{Kernel: k, Selection: m.Actors, Platform: m.Platform, Tasks: m.Tasks, Blocks: m.Blocks}
	return c, c.Validate()
}

// size are the flags that say how much to check.
type size struct {
	machine
	MaxStates int64         `placeholder:"N" help:"Give up after so many states; the verdict is then inconclusive."`
	MaxMemory byteSize      `default:"16G" placeholder:"SIZE" help:"Give up when the visited set needs more than this, for example 512M or 4G; a plain number is MiB. Default 16G."`
	Timeout   time.Duration `placeholder:"D" help:"Give up after this time, for example 90s."`
	Jobs      int           `placeholder:"N" help:"Search with so many goroutines, not one for each processor. The result is the same."`
	Plain     bool          `help:"Switch all reductions off."`
	reductions
}

// reductions has a switch for each reduction: it is sim.Reductions field by field, or this does not compile.
type reductions struct {
	NoSymmetry      bool `help:"Tell tasks that run the same actors apart."`
	NoBlockSymmetry bool `help:"Tell memory blocks apart."`
	NoLipton        bool `help:"Let other tasks run before every operation."`
	NoSlicing       bool `help:"Keep variables that nothing depends on."`
	NoFocus         bool `help:"Explore all blocks, also where what tasks do to one of them shows everything."`
}

var allOff = reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}

// configs returns what to check for one kernel: several machines if all actors are asked for.
func (s size) configs(a *app, name string) ([]sim.Config, error) {
	if s.MaxStates < 0 || s.Timeout < 0 || s.Jobs < 0 {
		return nil, fmt.Errorf("--max-states, --timeout and --jobs must not be negative")
	}
	k, err := spec.ParseKernel(name)
	if err != nil {
		return nil, err
	}
	var out []sim.Config
	for _, selection := range spec.Machines(k, s.Actors, s.Blocks) {
		m := s.machine
		m.Actors = selection
		c, err := m.config(k)
		if err != nil {
			return nil, err
		}
		c.Jobs, c.Limits = s.Jobs, sim.Limits{States: s.MaxStates, Bytes: uint64(s.MaxMemory), Time: s.Timeout}
		c.Reductions = sim.Reductions(s.reductions)
		if s.Plain {
			c.Reductions = sim.Reductions(allOff)
		}
		out = append(out, c)
	}
	a.noteOddities(k)
	return out, nil
}

// byteSize is an amount of memory, written as a number of MiB or with one of the units K, M, G and T.
type byteSize uint64

const mebibyte = 1 << 20

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *byteSize) UnmarshalText(text []byte) error {
	s := strings.ToUpper(string(text))
	number := strings.TrimRight(s, "KMGTIB")
	unit, ok := map[string]uint64{"": mebibyte, "K": 1 << 10, "M": mebibyte, "G": 1 << 30, "T": 1 << 40}[strings.TrimSuffix(strings.TrimSuffix(s[len(number):], "B"), "I")]
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || !ok {
		return fmt.Errorf("%q is no amount of memory: expected for example 512M or 4G", text)
	}
	if n > math.MaxUint64/unit {
		return fmt.Errorf("%s is more memory than there can be", text)
	}
	*b = byteSize(n * unit)
	return nil
}
