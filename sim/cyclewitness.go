package sim

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

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
