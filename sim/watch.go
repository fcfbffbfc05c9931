package sim

import (
	"slices"

	"memhp/spec"
)

// event is the call of a function, or its return.
type event struct {
	function *spec.Function
	returns  bool
	errno    spec.Errno
}

// watcher is a spec.Task that notes the calls of functions and what they return.
type watcher struct{ *replay }

// watched returns the actors with their calls noted.
func watched(actors []spec.Actor) []spec.Actor {
	out := slices.Clone(actors)
	for i, a := range actors {
		out[i].Run = func(t spec.Task, b spec.Block) spec.Errno {
			if r, ok := t.(*replay); ok {
				t = watcher{r}
			}
			return a.Run(t, b)
		}
	}
	return out
}

// Call implements spec.Task.
func (w watcher) Call(f *spec.Function) func(...*spec.Errno) {
	w.note(event{function: f})
	leave := w.replay.Call(f)
	return func(returns ...*spec.Errno) {
		leave()
		for _, e := range returns {
			w.note(event{f, true, *e})
		}
	}
}

func (w watcher) note(e event) {
	if !w.cut {
		w.events = append(w.events, e)
	}
}

// seen is which answers were given and where tasks waited, by node. A nil one notes nothing.
type seen struct {
	took   [][]bool
	waited []bool
}

func newSeen(a *automaton) *seen {
	s := &seen{took: make([][]bool, len(a.nodes)), waited: make([]bool, len(a.nodes))}
	for i := range s.took {
		s.took[i] = make([]bool, len(a.nodes[i].next))
	}
	return s
}

func (s *seen) take(n int32, answer int) {
	if s != nil && answer < len(s.took[n]) {
		s.took[n][answer] = true
	}
}

func (s *seen) wait(n int32) {
	if s != nil {
		s.waited[n] = true
	}
}

// goOn notes what follows a failing round trip, which exploration leaves out: the task drops its references and is idle again, and nothing
// can keep it from that (docs/semantics.md, theorem 3).
func (s *seen) goOn(a *automaton, arrived []bool) {
	for i := range a.nodes {
		if !a.code[i].idle || !s.took[i][0] {
			continue
		}
		for n := a.nodes[i].next[0]; n != root; n = a.nodes[n].next[0] {
			arrived[n] = true
			s.take(n, 0)
		}
	}
}
