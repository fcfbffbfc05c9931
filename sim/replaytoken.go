package sim

import (
	"fmt"
	"slices"

	"memhp/spec"
)

// Replay runs the counterexample that a token describes and returns it. The token of a check with actors of one's own
// needs the same actors; nil means the actors that the token names.
func Replay(token string, actors []spec.Actor) (*Result, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	t.config.Actors = actors
	c, err := t.config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	c.livelocks = t.invariant == spec.Progress
	e, err := newExplorer(c)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	if len(e.a.nodes) != t.nodes {
		return nil, fmt.Errorf("token: it was made with other procedures (%d nodes, now %d)", t.nodes, len(e.a.nodes))
	}
	v, err := e.replay(t)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	r := &Result{Kernel: c.Kernel.String(), Groups: c.groups, Platform: c.Platform, Tasks: c.Tasks, Blocks: c.Blocks, Violations: []Violation{v}, Limit: "one schedule only", Nodes: len(e.a.nodes)}
	for _, a := range c.Actors {
		r.Actors = append(r.Actors, a.Name)
	}
	return r, nil
}

func (e *explorer) replay(t tokenParts) (Violation, error) {
	p := newPlayer(e.a, e.packing, e.inits)
	if t.invariant == spec.LockOrder {
		return e.replayCycle(p, t)
	}
	keepLast := t.invariant != spec.NoDeadlock && t.invariant != spec.Progress
	tr, last, err := p.play(t.schedules[0], keepLast)
	if err != nil {
		return Violation{}, err
	}
	if t.invariant == spec.Progress {
		return e.replayLivelock(p, tr, t.rule)
	}
	var d distinct
	ok := false
	if t.invariant == spec.NoDeadlock {
		d, ok = p.finishDeadlock(&tr, func(d distinct) bool { return d.tokenRule() == t.rule })
	} else {
		d, ok = p.finishMove(&tr, last, t.rule)
	}
	if !ok {
		return Violation{}, fmt.Errorf("the schedule does not break %s", t.invariant)
	}
	return e.render(p, d, tr)
}

// replayLivelock shows the livelock of the given rule at the end of a trail.
func (e *explorer) replayLivelock(p *player, t trail, rule string) (Violation, error) {
	for _, l := range newLivelockFinder(e.a, e.config.Tasks).find(&t.at) {
		if e.explainLivelock(l).tokenRule() == rule {
			return e.renderLivelock(p, l, t)
		}
	}
	return Violation{}, fmt.Errorf("the schedule does not lead to a livelock in %s", rule)
}

// play makes the moves of a schedule; with keepLast it leaves out the last one and returns it.
func (p *player) play(s schedule, keepLast bool) (trail, move, error) {
	var last move
	if s.init < 0 || s.init >= len(p.inits) {
		return trail{}, last, fmt.Errorf("there is no start %d", s.init)
	}
	t := trail{schedule: schedule{init: s.init}, at: p.inits[s.init].state}
	moves := s.moves
	if keepLast {
		if len(moves) == 0 {
			return t, last, fmt.Errorf("the schedule has no move")
		}
		last, moves = moves[len(moves)-1], moves[:len(moves)-1]
	}
	for i, m := range append(moves, last)[:len(s.moves)] {
		if m.task >= p.packing.tasks {
			return t, last, fmt.Errorf("move %d: there is no task %c", i+1, 'a'+m.task)
		}
	}
	for i, m := range moves {
		if !p.playOne(&t, m) {
			return t, last, fmt.Errorf("move %d: task %c has no outcome %d here", i+1, 'a'+m.task, m.outcome)
		}
	}
	return t, last, nil
}

func (p *player) playOne(t *trail, m move) bool {
	from, done := t.at, false
	p.step(&from, m.task, func(s *state) {
		if !done && p.x.outcome == m.outcome {
			done = true
			t.take(m, s, p.log)
		}
	}, func(finding) {})
	return done
}

// finishMove makes the last move, and returns what breaks the rule.
func (p *player) finishMove(t *trail, m move, rule string) (out distinct, found bool) {
	from := t.at
	p.step(&from, m.task, func(*state) {}, func(f finding) {
		if found || p.x.outcome != m.outcome {
			return
		}
		for _, d := range p.x.explain(f) {
			if !found && d.tokenRule() == rule {
				found, out = true, d
				t.takeFinding(f, d, m, p.log)
			}
		}
	})
	return out, found
}

// replayCycle runs one schedule for each edge, and checks that the edges form a harmful cycle.
func (e *explorer) replayCycle(p *player, t tokenParts) (Violation, error) {
	g := spec.NewGraph(e.a.kernel)
	for i := range e.a.nodes {
		if o := e.a.nodes[i].op; o.kind == opLock {
			g.NoteWriter(o.lock.Class)
		}
	}
	var all []Step
	for i, s := range t.schedules {
		tr, last, err := p.play(s, true)
		if err != nil {
			return Violation{}, err
		}
		n, ok := p.request(&tr, last, s.request)
		if !ok {
			return Violation{}, fmt.Errorf("schedule %d does not end with a request for a lock", i+1)
		}
		nd := &e.a.nodes[n]
		m, _ := nd.op.kind.acquires()
		g.Add(nd.held, nd.op.lock, m, spec.Site{Actor: e.a.actorName(n), Function: e.a.functionAt(n)})
		steps, err := p.ownSteps(tr, last.task, i)
		if err != nil {
			return Violation{}, err
		}
		all = append(all, steps...)
	}
	cycles := slices.DeleteFunc(g.Cycles(), func(c spec.Cycle) bool { return len(c) != len(t.schedules) }) // not a shorter one inside
	if len(cycles) == 0 {
		return Violation{}, fmt.Errorf("the schedules do not make a harmful cycle")
	}
	d := cycleDistinct(cycles[0])
	return e.violationOf(d, all, t.schedules...), nil
}

// request makes the last move of an edge's schedule, and returns the node that requests the lock: the one to which
// the task comes after so many operations.
func (p *player) request(t *trail, m move, after int) (int32, bool) {
	from, at := t.at, noNode
	var log []micro
	var there state
	p.x.onLand = func(s *state, n int32) {
		_, ok := p.a.nodes[n].op.kind.acquires()
		if ok && p.x.outcome == m.outcome && len(p.log) == after {
			at, there = n, *s
			log = append(log[:0], p.log...)
		}
	}
	p.step(&from, m.task, func(*state) {}, func(finding) {})
	p.x.onLand = nil
	if at == noNode {
		return at, false
	}
	t.take(m, &there, log)
	t.ops = append(t.ops, taskMicro{task: m.task, micro: micro{node: at, answer: -1, next: at}})
	return at, true
}
