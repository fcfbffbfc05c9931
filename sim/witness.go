package sim

import (
	"fmt"
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
