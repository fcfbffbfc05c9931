package sim

import (
	"maps"
	"slices"

	"memhp/spec"
)

// scene is what a counterexample was made of: who took part, on how large a machine, and how their operations were answered. With other
// changes, the same actors who stop where they are answered otherwise are a small machine, and what it does the whole machine does too.
type scene struct {
	cast    []string
	size    spec.Size
	answers map[question][]string
}

// question is an operation that may be answered in several ways, as a trace shows it.
type question struct{ actor, function, op, object string }

// sceneOf returns the scene of a counterexample.
func sceneOf(v Violation, size spec.Size) *scene {
	s := &scene{size: size, cast: slices.Clone(v.Actors), answers: map[question][]string{}}
	for _, st := range v.Trace {
		s.cast = append(s.cast, st.Actor)
		if q := (question{st.Actor, st.Function, st.Op, st.Object}); !slices.Contains(s.answers[q], st.Value) {
			s.answers[q] = append(s.answers[q], st.Value)
		}
	}
	slices.Sort(s.cast)
	s.cast = slices.Compact(s.cast)
	return s
}

// plays tells whether an actor may go on with answer a at node n. What the scene did not ask is open; but a choice that it did not make
// has the first answer, which is that nothing is out of the ordinary.
func (s *scene) plays(actor string, n *node, a int) bool {
	if s == nil || n.op.answers() < 2 {
		return true
	}
	given, asked := s.answers[question{actor, innermost(n.stack, actor), n.op.kind.String(), n.op.object()}]
	if asked && slices.Contains(given, valueOf(n.op, a)) {
		return true
	}
	if n.op.kind == opChoose {
		return a == 0
	}
	return !asked
}

// scenesOf returns the distinct scenes of counterexamples, those with few actors first.
func scenesOf(vs []Violation, size spec.Size) []*scene {
	var out []*scene
	for _, v := range vs {
		if s := sceneOf(v, size); !slices.ContainsFunc(out, s.same) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *scene) int { return len(a.cast) - len(b.cast) })
	return out
}

func (s *scene) same(o *scene) bool {
	return s.size == o.size && slices.Equal(s.cast, o.cast) && maps.EqualFunc(s.answers, o.answers, slices.Equal)
}
