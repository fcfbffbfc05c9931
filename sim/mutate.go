package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"memhp/spec"
)

// MutationReport says what became of the mutants of a kernel.
type MutationReport struct {
	Kernel  string
	Actors  []string
	Mutants int
	// Killed break a rule that the kernel keeps. Equivalent ones do what the kernel does. Tolerated are those that keep all
	// rules for a known reason. The others Survived. Undecided came to a limit first.
	Killed, Equivalent, Tolerated, Survived, Undecided []Mutant
}

// Mutant is a mutation and what was found of it.
type Mutant struct {
	Mutation
	// Breaks are the invariants that it breaks and the kernel does not, as far as the search went.
	Breaks []string `json:"breaks,omitempty"`
	// Size is the size at which that was found, or the last one that was tried.
	Size string `json:"size,omitempty"`
	// Reason says why a mutant is tolerated or not decided.
	Reason string `json:"reason,omitempty"`
}

// MutationSizes are the sizes at which a mutant is explored, until it breaks something.
func MutationSizes() []spec.Size {
	return []spec.Size{{Tasks: 2, Blocks: 1}, {Tasks: 3, Blocks: 1}, {Tasks: 2, Blocks: 2}}
}

// mutantStates bounds the exploration of one mutant.
const mutantStates = 1_000_000

// Mutate makes the mutants of a kernel, of the i-th those that are mine, and finds out whether a rule is broken that the kernel keeps. The tasks and
// blocks of the configuration are not looked at; workers is how many mutants are explored at the same time. done, if set, is called after each.
func Mutate(ctx context.Context, c Config, mine func(i int) bool, workers int, done func(n, of int)) (*MutationReport, error) {
	c.Tasks, c.Blocks = 2, 2
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &mutator{config: c}
	if err := m.prepare(ctx); err != nil {
		return nil, err
	}
	var todo []Mutation
	for i, mu := range m.all {
		if mine(i) {
			todo = append(todo, mu)
		}
	}
	r := &MutationReport{Kernel: c.Kernel.String(), Mutants: len(todo)}
	for _, a := range c.Actors {
		r.Actors = append(r.Actors, a.Name)
	}
	return r, m.tryAll(ctx, todo, workers, r, done)
}

// tryAll explores mutants, several at a time, and adds what became of them to the report, in order.
func (m *mutator) tryAll(ctx context.Context, todo []Mutation, workers int, r *MutationReport, done func(n, of int)) error {
	mutants, fates, errs := make([]Mutant, len(todo)), make([]fate, len(todo)), make([]error, len(todo))
	var next, finished atomic.Int64
	var all sync.WaitGroup
	for range max(1, workers) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(todo) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				mutants[i], fates[i], errs[i] = m.try(ctx, todo[i])
				if n := finished.Add(1); done != nil {
					done(int(n), len(todo))
				}
			}
		})
	}
	all.Wait()
	for i := range todo {
		if errs[i] != nil {
			return fmt.Errorf("mutant %s: %w", todo[i], errs[i])
		}
		mutants[i].Mutation = todo[i]
		r.add(mutants[i], fates[i])
	}
	return nil
}

// fate is what became of a mutant.
type fate int

const (
	undecided fate = iota
	killed
	equivalent
	tolerated
	survived
)

func (r *MutationReport) add(m Mutant, f fate) {
	into := map[fate]*[]Mutant{undecided: &r.Undecided, killed: &r.Killed, equivalent: &r.Equivalent, tolerated: &r.Tolerated, survived: &r.Survived}[f]
	*into = append(*into, m)
}

// mutator explores mutants of one kernel.
type mutator struct {
	config Config
	all    []Mutation
	// graph are the automata of the kernel, and known what it breaks itself at each size.
	graph *graph
	known map[spec.Size]map[string]bool
	// happens is what the kernel does in some run.
	happens map[string]bool
}

func (m *mutator) prepare(ctx context.Context) (err error) {
	if m.all, err = Mutations(m.config); err != nil {
		return err
	}
	if m.graph, err = unrollProtected(m.config.Kernel, m.config.Actors, m.config.Blocks, nil); err != nil {
		return err
	}
	happens, limit, err := m.happening(ctx, m.config.Actors)
	if err != nil {
		return err
	}
	if limit != "" {
		return fmt.Errorf("kernel %s itself: coverage: %s", m.config.Kernel, limit)
	}
	m.happens = happens
	m.known = map[spec.Size]map[string]bool{}
	for _, size := range MutationSizes() {
		found, limit, err := m.explore(ctx, m.config.Actors, size, nil)
		if err != nil {
			return err
		}
		if limit != "" {
			return fmt.Errorf("kernel %s itself: %s at %d tasks and %d blocks", m.config.Kernel, limit, size.Tasks, size.Blocks)
		}
		m.known[size] = map[string]bool{}
		for _, d := range found {
			m.known[size][d.key()] = true
		}
	}
	return nil
}

