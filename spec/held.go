package spec

import "slices"

// Hold is one lock that a task holds.
type Hold struct {
	Lock Lock
	Mode Mode
	// Trylock tells that the lock was taken by a trylock: it added no edge to the lock order.
	Trylock bool
}

func (h Hold) String() string {
	if h.Mode == Read {
		return h.Lock.String() + " (R)"
	}
	return h.Lock.String()
}

// Held is what a task holds, in the order of acquisition. It is the lockset monitor that
// the model and the trace checker share. The zero value holds nothing.
type Held []Hold

// Has tells whether lock l is held, in at least mode m.
func (s Held) Has(l Lock, m Mode) bool {
	return slices.ContainsFunc(s, func(h Hold) bool { return h.Lock == l && h.Mode >= m })
}

// HasClass tells whether some lock of class c is held, in at least mode m.
func (s Held) HasClass(c *LockClass, m Mode) bool {
	return slices.ContainsFunc(s, func(h Hold) bool { return h.Lock.Class == c && h.Mode >= m })
}

// With returns s and one more hold; s is not changed.
func (s Held) With(h Hold) Held {
	return append(slices.Clip(s), h)
}

// Without returns s less its newest hold of l in mode m, and whether there was one; s is not changed.
func (s Held) Without(l Lock, m Mode) (Held, bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].Lock == l && s[i].Mode == m {
			return slices.Delete(slices.Clone(s), i, i+1), true
		}
	}
	return s, false
}

// Recursion tells whether a task that holds s and requests l in mode m breaks no-recursion.
func (s Held) Recursion(l Lock, m Mode, k Kernel) bool {
	kind := l.Class.KindIn(k)
	for _, h := range s {
		if h.Lock != l {
			continue
		}
		nested := m == Read && (h.Mode == Read && kind.ReadersNest() || h.Mode == Write && kind.WriterMayRead())
		if !nested {
			return true
		}
	}
	return false
}

// Broken returns the clauses of f's contract in kernel k that a caller who holds s breaks.
// Clauses of the kind Takes are about the function's body, and are not looked at here.
func (s Held) Broken(f *Function, k Kernel) []Clause {
	var out []Clause
	for _, c := range f.Contract(k) {
		switch c.Demand {
		case Requires:
			if !s.HasClass(c.Lock, c.Mode) {
				out = append(out, c)
			}
		case Forbids:
			if s.HasClass(c.Lock, c.Mode) {
				out = append(out, c)
			}
		}
	}
	return out
}
