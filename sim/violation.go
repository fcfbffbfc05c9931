package sim

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// keysTo returns the keys of the states on the way to state i, and the index of the start.
func (e *explorer) keysTo(i stateID) (init int, keys []key) {
	for e.table.parentOf(i) != noState {
		keys = append(keys, e.table.key(i))
		i = e.table.parentOf(i)
	}
	slices.Reverse(keys)
	first := e.table.key(i)
	return slices.IndexFunc(e.inits, func(in initial) bool { return e.packing.pack(&in.state) == first }), keys
}

// result rebuilds the counterexamples.
func (e *explorer) result() (*Result, error) {
	c := e.config
	r := &Result{Kernel: c.Kernel.String(), Groups: c.groups, Platform: c.Platform, Tasks: c.Tasks, Blocks: c.Blocks, Complete: e.limit == "", Limit: e.limit,
		States: e.table.len(), Transitions: e.transitions, Bytes: e.table.bytes(), Nodes: len(e.a.nodes), Depth: e.depth,
		Violations: []Violation{}}
	for _, a := range c.Actors {
		r.Actors = append(r.Actors, a.Name)
	}
	p := newPlayer(e.a, e.packing, e.inits)
	for _, d := range e.discoveries {
		if e.known(d) {
			continue
		}
		v, err := e.violation(p, d)
		if err != nil {
			return nil, err
		}
		r.Violations = append(r.Violations, v)
	}
	cycles, err := e.cycleViolations(p)
	if err != nil {
		return nil, err
	}
	r.Violations = append(r.Violations, cycles...)
	sortViolations(r.Violations)
	g, _ := e.lockGraph()
	r.Edges = g.Edges()
	return r, nil
}

func sortViolations(vs []Violation) {
	rank := map[string]int{}
	for i, inv := range spec.Invariants() {
		rank[inv.ID] = i
	}
	slices.SortStableFunc(vs, func(a, b Violation) int {
		if a.Invariant != b.Invariant {
			return rank[a.Invariant] - rank[b.Invariant]
		}
		if a.Steps != b.Steps {
			return a.Steps - b.Steps
		}
		return strings.Compare(a.Function+strings.Join(a.Actors, ","), b.Function+strings.Join(b.Actors, ","))
	})
}

func (e *explorer) violation(p *player, d discovery) (Violation, error) {
	shown, t, err := e.show(p, d)
	if err != nil {
		return Violation{}, err
	}
	return e.render(p, shown, t)
}

// show rebuilds the operations that lead to a discovery.
func (e *explorer) show(p *player, d discovery) (distinct, trail, error) {
	init, keys := e.keysTo(d.from)
	t, err := p.follow(init, keys)
	if err != nil {
		return distinct{}, t, err
	}
	same := func(o distinct) bool { return o.key() == d.key() }
	finish := p.finish
	if d.deadlock {
		finish = p.finishDeadlock
	}
	shown, ok := finish(&t, same)
	if !ok {
		return shown, t, fmt.Errorf("internal error: a violation of %s cannot be shown again", d.invariant)
	}
	return shown, t, nil
}

// render makes a violation of a trail that shows it.
func (e *explorer) render(p *player, d distinct, t trail) (Violation, error) {
	steps, err := p.steps(t)
	if err != nil {
		return Violation{}, err
	}
	v := e.violationOf(d, slices.Concat(steps...), t.schedule)
	v.Initial = e.inits[t.schedule.init].name
	return v, nil
}

// violationOf makes a violation that the schedules show together.
func (e *explorer) violationOf(d distinct, steps []Step, schedules ...schedule) Violation {
	v := Violation{Invariant: d.invariant.ID, Function: d.function, Locks: orEmpty(d.locks), Actors: d.actors, Why: d.why,
		Platforms: platformsOf(e.config.Actors, d.actors), Token: e.config.token(d, len(e.a.nodes), schedules...), Trace: steps,
		Initial: onePathAnEdge}
	for _, s := range schedules {
		v.Steps += len(s.moves)
	}
	return v
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// everyPlatform is what an actor without platforms of its own runs on.
var everyPlatform = [...]string{"x86", "arm64", "powernv", "pseries", "s390"}

// Platforms returns the platforms that the specification knows.
func Platforms() []string { return slices.Clone(everyPlatform[:]) }

// platformsOf returns the platforms that have all the named actors.
func platformsOf(actors []spec.Actor, names []string) []string {
	out := Platforms()
	for _, a := range actors {
		if slices.Contains(names, a.Name) && a.Platforms != nil {
			out = slices.DeleteFunc(out, func(p string) bool { return !slices.Contains(a.Platforms, p) })
		}
	}
	return out
}
