package conform

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"memhp/spec"
)

// The verdicts.
const (
	// Conforms: every check of a core rule was decided, at least one was made, and nothing is broken.
	Conforms = "conforms"
	// Violates: a rule was proved to be broken, before any events were lost.
	Violates = "violates"
	// Unknown: nothing was proved to be broken, and something could not be decided.
	Unknown = "unknown"
)

// unknownComm is how ftrace prints the comm of a task that it does not know.
const unknownComm = "<...>"

// Report is what a trace shows.
type Report struct {
	Schema  int    `json:"schema"`
	Verdict string `json:"verdict"`
	// Kernel is the kernel whose rules were checked.
	Kernel string `json:"kernel"`
	// Events counts the event lines; Lost those that the tracer says it lost.
	Events uint64 `json:"events"`
	Lost   uint64 `json:"lost"`
	// Violations are in the order of the trace; there may be Total of them, with only the first listed.
	Violations []Violation `json:"violations"`
	Total      int         `json:"violations_total"`
	// AfterLoss are violations found after events were lost: they do not count for the verdict.
	AfterLoss []Violation `json:"violations_after_loss,omitempty"`
	// Reasons say why the verdict is unknown, and what else limits it.
	Reasons []string `json:"reasons,omitempty"`
	// Rules tell what was checked of each rule.
	Rules []RuleReport `json:"rules"`
	// Lines counts all lines; UnknownLines those that are neither events nor notes of the tracer, of which
	// FirstUnknown is the first.
	Lines        int    `json:"lines"`
	UnknownLines int    `json:"unknown_lines"`
	FirstUnknown int    `json:"first_unknown_line,omitempty"`
	Tracer       string `json:"tracer,omitempty"`
}

// RuleReport counts the checks of one invariant.
type RuleReport struct {
	Invariant string `json:"invariant"`
	Kept      uint64 `json:"kept"`
	Broken    uint64 `json:"broken"`
	Undecided uint64 `json:"undecided"`
	// Before counts checks that could not be decided in what had begun before the trace did. They do not count for the verdict.
	Before uint64 `json:"before,omitempty"`
	// NotCovered says why the trace cannot decide the rule, or is empty.
	NotCovered string `json:"not_covered,omitempty"`
}

// Violation is one place where a trace breaks a rule.
type Violation struct {
	Invariant string `json:"invariant"`
	// Function is the kernel function that breaks the rule, empty if not known.
	Function string `json:"function"`
	// Task is "comm-pid" as ftrace prints it.
	Task string `json:"task"`
	// Line is the number of the line in the trace, from 1; Time its time as printed there.
	Line int    `json:"line"`
	Time string `json:"time"`
	// Held are the locks that the task is known to hold, in the order of acquisition.
	Held   []string `json:"held"`
	Detail string   `json:"detail,omitempty"`

	stamp stamp
	pid   int
	rule  *spec.Invariant
}

func (s stamp) String() string {
	if s.digits == 0 {
		return strconv.FormatUint(s.value, 10)
	}
	return fmt.Sprintf("%d.%0*d", s.value/pow10[s.digits], int(s.digits), s.value%pow10[s.digits])
}

// tally counts the checks of one rule.
type tally struct {
	kept, broken, undecided uint64
	before                  uint64
	firstUndecided          int // its line
	lock                    *spec.LockClass
}

// results gathers what the monitor decides.
type results struct {
	limit      int
	total      int
	lost       bool // events were lost: what is found from now on is set apart
	violations []Violation
	afterLoss  []Violation
	tallies    map[*spec.Invariant]*tally
	line       int
}

func (r *results) tally(rule *spec.Invariant) *tally {
	if r.tallies[rule] == nil {
		r.tallies[rule] = &tally{}
	}
	return r.tallies[rule]
}

// record counts the outcome of a contract check, and lists it if it is broken.
func (r *results) record(o outcome) {
	c := r.tally(o.clause.Rule)
	c.lock = o.clause.Lock
	switch o.verdict {
	case kept:
		c.kept++
	case broken:
		r.violate(o.found, c)
	default:
		if c.undecided++; c.firstUndecided == 0 {
			c.firstUndecided = r.line
		}
	}
}

// violate notes a broken rule.
func (r *results) violate(v Violation, c *tally) {
	c.broken++
	switch {
	case r.lost && len(r.afterLoss) < r.limit:
		r.afterLoss = append(r.afterLoss, v)
	case r.lost:
	case len(r.violations) < r.limit:
		r.violations = append(r.violations, v)
		fallthrough
	default:
		r.total++
	}
}

