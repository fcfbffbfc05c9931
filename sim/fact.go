package sim

import (
	"slices"

	"memhp/spec"
)

// Fact is what a predicate over states learns of a state.
type Fact struct {
	Kind FactKind
	Var  spec.Var  // of FactValue
	Lock spec.Lock // of the others
	// Value is the value of the variable; of the others it is 1 if it is so, and 0 if not.
	Value int
}

// FactKind says what a fact is about.
type FactKind uint8

// The kinds of fact: the value of a variable, whether somebody holds a lock, and whether a kernfs node is active.
const (
	FactValue FactKind = iota
	FactHeld
	FactActive
)

// Falsities returns the conjunctions of facts that make a predicate false, one for each way through it: it is asked with the facts so far,
// and what it looks at next is given each value. What the model does not have is as it is at the start.
func (m *Model) Falsities(g spec.Agreement, b spec.Block) [][]Fact { return m.falsities(g, b, nil) }

func (m *Model) falsities(g spec.Agreement, b spec.Block, known []Fact) [][]Fact {
	p := &probe{m: m, known: known}
	holds := g.Holds(p, b)
	switch {
	case p.asked == nil && holds:
		return nil
	case p.asked == nil:
		return [][]Fact{known}
	}
	var out [][]Fact
	for x := range p.values {
		f := *p.asked
		f.Value = x
		out = append(out, m.falsities(g, b, append(slices.Clip(known), f))...)
	}
	return out
}

// probe is a spec.State of which only some facts are known; it notes the first question that it cannot answer.
type probe struct {
	m      *Model
	known  []Fact
	asked  *Fact
	values int
}

func (p *probe) answer(question Fact, values int) int {
	for _, f := range p.known {
		if f.Kind == question.Kind && f.Var == question.Var && f.Lock == question.Lock {
			return f.Value
		}
	}
	if p.asked == nil {
		p.asked, p.values = &question, values
	}
	return 0
}

// Value implements spec.State.
func (p *probe) Value(v spec.Var) int {
	if !slices.Contains(p.m.Vars, v) {
		return v.Class.Init
	}
	return p.answer(Fact{Kind: FactValue, Var: v}, len(v.Class.Values))
}

// Held implements spec.State.
func (p *probe) Held(l spec.Lock) bool {
	return slices.Contains(p.m.Locks, l) && p.answer(Fact{Kind: FactHeld, Lock: l}, 2) == 1
}

// Active implements spec.State.
func (p *probe) Active(l spec.Lock) bool {
	return slices.Contains(p.m.Locks, l) && p.answer(Fact{Kind: FactActive, Lock: l}, 2) == 1
}
