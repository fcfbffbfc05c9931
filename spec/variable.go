package spec

// VarClass is a class of shared variables with a small finite domain.
type VarClass struct {
	// Name is the kernel's, for example "mem->state".
	Name string
	// Values names the values; the variable ranges over their indices. One value makes a
	// variable that carries no data and is only accessed, such as zone and node counters.
	Values []string
	// Scope is Global or PerBlock.
	Scope Scope
	// Doc says what the variable is and where it lives.
	Doc string
	// Init is the value before anything happened.
	Init int
	// Protected names the lock that should protect the variable in kernel k, or is nil.
	// The checker never relies on it: it finds out which lock really protects a variable.
	Protected func(k Kernel) *LockClass
	// WriteRule, if set, is broken when the variable is written without Protected held for writing.
	WriteRule *Invariant
}

// Of returns the variable of this class that belongs to block b. For a global class b is ignored.
func (c *VarClass) Of(b Block) Var {
	if c.Scope == Global {
		b = NoBlock
	}
	return Var{c, b}
}

// Var is one variable: comparable, and usable as a map key.
type Var struct {
	Class *VarClass
	Block Block
}

func (v Var) String() string { return objectName(v.Class.Name, v.Block) }

// ValueName returns the name of value x.
func (v Var) ValueName(x int) string { return v.Class.Values[x] }