func (r *results) withdrawAfter(line int) {
	r.withdraw(func(v Violation) bool { return v.Line > line })
}

func (r *results) withdrawTask(pid int, since stamp) {
	r.withdraw(func(v Violation) bool { return v.pid == pid && v.stamp.key() >= since.key() })
}

// withdraw takes violations back that turn out not to be proved.
func (r *results) withdraw(gone func(Violation) bool) {
	for _, list := range []*[]Violation{&r.violations, &r.afterLoss} {
		*list = slices.DeleteFunc(*list, func(v Violation) bool {
			if !gone(v) {
				return false
			}
			r.tally(v.rule).broken--
			if list == &r.violations {
				r.total--
			}
			return true
		})
	}
}

// finish fills the report in.
func (m *monitor) finish(rep *Report, interrupted bool) {
	r := m.results
	rep.Violations, rep.AfterLoss, rep.Total = r.violations, r.afterLoss, r.total
	slices.SortStableFunc(rep.Violations, func(a, b Violation) int { return cmp.Compare(a.Line, b.Line) })
	if rep.Violations == nil {
		rep.Violations = []Violation{} // [] in JSON, not null
	}
	m.decideEarly()
	m.countUnreturned()
	m.reportRules(rep)
	if rep.Lost > 0 {
		rep.Reasons = append(rep.Reasons, fmt.Sprintf("%d events were lost", rep.Lost))
	}
	if interrupted {
		rep.Reasons = append(rep.Reasons, "the trace was not read to its end")
	}
	switch {
	case r.total > 0:
		rep.Verdict = Violates
	case len(rep.Reasons) > 0:
		rep.Verdict = Unknown
	default:
		rep.Verdict = Conforms
	}
}

// countUnreturned counts as undecided the functions that are to take a lock, of which no return is recorded.
func (m *monitor) countUnreturned() {
	for _, f := range m.funcs {
		if f.returns || f.open <= 0 {
			continue
		}
		for _, c := range f.clauses {
			if c.Demand == spec.Takes {
				t := m.results.tally(c.Rule)
				t.lock = c.Lock
				t.undecided += uint64(f.open)
			}
		}
	}
}

// reportRules reports what was checked of each rule, and why a core rule is not covered.
func (m *monitor) reportRules(rep *Report) {
	checked := uint64(0)
	for _, rule := range coreRules() {
		rr := RuleReport{Invariant: rule.ID, NotCovered: "no function that the rule is about was called"}
		t := m.results.tally(rule)
		rr.Before = t.before
		if n := t.kept + t.broken + t.undecided; n > 0 {
			rr = RuleReport{rule.ID, t.kept, t.broken, t.undecided, t.before, m.notCovered(t)}
			checked += n
			if rr.NotCovered != "" {
				rep.Reasons = append(rep.Reasons, rule.ID+" is not covered: "+rr.NotCovered)
			}
		}
		rep.Rules = append(rep.Rules, rr)
	}
	if checked == 0 {
		rep.Reasons = append(rep.Reasons, "the trace has no event that a core rule is about")
	}
	for _, rule := range []*spec.Invariant{spec.LockOrder, spec.DeclaredOrder} {
		t := m.results.tally(rule)
		rr := RuleReport{Invariant: rule.ID, Kept: m.order.edges - min(t.broken, m.order.edges), Broken: t.broken}
		if m.order.edges == 0 {
			rr.NotCovered = "no lock was requested by a task whose other locks are all known"
		}
		rep.Rules = append(rep.Rules, rr)
	}
	for _, rule := range []*spec.Invariant{spec.NoRecursion, spec.LocksBalanced} {
		rep.Rules = append(rep.Rules, RuleReport{Invariant: rule.ID, Broken: m.results.tally(rule).broken})
	}
}

// notCovered says why a rule with the given checks is not covered. A check that found the lock held counts only
// if its release would have been seen.
func (m *monitor) notCovered(t *tally) string {
	bit := m.globals.bit[t.lock]
	var why []string
	if t.undecided > 0 || t.kept > 0 && m.cover.releases&bit == 0 {
		if missing := m.cover.missing(t.lock, bit); missing != "" {
			why = append(why, missing)
		}
	}
	if t.undecided > 0 {
		s := fmt.Sprintf("%d of %d checks are undecided", t.undecided, t.kept+t.broken+t.undecided)
		if t.firstUndecided > 0 {
			s += fmt.Sprintf(", the first in line %d", t.firstUndecided)
		}
		why = append(why, s)
	}
	return strings.Join(why, "; ")
}
