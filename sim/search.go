package sim

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"memhp/spec"
)

// SearchConfig says how to search at random. Its Progress is told of steps as states, and of walks as those expanded. Each walk is drawn from the seed and its own number alone, so that walks can be made
// in any order, on any machine, and be put together afterwards.
type SearchConfig struct {
	Config
	Seed uint64
	// Runs is the number of walks, and Steps the most scheduling steps of each.
	Runs, Steps int
	// Mine, if set, tells which of the walks to make.
	Mine func(run int) bool
}

// SearchResult is what random walks found. It is never complete: walks prove nothing.
type SearchResult struct {
	Result
	Seed uint64 `json:"seed"`
	// Runs counts the walks that were made.
	Runs int `json:"runs"`
	// Found says of each violation how often it was found, and on which walk it is shown.
	Found []Found `json:"found"`
}

// Found is when a violation was found.
type Found struct {
	Times int `json:"times"`
	Run   int `json:"run"`
}

// Search takes random walks over the automata that Check explores. lock-order, which is a property of all paths together, is not looked for.
func Search(ctx context.Context, c SearchConfig) (*SearchResult, error) {
	if c.Runs < 0 || c.Steps < 1 {
		return nil, fmt.Errorf("%d walks of %d steps: expected at least one step", c.Runs, c.Steps)
	}
	start := time.Now()
	w, err := NewWalker(c.Config)
	if err != nil {
		return nil, err
	}
	r := w.emptyResult(c)
	w.known = r.shorter
	for run := 0; run < c.Runs && ctx.Err() == nil; run++ {
		if c.Mine != nil && !c.Mine(run) {
			continue
		}
		walk, err := w.random(c, run)
		if err != nil {
			return nil, fmt.Errorf("kernel %s, walk %d: %w", c.Kernel, run, err)
		}
		r.note(run, walk)
		if c.Progress != nil {
			c.Progress(Progress{Kernel: r.Kernel, States: r.Transitions, Expanded: int64(r.Runs), Violations: len(r.Violations), Elapsed: time.Since(start)})
		}
	}
	if ctx.Err() != nil {
		r.Limit += ", " + reasonOf(ctx)
	}
	r.sort()
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

// onlyWalks is why the result of a search is not complete.
const onlyWalks = "random walks prove nothing"

func (w *Walker) emptyResult(c SearchConfig) *SearchResult {
	full := w.e.config
	r := &SearchResult{Seed: c.Seed, Found: []Found{}, Result: Result{Kernel: full.Kernel.String(), Groups: full.groups, Platform: full.Platform, Tasks: full.Tasks, Blocks: full.Blocks,
		Limit: onlyWalks, Nodes: len(w.e.a.nodes), Violations: []Violation{}}}
	for _, a := range full.Actors {
		r.Actors = append(r.Actors, a.Name)
	}
	return r
}

// random makes one walk. A walk ends with the first broken rule that it watches: so that frequent violations do not hide rare ones, each
// second walk passes over a random half of what can be broken.
func (w *Walker) random(c SearchConfig, run int) (Walk, error) {
	rng := rand.New(rand.NewPCG(c.Seed, uint64(run)))
	w.Watch = nil
	if run%2 == 1 {
		key := rng.Uint64()
		w.Watch = func(rule *spec.Invariant, function string) bool {
			h := fnv.New64a()
			fmt.Fprint(h, key, rule.ID, function)
			return h.Sum64()>>32&1 == 0
		}
	}
	return w.Walk(func(_ string, n int) int { return rng.IntN(n) }, c.Steps)
}

// note takes the outcome of a walk.
func (r *SearchResult) note(run int, walk Walk) {
	r.Runs++
	r.Transitions += int64(walk.Steps)
	if walk.Violation != nil {
		r.add(*walk.Violation, Found{1, run})
	}
}

// add takes a violation. The one with the fewest steps is shown, and the first of these.
func (r *SearchResult) add(v Violation, f Found) {
	i := slices.IndexFunc(r.Violations, v.Same)
	if i < 0 {
		r.Violations, r.Found = append(r.Violations, v), append(r.Found, f)
		return
	}
	f.Times += r.Found[i].Times
	if old := r.Violations[i]; cmp.Or(cmp.Compare(old.Steps, v.Steps), cmp.Compare(r.Found[i].Run, f.Run)) <= 0 {
		v, f.Run = old, r.Found[i].Run
	}
	r.Violations[i], r.Found[i] = v, f
}

// shorter tells whether the same violation is shown already, in no more steps.
func (r *SearchResult) shorter(v Violation) bool {
	return slices.ContainsFunc(r.Violations, func(old Violation) bool { return old.Same(v) && old.Steps <= v.Steps })
}

// Merge takes what other walks of the same search found.
func (r *SearchResult) Merge(o *SearchResult) error {
	if r.Kernel != o.Kernel || !slices.Equal(r.Actors, o.Actors) || r.Platform != o.Platform || r.Tasks != o.Tasks || r.Blocks != o.Blocks || r.Seed != o.Seed || r.Nodes != o.Nodes {
		return fmt.Errorf("searches of %s and %s differ in more than their walks: they cannot be merged", r.Kernel, o.Kernel)
	}
	r.Runs, r.Transitions, r.Seconds = r.Runs+o.Runs, r.Transitions+o.Transitions, r.Seconds+o.Seconds
	if o.Limit != onlyWalks {
		r.Limit = o.Limit
	}
	for i, v := range o.Violations {
		r.add(v, o.Found[i])
	}
	r.sort()
	return nil
}

// sort brings the violations into the order of the invariants, so that it does not depend on that of the walks.
func (r *SearchResult) sort() {
	order := map[string]int{}
	for i, inv := range spec.Invariants() {
		order[inv.ID] = i
	}
	at := make([]int, len(r.Violations))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(i, j int) int {
		v, w := r.Violations[i], r.Violations[j]
		return cmp.Or(cmp.Compare(order[v.Invariant], order[w.Invariant]), cmp.Compare(v.Function, w.Function), slices.Compare(v.Actors, w.Actors))
	})
	violations, found := make([]Violation, len(at)), make([]Found, len(at))
	for i, j := range at {
		violations[i], found[i] = r.Violations[j], r.Found[j]
	}
	r.Violations, r.Found = violations, found
}
