package spec

// Invariant is a rule that no reachable state or step of a right kernel breaks.
type Invariant struct {
	// ID is stable: users, JSON and the documentation refer to it.
	ID string
	// Statement is the rule in one sentence.
	Statement string
	// Reason says why the rule exists.
	Reason string
	// Source is the commit or document that the rule comes from.
	Source string
}

func (i *Invariant) String() string { return i.ID }

// State is a look at one state of the machine, for predicates over several tasks.
type State interface {
	// Value returns the value of v.
	Value(v Var) int
	// Held tells whether some task holds l, in whatever mode.
	Held(l Lock) bool
	// Active tells whether the kernfs node of l is active.
	Active(l Lock) bool
}
