package sim

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"memhp/spec"
)

// Config says what to check. The zero values of the optional fields mean the default.
type Config struct {
	Kernel spec.Kernel
	// Actors are the entry points that tasks run; nil means the group core.
	Actors []spec.Actor
	// Selection is how the user named the actors; it is part of tokens. Empty means "core".
	Selection string
	// Platform, if set, leaves out the actors that it does not have.
	Platform string
	// Tasks and Blocks are the size of the machine; 0 means 3 and 2.
	Tasks, Blocks int
	Limits        Limits
	Reductions    Reductions
	// Jobs is how many goroutines search; 0 means one for each processor. The result does not depend on it.
	Jobs int
	// Coverage asks for what the check came to, besides; see Cover.
	Coverage bool
	// Progress, if set, is called now and then from the searching goroutine.
	Progress func(Progress)

	groups []string // that Selection names
	// livelocks makes tasks rest where they may go round for ever, and where they may have to wait.
	livelocks bool
	// scene, if set, is all that is played.
	scene *scene
}

// Limits stop a search. Zero means no limit.
type Limits struct {
	States int64
	Bytes  uint64
	Time   time.Duration
}

// Reductions are the reductions that are switched off; the zero value has all on.
type Reductions struct {
	NoSymmetry bool // tell tasks apart
	// NoBlockSymmetry tells blocks apart.
	NoBlockSymmetry bool
	NoLipton        bool // let other tasks run before every operation
	NoSlicing       bool // keep variables that nothing depends on
	NoFocus         bool // explore all blocks, also where what tasks do to one of them shows everything
}

// Progress is how far a search is.
type Progress struct {
	Kernel            string
	States, Expanded  int64
	Depth, Violations int
	Elapsed           time.Duration
}

// The default size of a check.
const (
	DefaultTasks  = 3
	DefaultBlocks = 2
)

// Validate says what is wrong with the configuration, before any work is done.
func (c Config) Validate() error {
	_, err := c.withDefaults()
	return err
}

func (c Config) withDefaults() (Config, error) {
	if c.Tasks == 0 {
		c.Tasks = DefaultTasks
	}
	if c.Blocks == 0 {
		c.Blocks = DefaultBlocks
	}
	if c.Selection == "" {
		c.Selection = spec.GroupCore
	}
	if c.Tasks < 1 || c.Tasks > maxTasks {
		return c, fmt.Errorf("%d tasks: from 1 to %d can be checked", c.Tasks, maxTasks)
	}
	if c.Jobs < 0 || c.Jobs > maxJobs {
		return c, fmt.Errorf("%d jobs: from 0 to %d can be asked for", c.Jobs, maxJobs)
	}
	if c.Blocks < 1 || c.Blocks > maxBlocks {
		return c, fmt.Errorf("%d blocks: from 1 to %d can be checked", c.Blocks, maxBlocks)
	}
	if c.Actors == nil {
		actors, err := c.selected()
		if err != nil {
			return c, err
		}
		c.Actors, c.groups = actors, groupsOf(c.Selection)
	}
	return c, c.enoughBlocks()
}

// enoughBlocks tells whether the machine has the blocks that its actors work on.
func (c Config) enoughBlocks() error {
	for _, a := range c.Actors {
		if a.Blocks > c.Blocks {
			return fmt.Errorf("actor %s works on %d blocks, and the machine has %d", a.Name, a.Blocks, c.Blocks)
		}
	}
	return nil
}

// leastBlocks is how many blocks the actors need.
func (c Config) leastBlocks() int {
	least := 1
	for _, a := range c.Actors {
		least = max(least, a.Blocks)
	}
	return least
}

// selected returns the actors of the selection that the platform has.
func (c Config) selected() ([]spec.Actor, error) {
	actors, err := spec.SelectActors(c.Kernel, c.Selection)
	if err != nil || c.Platform == "" {
		return actors, err
	}
	if !slices.Contains(Platforms(), c.Platform) {
		return nil, fmt.Errorf("unknown platform %q; the platforms are %s", c.Platform, strings.Join(Platforms(), " "))
	}
	if actors = spec.OnPlatform(actors, c.Platform); len(actors) == 0 {
		return nil, fmt.Errorf("platform %s has none of the actors %s", c.Platform, c.Selection)
	}
	return actors, nil
}

// groupsOf returns the groups that a selection names, or nil if it names a single actor.
func groupsOf(selection string) []string {
	words := strings.Split(selection, ",")
	for _, a := range spec.Actors() {
		if slices.Contains(words, a.Name) {
			return nil
		}
	}
	return words
}

const (
	maxBlocks = 5
	maxJobs   = 1024
)

func (c Config) jobs() int {
	if c.Jobs == 0 {
		return min(runtime.GOMAXPROCS(0), maxJobs)
	}
	return c.Jobs
}

// Check explores every interleaving of the configured tasks, each of which runs the actors for ever. It returns an error
// for a procedure that cannot be explored; hitting a limit or cancelling ctx only makes the result incomplete.
func Check(ctx context.Context, c Config) (*Result, error) {
	given := c
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	e, err := newExplorer(c)
	if err == nil {
		err = e.explore(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", c.Kernel, err)
	}
	r, err := e.result()
	if err == nil {
		err = e.addProgress(ctx, r)
	}
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", c.Kernel, err)
	}
	if c.Coverage {
		if r.Coverage, err = Cover(ctx, given); err != nil {
			return nil, err
		}
	}
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}
