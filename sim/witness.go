package sim

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// move is one scheduling step: which task, and which of the outcomes of its step.
type move struct{ task, outcome int }

// schedule is a start and the moves from there.
type schedule struct {
	init  int
	moves []move
	// request, for a schedule that ends with a request for a lock, counts the operations of the last move before it.
	request int
}

// micro is one operation of a step: the operation at node got answer, and left the state in vars.
type micro struct {
	node   int32
	answer int
	next   int32
}

// player runs schedules, and keeps the operations that it did.
type player struct {
	a       *automaton
	packing packing
	inits   []initial
	x       stepper
	log     []micro // of the step that is computed
	onEmit  func(s *state)
	onFind  func(f finding)
}

func newPlayer(a *automaton, p packing, inits []initial) *player {
	pl := &player{a: a, packing: p, inits: inits}
	pl.x = stepper{a: a, tasks: p.tasks, arrived: make([]bool, len(a.nodes)),
		emit:   func(s *state) { pl.onEmit(s) },
		report: func(f finding) { pl.onFind(f) }}
	pl.x.log = &pl.log
	return pl
}

// step runs task i and calls emit and find with what comes of it.
func (p *player) step(s *state, i int, emit func(*state), find func(finding)) {
	p.log = p.log[:0]
	p.onEmit, p.onFind = emit, find
	p.x.step(s, i)
}

// trail is a schedule that was run: the states before each move, and all operations.
type trail struct {
	schedule schedule
	at       state // the last state
	ops      []taskMicro
}

type taskMicro struct {
	task int
	micro
	breaks, blocked bool
	// entering tells that not the operation breaks the rule, but the call of function just before it.
	entering bool
	function string
}

// follow finds the moves that lead from one state to the next along keys, keeping each task in its place.
func (p *player) follow(init int, keys []key) (trail, error) {
	t := trail{schedule: schedule{init: init}, at: p.inits[init].state}
	for _, want := range keys {
		if !p.followOne(&t, want) {
			return t, fmt.Errorf("internal error: the path to a state cannot be followed")
		}
	}
	return t, nil
}

func (p *player) followOne(t *trail, want key) bool {
	from, done := t.at, false
	for i := 0; i < p.packing.tasks && !done; i++ {
		p.step(&from, i, func(s *state) {
			if !done && p.packing.pack(s) == want {
				done = true
				t.take(move{i, p.x.outcome}, s, p.log)
			}
		}, func(finding) {})
	}
	return done
}

func (t *trail) take(m move, s *state, log []micro) {
	t.schedule.moves = append(t.schedule.moves, m)
	t.at = *s
	for _, o := range log {
		t.ops = append(t.ops, taskMicro{task: m.task, micro: o})
	}
}

// finish makes the last step, the one that shows violation d, and returns how d explains itself in this trail.
func (p *player) finish(t *trail, match func(distinct) bool) (distinct, bool) {
	from := t.at
	var out distinct
	found := false
	for i := 0; i < p.packing.tasks && !found; i++ {
		p.step(&from, i, func(*state) {}, func(f finding) {
			for _, d := range p.x.explain(f) {
				if !found && match(d) {
					found, out = true, d
					t.takeFinding(f, d, move{i, p.x.outcome}, p.log)
				}
			}
		})
	}
	return out, found
}

// takeFinding ends the trail with the operations up to the one that breaks the rule.
func (t *trail) takeFinding(f finding, d distinct, m move, log []micro) {
	t.take(m, f.state, log)
	if f.kind != brokenAgreement {
		t.ops = append(t.ops, taskMicro{task: m.task, micro: micro{node: f.node, answer: -1, next: f.node}, entering: d.call, function: d.function})
	}
	t.ops[len(t.ops)-1].breaks = true
}

// finishDeadlock marks the tasks of a stuck set, one that matches.
func (p *player) finishDeadlock(t *trail, match func(distinct) bool) (distinct, bool) {
	for _, core := range p.x.cores(&t.at, p.x.stuck(&t.at)) {
		if d := p.x.explain(finding{kind: deadlock, state: &t.at, set: core})[0]; match(d) {
			p.markStuck(t, core)
			return d, true
		}
	}
	return distinct{}, false
}

func (p *player) markStuck(t *trail, core uint32) {
	for i := 0; i < p.packing.tasks; i++ {
		if core>>i&1 == 1 {
			n := t.at.node[i]
			t.ops = append(t.ops, taskMicro{task: i, micro: micro{node: n, answer: -1, next: n}, blocked: true})
		}
	}
	t.ops[len(t.ops)-1].breaks = true
}

