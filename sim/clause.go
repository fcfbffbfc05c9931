package sim

import (
	"context"
	"math/bits"
	"slices"
)

// maxCandidates bounds the changes that a search for backports chooses from.
const maxCandidates = 256

// changeSet is a set of candidate changes, by their indices.
type changeSet [maxCandidates / 64]uint64

func (s changeSet) has(i int) bool { return s[i/64]>>(i%64)&1 == 1 }

func (s changeSet) with(i int) changeSet { s[i/64] |= 1 << (i % 64); return s }

func (s changeSet) without(i int) changeSet { s[i/64] &^= 1 << (i % 64); return s }

func (s changeSet) and(o changeSet) changeSet {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s changeSet) or(o changeSet) changeSet {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s changeSet) minus(o changeSet) changeSet {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

func (s changeSet) size() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// members returns the indices in s, in order.
func (s changeSet) members() []int {
	var out []int
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			out = append(out, i*64+bits.TrailingZeros64(w))
		}
	}
	return out
}

// clause is something that was learnt: a right set has a change of add, or lacks one of drop.
type clause struct{ add, drop changeSet }

// refutes tells whether the clause shows that s is wrong.
func (c clause) refutes(s changeSet) bool {
	return c.add.and(s) == changeSet{} && c.drop.minus(s) == changeSet{}
}

// differs returns the clause that is satisfied by every set that differs from s on the changes in asked.
func differs(s, asked changeSet) clause {
	return clause{add: asked.minus(s), drop: asked.and(s)}
}

// clauses are what was learnt so far.
type clauses []clause

// imply tells whether a clause says all that c says.
func (cs clauses) imply(c clause) bool {
	return slices.ContainsFunc(cs, func(d clause) bool { return d.implies(c) })
}

// adding returns cs and c, without those that say nothing that another does not say.
func (cs clauses) adding(c clause) clauses {
	if cs.imply(c) {
		return cs
	}
	kept := slices.DeleteFunc(slices.Clone(cs), c.implies)
	return append(kept, c)
}

// implies tells whether every set that satisfies c satisfies d.
func (c clause) implies(d clause) bool {
	return c.add.minus(d.add) == changeSet{} && c.drop.minus(d.drop) == changeSet{}
}

func (cs clauses) refute(s changeSet) bool {
	for _, c := range cs {
		if c.refutes(s) {
			return true
		}
	}
	return false
}

// tightest returns the clause that refutes s and leaves the fewest changes to add.
func (cs clauses) tightest(s changeSet) (clause, bool) {
	var best clause
	found := false
	for _, c := range cs {
		if c.refutes(s) && (!found || c.add.size() < best.add.size()) {
			best, found = c, true
		}
	}
	return best, found
}

// smallest returns a set with the fewest changes that no clause refutes and that close leaves as it is; ok is false if
// there is none. Every such set that contains s and is refuted by a clause has one of the changes to add, since it has
// all those to drop: so the search, smallest sets first, misses none.
func (cs clauses) smallest(ctx context.Context, close func(changeSet) changeSet) (s changeSet, ok bool) {
	levels := [][]changeSet{{close(changeSet{})}}
	seen := map[changeSet]bool{}
	for size := 0; size < len(levels); size++ {
		for i := 0; i < len(levels[size]); i++ {
			s := levels[size][i]
			c, refuted := cs.tightest(s)
			switch {
			case !refuted:
				return s, true
			case ctx.Err() != nil:
				return s, false
			}
			for _, x := range c.add.members() {
				next := close(s.with(x))
				if seen[next] {
					continue
				}
				seen[next] = true
				for n := next.size(); len(levels) <= n; {
					levels = append(levels, nil)
				}
				levels[next.size()] = append(levels[next.size()], next)
			}
		}
	}
	return s, false
}
