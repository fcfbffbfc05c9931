package spec

import "slices"

// Function is a modelled kernel function with its contract.
type Function struct {
	// Name is the C function's name.
	Name string
	// File is the C source file.
	File string
	// Clauses are the parts of its contract.
	Clauses []Clause
	// Errnos are the values that it may return besides 0, in some kernel; Some bounds the kernels of those that not every kernel returns.
	Errnos []Errno
	Some   []ErrnoSpan
	// Answers tells that its procedure returns something else than an errno, such as a bool. Replace refuses it: what replaces it could not say what.
	Answers bool
	// Doc is a sentence on what it does.
	Doc string
}

func (f *Function) String() string { return f.Name }

// ErrnoSpan bounds the kernels in which a function returns an errno: those with From and without Until.
type ErrnoSpan struct {
	Errno       Errno
	From, Until *Change
}

// Returns are the values besides 0 that f may return in kernel k.
func (f *Function) Returns(k Kernel) []Errno {
	var out []Errno
	for _, e := range f.Errnos {
		i := slices.IndexFunc(f.Some, func(s ErrnoSpan) bool { return s.Errno == e })
		if i < 0 || (f.Some[i].From == nil || k.Has(f.Some[i].From)) && (f.Some[i].Until == nil || !k.Has(f.Some[i].Until)) {
			out = append(out, e)
		}
	}
	return out
}

// Demand says what a clause is about.
type Demand uint8

// The demands of a contract.
const (
	// Requires: the caller holds the lock.
	Requires Demand = iota + 1
	// Takes: the function takes and releases the lock itself.
	Takes
	// Forbids: the caller must not hold the lock.
	Forbids
)

func (d Demand) String() string {
	return [...]string{Requires: "requires", Takes: "takes", Forbids: "must not be called under"}[d]
}

// Clause is one part of a function's contract.
type Clause struct {
	Demand Demand
	Lock   *LockClass
	// Mode is the least mode: Write satisfies Read.
	Mode Mode
	// Rule is the invariant that is broken when the clause is.
	Rule *Invariant
	// From and Until bound the kernels that the clause is about: those with From and without Until.
	From, Until *Change
	// Why gives the reason, and the commit or document that says so.
	Why string
}

// In tells whether the clause applies to kernel k.
func (c Clause) In(k Kernel) bool {
	return (c.From == nil || k.Has(c.From)) && (c.Until == nil || !k.Has(c.Until)) && c.Lock.ExistsIn(k)
}

// Contract returns the clauses of f that apply to kernel k.
func (f *Function) Contract(k Kernel) []Clause {
	var cs []Clause
	for _, c := range f.Clauses {
		if c.In(k) {
			cs = append(cs, c)
		}
	}
	return cs
}