// steps renders the operations of a trail, each with what it takes to understand it.
func (p *player) steps(t trail) ([][]Step, error) {
	c := newRecaller(p.a, p.inits[t.schedule.init], p.packing.tasks)
	out := make([][]Step, len(t.ops))
	for i, o := range t.ops {
		var err error
		if out[i], err = c.steps(o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// valueOf says in words what an operation wrote or was answered; answer is -1 if it was not done.
func valueOf(o op, answer int) string {
	switch o.kind {
	case opWrite, opWait, opAssert:
		return o.v.ValueName(o.arg)
	case opReturn:
		return spec.Errno(o.arg).String()
	case opRead:
		if answer >= 0 {
			return o.v.ValueName(answer)
		}
	case opSwap:
		if answer == 1 {
			return o.v.ValueName(o.old) + " to " + o.v.ValueName(o.arg)
		}
		return "fails"
	case opTryLock, opTryRLock:
		if answer == 1 {
			return "taken"
		}
		return "fails"
	case opChoose:
		return chosen(o, answer)
	}
	return ""
}

// chosen names a choice: the question may list its answers after a colon or with commas.
func chosen(o op, answer int) string {
	_, list, ok := strings.Cut(o.what, ": ")
	if !ok {
		list = o.what
	}
	words := strings.Split(list, ", ")
	switch {
	case answer < 0:
		return ""
	case len(words) == o.arg:
		return words[answer]
	case o.arg == 2:
		return [...]string{"no", "yes"}[answer]
	}
	return fmt.Sprint(answer)
}

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

// cycleViolations shows each harmful cycle of the lock order by one path for each of its edges.
func (e *explorer) cycleViolations(p *player) ([]Violation, error) {
	g, sites := e.lockGraph()
	var out []Violation
	for _, c := range g.Cycles() {
		d := cycleDistinct(c)
		var all []Step
		var paths []schedule
		for i, edge := range c {
			path, steps, err := e.edgePath(p, edge, sites[edge.Site], i)
			if err != nil {
				return nil, err
			}
			all, paths = append(all, steps...), append(paths, path)
		}
		out = append(out, e.violationOf(d, all, paths...))
	}
	return out, nil
}

const onePathAnEdge = "one path for each edge of the cycle"

func cycleDistinct(c spec.Cycle) distinct {
	d := distinct{invariant: spec.LockOrder, locks: c.Classes(), why: describeCycle(c)}
	var functions []string
	for _, e := range c {
		d.actors = append(d.actors, e.Site.Actor)
		functions = append(functions, e.Site.Function)
	}
	slices.Sort(d.actors)
	d.actors = slices.Compact(d.actors)
	slices.Sort(functions)
	d.function = strings.Join(slices.Compact(functions), ", ")
	return d
}

func describeCycle(c spec.Cycle) string {
	var parts []string
	for _, e := range c {
		parts = append(parts, fmt.Sprintf("%s (%s) requests %s with %s held", e.Site.Actor, e.Site.Function, e.To.Name, e.From.Name))
	}
	return strings.Join(parts, "; ") + "; no gate lock is held for writing by two of them"
}

// edgePath returns what one task does up to the request that makes the edge, as the steps of the given task.
func (e *explorer) edgePath(p *player, edge spec.Edge, nodes []int32, task int) (schedule, []Step, error) {
	n, ok := e.nodeOf(edge, nodes)
	if !ok {
		return schedule{}, nil, fmt.Errorf("internal error: no node makes the edge %s -> %s", edge.From.Name, edge.To.Name)
	}
	init, keys := e.keysTo(e.reach[n].from)
	t, err := p.follow(init, keys)
	if err != nil {
		return schedule{}, nil, err
	}
	who := p.reachNode(&t, n)
	if who < 0 {
		return schedule{}, nil, fmt.Errorf("internal error: node %d cannot be reached again", n)
	}
	steps, err := p.ownSteps(t, who, task)
	return t.schedule, steps, err
}

// nodeOf returns, of the nodes that make an edge, the one that was reached first.
func (e *explorer) nodeOf(edge spec.Edge, nodes []int32) (int32, bool) {
	best := noNode
	for _, n := range nodes {
		if e.makes(n, edge) && (best == noNode || e.reach[n].order < e.reach[best].order) {
			best = n
		}
	}
	return best, best != noNode
}

func (e *explorer) makes(n int32, edge spec.Edge) bool {
	nd := &e.a.nodes[n]
	m, _ := nd.op.kind.acquires()
	return slices.ContainsFunc(spec.NewGraph(e.a.kernel).Add(nd.held, nd.op.lock, m, edge.Site), func(made spec.Edge) bool {
		return made.From == edge.From && made.To == edge.To && made.FromMode == edge.FromMode && slices.Equal(made.Gates, edge.Gates)
	})
}

// reachNode makes the step that brings some task to node n, or to the same of another block, and returns the task.
func (p *player) reachNode(t *trail, n int32) int {
	from, who := t.at, -1
	for i := 0; i < p.packing.tasks && who < 0; i++ {
		p.x.onLand = func(s *state, m int32) {
			if who < 0 && p.packing.alike(m, n) {
				who = i
				t.schedule.request = len(p.log)
				t.take(move{i, p.x.outcome}, s, p.log)
				t.ops = append(t.ops, taskMicro{task: i, micro: micro{node: m, answer: -1, next: m}})
			}
		}
		p.step(&from, i, func(*state) {}, func(finding) {})
	}
	p.x.onLand = nil
	return who
}

// ownSteps returns what task who did since it was last idle, as the steps of task as; the last one makes an edge.
func (p *player) ownSteps(t trail, who, as int) ([]Step, error) {
	steps, err := p.steps(t)
	if err != nil {
		return nil, err
	}
	var out []Step
	for i, o := range t.ops {
		if o.task != who {
			continue
		}
		for _, s := range steps[i] {
			s.Task = as + 1
			out = append(out, s)
		}
		if o.next == root {
			out = out[:0]
		}
	}
	out[len(out)-1].Breaks = true
	return out, nil
}
