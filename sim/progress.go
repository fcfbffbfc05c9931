package sim

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"memhp/spec"
)

// addProgress adds to a result what livelocks there are.
func (e *explorer) addProgress(ctx context.Context, r *Result) error {
	found, limit, err := e.progressViolations(ctx)
	r.Violations = append(r.Violations, found...)
	sortViolations(r.Violations)
	if limit != "" && r.Complete {
		r.Complete, r.Limit = false, "the search for livelocks: "+limit
	}
	return err
}

// progressViolations looks for livelocks. If no loop of the automata can be gone round for ever there are none, and there is nothing
// to explore (docs/semantics.md, theorem L1); otherwise it explores a second time, with tasks that rest where a livelock may have them.
// If a limit stops that, it says so.
func (e *explorer) progressViolations(ctx context.Context) (found []Violation, limit string, err error) {
	if !e.a.findEndless().any {
		return nil, "", nil
	}
	c := e.config
	c.livelocks, c.Reductions.NoFocus = true, true // those who go round may be on two blocks
	again, err := newExplorer(c)
	if err != nil {
		return nil, "", err
	}
	s := &livelockSearch{e: again, finder: newLivelockFinder(again.a, c.Tasks), player: newPlayer(again.a, again.packing, again.inits)}
	again.look = s.look
	if err = again.explore(ctx); err == nil {
		err = s.err
	}
	return s.least(), again.limit, err
}

// livelockSearch collects the livelocks of an exploration.
type livelockSearch struct {
	e      *explorer
	finder *livelockFinder
	player *player
	found  []Violation
	err    error
}

// look looks for livelocks at a state that the exploration came to.
func (s *livelockSearch) look(id stateID, at *state) {
	if s.err != nil || len(s.finder.find(at)) == 0 {
		return
	}
	init, keys := s.e.keysTo(id)
	t, err := s.player.follow(init, keys)
	if err != nil {
		s.err = err
		return
	}
	// Following the keys keeps tasks and blocks in their places, which the state of a key does not.
	for _, l := range newLivelockFinder(s.e.a, s.e.config.Tasks).find(&t.at) {
		v, err := s.e.renderLivelock(s.player, l, t)
		if err != nil {
			s.err = err
			return
		}
		s.found = append(s.found, v)
	}
}

// least returns the livelocks whose tasks do not contain those of another.
func (s *livelockSearch) least() []Violation {
	var out []Violation
	for i, v := range s.found {
		more := func(j int, w Violation) bool {
			return contains(v.Actors, w.Actors) && (len(v.Actors) > len(w.Actors) || j < i && v.Same(w))
		}
		least := true
		for j, w := range s.found {
			least = least && (i == j || !more(j, w))
		}
		if least {
			out = append(out, v)
		}
	}
	return out
}

// contains tells whether each of less is in more, as many times.
func contains(more, less []string) bool {
	more = slices.Clone(more)
	for _, x := range less {
		i := slices.Index(more, x)
		if i < 0 {
			return false
		}
		more = slices.Delete(more, i, i+1)
	}
	return true
}

// renderLivelock makes a violation of a livelock at the end of a trail.
func (e *explorer) renderLivelock(p *player, l *livelock, t trail) (Violation, error) {
	d := e.explainLivelock(l)
	t.ops = slices.Clone(t.ops)
	moves := len(l.in) + len(l.round)
	first := len(t.ops) + len(l.in)
	for _, st := range append(slices.Clone(l.in), l.round...) {
		t.ops = append(t.ops, taskMicro{task: st.task, micro: st.op})
	}
	t.ops[len(t.ops)-1].breaks = true
	for i := range e.config.Tasks {
		if n := l.at.node[i]; l.stay>>i&1 == 1 {
			t.ops = append(t.ops, taskMicro{task: i, micro: micro{node: n, answer: -1, next: n}, blocked: true})
		}
	}
	steps, err := p.steps(t)
	if err != nil {
		return Violation{}, err
	}
	for i := range steps {
		for j := range steps[i] {
			steps[i][j].Cycle = i >= first && !steps[i][j].Blocked
		}
	}
	v := e.violationOf(d, slices.Concat(steps...), t.schedule)
	v.Initial = e.inits[t.schedule.init].name
	v.Steps += moves
	return v, nil
}

// explainLivelock says who goes round, who waits for them, and what they hold all the time.
func (e *explorer) explainLivelock(l *livelock) distinct {
	d := distinct{invariant: spec.Progress}
	var functions, why []string
	for i := range e.config.Tasks {
		var at []int32
		for _, st := range l.round {
			if st.task == i {
				at = append(at, st.op.node)
			}
		}
		switch me := fmt.Sprintf("T%d", i+1); {
		case len(at) > 0:
			held := e.a.heldThroughout(at)
			d.locks = append(d.locks, held...)
			functions = append(functions, e.a.functionAt(e.a.outermost(at)))
			why = append(why, fmt.Sprintf("%s goes round for ever in %s()%s", me, functions[len(functions)-1], holding(held)))
			d.actors = append(d.actors, e.a.actorName(at[0]))
		case l.stay>>i&1 == 1:
			n := l.at.node[i]
			why = append(why, fmt.Sprintf("%s waits for %s", me, e.a.nodes[n].op.object()))
			d.actors = append(d.actors, e.a.actorName(n))
		}
	}
	slices.Sort(d.actors)
	slices.Sort(functions)
	slices.Sort(d.locks)
	d.locks = slices.Compact(d.locks)
	d.function = strings.Join(slices.Compact(functions), ", ")
	d.why = strings.Join(why, "; ") + "; every task that could go on all the time does, and none ends its operation"
	return d
}

func holding(held []string) string {
	if len(held) == 0 {
		return ""
	}
	return " with " + strings.Join(held, " and ") + " held"
}

// heldThroughout returns the locks that a task holds at all the nodes.
func (a *automaton) heldThroughout(at []int32) []string {
	all := ^uint64(0)
	for _, n := range at {
		all &= a.ex[n] | a.sh[n]
	}
	var out []string
	for ; all != 0; all &= all - 1 {
		if i := bits.TrailingZeros64(all); i < len(a.locks) {
			out = append(out, a.locks[i].String())
		}
	}
	return out
}

// outermost returns the node of the loop with the fewest calls around it: the function that loops is there.
func (a *automaton) outermost(at []int32) int32 {
	return slices.MinFunc(at, func(m, n int32) int { return len(a.nodes[m].stack) - len(a.nodes[n].stack) })
}
