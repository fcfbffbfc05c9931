package sim

import (
	"slices"

	"memhp/spec"
)

// knowledge is what a task can know of variables: values that it read or wrote under a lock that it has held since.
type knowledge []fact

type fact struct {
	v     spec.Var
	value int
	under []spec.Lock // held without a break since
}

func (k knowledge) about(v spec.Var, guards protection) (int, bool) {
	for _, f := range k {
		if f.v == v && slices.ContainsFunc(f.under, func(l spec.Lock) bool { return guards.allows(v, l) }) {
			return f.value, true
		}
	}
	return 0, false
}

// last returns the value that the task itself read or wrote last.
func (k knowledge) last(v spec.Var) (int, bool) {
	for _, f := range k {
		if f.v == v {
			return f.value, true
		}
	}
	return 0, false
}

// Value, Held and Active make knowledge a spec.State of a task that holds nothing and sees every object.
func (k knowledge) Value(v spec.Var) int { x, _ := k.last(v); return x }

// Held implements spec.State.
func (k knowledge) Held(spec.Lock) bool { return false }

// Active implements spec.State.
func (k knowledge) Active(spec.Lock) bool { return true }

func (k knowledge) without(v spec.Var) knowledge {
	return slices.DeleteFunc(k, func(f fact) bool { return f.v == v })
}