// try explores one mutant at growing sizes.
func (m *mutator) try(ctx context.Context, mu Mutation) (Mutant, fate, error) {
	out := Mutant{Mutation: mu}
	actors := mutated(m.config.Actors, mu, nil)
	for i, size := range MutationSizes() {
		if i == 1 { // what the smallest size kills need not be compared
			if g, err := unrollProtected(m.config.Kernel, actors, m.config.Blocks, nil); err != nil || sameBehaviour(m.graph, g) {
				return out, equivalent, err
			}
		}
		if f := m.tryAt(ctx, actors, size, &out); f != survived {
			return out, f, nil
		}
	}
	lost, limit, err := m.lost(ctx, actors)
	switch {
	case err != nil:
		return out, undecided, err
	case limit != "":
		out.Reason = limit
		return out, undecided, nil
	case lost != "":
		out.Breaks, out.Reason, out.Size = []string{Lost}, lost, ""
		return out, killed, nil
	}
	if out.Reason = spec.ToleratedMutation(mu.Kind, mu.Function, mu.Object); out.Reason != "" {
		return out, tolerated, nil
	}
	return out, survived, nil
}

// tryAt explores a mutant at one size, and notes what it breaks that the kernel keeps.
func (m *mutator) tryAt(ctx context.Context, actors []spec.Actor, size spec.Size, out *Mutant) fate {
	out.Size = fmt.Sprintf("%dx%d", size.Tasks, size.Blocks)
	found, limit, err := m.explore(ctx, actors, size, m.known[size])
	if err != nil { // such as a restart with a lock still held
		out.Breaks, out.Reason = []string{Refused}, err.Error()
		return killed
	}
	for _, d := range found {
		if !m.known[size][d.key()] && !slices.Contains(out.Breaks, d.invariant.ID) {
			out.Breaks = append(out.Breaks, d.invariant.ID)
		}
	}
	slices.Sort(out.Breaks)
	switch {
	case len(out.Breaks) > 0:
		return killed
	case limit != "":
		out.Reason = limit
		return undecided
	}
	return survived
}

// Refused is what a mutant breaks that is no procedure any more: one that restarts with a lock still held.
const Refused = "refused"

// Lost is what a mutant breaks that no longer does what the kernel does in some run.
const Lost = "sometimes"

// lost returns something that happens in some run of the kernel, and in none of the mutant's: a function is called, or returns an errno. If a
// limit stopped the search for it, nothing is lost, and lost says what stopped it.
func (m *mutator) lost(ctx context.Context, actors []spec.Actor) (lost, limit string, err error) {
	now, limit, err := m.happening(ctx, actors)
	if err != nil || limit != "" {
		return "", limit, err
	}
	for _, what := range slices.Sorted(maps.Keys(m.happens)) {
		if !now[what] {
			return "never: " + what, "", nil
		}
	}
	return "", "", nil
}

// happening returns what two tasks on one block do in some run, but for the contention of locks, which a mutant without the lock cannot have.
func (m *mutator) happening(ctx context.Context, actors []spec.Actor) (happens map[string]bool, limit string, err error) {
	c := m.config
	c.Actors, c.Tasks, c.Blocks, c.Limits = actors, 2, 1, Limits{States: mutantStates}
	cover, err := coverOne(ctx, c)
	if err != nil {
		return nil, "", err
	}
	happens = map[string]bool{}
	for _, h := range cover.Sometimes {
		if h.Happens && !strings.HasSuffix(h.What, " is contended") {
			happens[h.What] = true
		}
	}
	return happens, cover.Limit, nil
}

// explore returns what a set of actors breaks. With known, it stops where it finds something else.
func (m *mutator) explore(ctx context.Context, actors []spec.Actor, size spec.Size, known map[string]bool) ([]distinct, string, error) {
	c := m.config
	c.Actors, c.Tasks, c.Blocks, c.Limits, c.Jobs = actors, size.Tasks, size.Blocks, Limits{States: mutantStates}, 1
	e, err := newExplorer(c)
	if err != nil {
		return nil, "", err
	}
	if known != nil {
		e.enough = func(d distinct) bool { return !known[d.key()] }
	}
	if err := e.explore(ctx); err != nil {
		return nil, "", err
	}
	var out []distinct
	for _, d := range e.discoveries {
		if !e.known(d) {
			out = append(out, d.distinct)
		}
	}
	g, _ := e.lockGraph()
	for _, c := range g.Cycles() {
		out = append(out, cycleDistinct(c))
	}
	if e.stop {
		return out, "", nil
	}
	loops, limit, err := e.progressViolations(ctx)
	for _, v := range loops {
		out = append(out, distinct{invariant: spec.Progress, function: v.Function, actors: v.Actors})
	}
	if e.limit != "" {
		limit = e.limit
	}
	return out, limit, err
}
