package sim

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// Result is what a check found.
type Result struct {
	Kernel string   `json:"kernel"`
	Actors []string `json:"actors"`
	// Groups are the groups of actors that the check names, if it names no single actor.
	Groups []string `json:"groups,omitempty"`
	// Platform is the platform that the actors are restricted to, if any.
	Platform string `json:"platform,omitempty"`
	Tasks    int    `json:"tasks"`
	Blocks   int    `json:"blocks"`
	// Complete tells that every reachable state was seen; otherwise Limit says what stopped the search.
	Complete bool   `json:"complete"`
	Limit    string `json:"limit,omitempty"`
	// States and Transitions count distinct states, and steps from piece to piece.
	States      int64   `json:"states"`
	Transitions int64   `json:"transitions"`
	Seconds     float64 `json:"seconds"`
	// Bytes is the memory of the visited set.
	Bytes      uint64      `json:"bytes"`
	Nodes      int         `json:"nodes"`
	Depth      int         `json:"depth"`
	Violations []Violation `json:"violations"`
	// Coverage is what the check came to, if it was asked for.
	Coverage *Coverage `json:"coverage,omitempty"`
	// Edges is the lock order that the reached paths make.
	Edges []spec.Edge `json:"-"`
}

// Violation is one distinct broken rule: the same invariant, function and actors is the same violation.
type Violation struct {
	Invariant string   `json:"invariant"`
	Function  string   `json:"function"`
	Locks     []string `json:"locks"`
	Actors    []string `json:"actors"`
	// Why says which conjunct of the rule is false.
	Why string `json:"why"`
	// Platforms are the platforms that have all the actors; empty if none has.
	Platforms []string `json:"platforms"`
	// Steps counts the scheduling steps of Trace, the fewest that reach the violation.
	Steps int `json:"steps"`
	// Token makes memhp replay show the violation again.
	Token string `json:"token"`
	// Initial says where the trace starts.
	Initial string `json:"initial"`
	// Trace is the interleaving. For lock-order it is one path for each edge of the cycle, one after the other.
	Trace []Step `json:"trace"`
}

// Step is one operation of a trace.
type Step struct {
	// Task counts from 1.
	Task     int    `json:"task"`
	Actor    string `json:"actor"`
	Function string `json:"function"`
	// Stack is the call stack, outermost first.
	Stack []string `json:"stack,omitempty"`
	Op    string   `json:"op"`
	// Object is the lock or the variable, Value the value read, written or chosen.
	Object string `json:"object"`
	Value  string `json:"value"`
	// Held is what the task holds after the operation.
	Held []string `json:"held"`
	// Blocked tells that the task waits here for ever.
	Blocked bool `json:"blocked,omitempty"`
	// Cycle tells that the operation is one of those that are repeated for ever, in this order.
	Cycle bool `json:"cycle,omitempty"`
	// Breaks marks the operation that breaks the rule.
	Breaks bool `json:"breaks,omitempty"`
}

// String says in one line which rule is broken, by whom, where and why.
func (v Violation) String() string {
	return fmt.Sprintf("%s by %s in %s: %s", v.Invariant, strings.Join(v.Actors, ", "), v.Function, v.Why)
}

// Same tells whether two violations are the same: invariant, function and actors.
func (v Violation) Same(w Violation) bool {
	return v.Invariant == w.Invariant && v.Function == w.Function && slices.Equal(v.Actors, w.Actors) &&
		(v.Invariant != spec.LockOrder.ID || slices.Equal(v.Locks, w.Locks))
}

// Holds tells whether the result shows that every invariant holds.
func (r *Result) Holds() bool { return r.Complete && len(r.Violations) == 0 }

// Broken returns the ids of the invariants that are broken, in the order of spec.Invariants.
func (r *Result) Broken() []string {
	var out []string
	for _, inv := range spec.Invariants() {
		for _, v := range r.Violations {
			if v.Invariant == inv.ID {
				out = append(out, inv.ID)
				break
			}
		}
	}
	return out
}
