package conform

import "memhp/spec"

// early are the undecided checks of a task in what it was doing when the trace began, by rule.
//
// Of a task that is first seen in the middle of a system call or work item nothing is known. When that returns and its entry was not seen, it had
// begun before the trace did, and no recording could decide what was checked in it: it is counted apart, and does not make the verdict
// unknown. It takes that entries of the function are recorded, of which one must be seen in the trace. Whatever else is undecided stays so,
// as in a work item whose function is not probed.
type early map[*spec.Invariant]*tally

// add adds the counts of one rule.
func (e early) add(rule *spec.Invariant, lock *spec.LockClass, n uint64, line int) {
	t := e[rule]
	if t == nil {
		t = &tally{firstUndecided: line}
		e[rule] = t
	}
	t.lock, t.undecided, t.firstUndecided = lock, t.undecided+n, min(t.firstUndecided, line)
}

// addAll adds the counts of another.
func (e early) addAll(other early) {
	for rule, t := range other {
		e.add(rule, t.lock, t.undecided, t.firstUndecided)
	}
}

// record counts outcomes of contract checks. What is undecided of a task that was in the middle of something waits for its end.
func (m *monitor) record(t *task, outcomes []outcome) {
	for _, o := range outcomes {
		if o.verdict == undecided && t.early != nil {
			t.early.add(o.clause.Rule, o.clause.Lock, 1, m.results.line)
			continue
		}
		m.results.record(o)
	}
}

// begins notes that what the task does from now on begins in the trace.
func (m *monitor) begins(t *task) {
	m.results.count(t.early)
	t.early = nil
}

// began notes that the task returned from a function of which it had not entered, in the trace, any call.
func (m *monitor) began(t *task, f *function) {
	if t.early == nil {
		return
	}
	if f.early == nil {
		f.early = early{}
	}
	f.early.addAll(t.early)
	t.early = nil
}

// decideEarly settles at the end of the trace what was put off.
func (m *monitor) decideEarly() {
	for _, t := range m.tasks {
		m.begins(t)
	}
	for _, f := range m.funcs {
		if !f.enters {
			m.results.count(f.early)
			continue
		}
		for rule, e := range f.early {
			m.results.tally(rule).before += e.undecided
		}
	}
}

// count adds undecided checks to the tallies.
func (r *results) count(e early) {
	for rule, t := range e {
		sum := r.tally(rule)
		if sum.undecided == 0 || t.firstUndecided < sum.firstUndecided {
			sum.firstUndecided = t.firstUndecided
		}
		sum.lock, sum.undecided = t.lock, sum.undecided+t.undecided
	}
}
