package main

import (
	"fmt"
	"strconv"
	"strings"

	"memhp/report"
)

// sharded is the flag of the subcommands whose work can be split over machines. Each does a part, and memhp merge puts the parts together.
type sharded struct {
	Shard shard `placeholder:"K/N" help:"Do only the Kth of N parts, for memhp merge to put together. Implies --format json."`
}

// shard is a part of the work: of its pieces the Kth, and every Nth after it. The zero value is all of it.
type shard struct{ k, n int }

// maxShards bounds N, so that a slip of the finger is told.
const maxShards = 10_000

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *shard) UnmarshalText(text []byte) error {
	k, n, _ := strings.Cut(string(text), "/")
	var err1, err2 error
	s.k, err1 = strconv.Atoi(k)
	s.n, err2 = strconv.Atoi(n)
	if err1 != nil || err2 != nil || s.k < 1 || s.k > s.n || s.n > maxShards {
		return fmt.Errorf("%q is no part: expected K/N with K from 1 to N, and N at most %d", text, maxShards)
	}
	return nil
}

// given tells whether the work is split.
func (s shard) given() bool { return s.n > 0 }

// has tells whether piece i, counted from 0, belongs to the part.
func (s shard) has(i int) bool { return s.n == 0 || i%s.n == s.k-1 }

// part is how the JSON of the part says which it is; nil if the work is not split.
func (s shard) part() *report.Part {
	if s.n == 0 {
		return nil
	}
	return &report.Part{K: s.k, N: s.n}
}
