package conform

import (
	"fmt"
	"slices"

	"memhp/spec"
)

// maxTasks bounds the table of tasks. Tasks that hold nothing are forgotten when it is full, and then all.
const maxTasks = 4096

// monitor decides the events of a trace, one by one.
type monitor struct {
	kernel  spec.Kernel // for kinds of locks: the newest of those that are checked
	tasks   map[int]*task
	names   map[int]string
	funcs   map[string]*function
	globals globals
	cover   coverage
	devices *devices
	order   *orderChecker
	results *results
	last    stamp
	// forgot tells that a task that is new may have been seen before.
	forgot bool
}

// outcome is what the check of one clause gave.
type outcome struct {
	clause  spec.Clause
	verdict ternary
	found   Violation // complete if the clause is broken
}

type ternary uint8

const (
	undecided ternary = iota
	kept
	broken
)

func (m *monitor) task(pid int) *task {
	t := m.tasks[pid]
	if t == nil {
		if len(m.tasks) >= maxTasks {
			m.evict()
		}
		t = &task{released: map[lockSet]source{}}
		if !m.forgot {
			t.early = early{}
		}
		m.tasks[pid] = t
	}
	return t
}

// evict makes room. To forget a task is sound: it is as if the trace had started later for it.
func (m *monitor) evict() {
	m.forgetTasks((*task).idle)
	if len(m.tasks) > maxTasks/2 {
		m.forgetTasks(func(*task) bool { return true })
	}
}

// forgetTasks forgets some tasks.
func (m *monitor) forgetTasks(which func(*task) bool) {
	m.forgot = true
	for pid, t := range m.tasks {
		if which(t) {
			m.begins(t)
			delete(m.tasks, pid)
		}
	}
}

// step decides one event.
func (m *monitor) step(e *event) {
	if e.pid <= 0 {
		return // the idle tasks of all CPUs share pid 0
	}
	t := m.task(e.pid)
	if e.time.key() < m.last.key() {
		m.results.withdrawTask(e.pid, e.time) // printed later than the window mends
		m.order.reset()
		m.begins(t)
		t.forget()
	}
	m.last = e.time
	switch e.kind {
	case enter:
		t.pending = attemptState{}
		m.enter(t, e)
	case leave:
		m.leave(t, e)
	case rootEnter:
		m.enterRoot(t)
	case rootLeave:
		m.leaveRoot(t, e, "", 0)
	default:
		m.lockEvent(t, e)
	}
}

func (m *monitor) enter(t *task, e *event) {
	e.fn.enters = true
	m.enterRole(t, e)
	f := frame{fn: e.fn, dev: e.dev}
	if len(e.fn.clauses) > 0 {
		outcomes := m.check(t, e)
		if e.fn.role != switchRole || m.devices.known(e.dev) {
			m.record(t, outcomes)
		} else {
			f.outcome = outcomes // it counts when memory_subsys_online() or _offline() follows
		}
	}
	if e.fn.role != plain || hasTakes(e.fn) {
		f.absent, f.heldAtEntry, f.before = t.absent, m.heldSet(t), t.globals(m.globals)
		t.call(f)
	}
	if e.fn.role == storeRole && e.fn.returns {
		m.enterStore(t, e)
	}
}

// enterRole does what the entry of a function means besides its contract.
func (m *monitor) enterRole(t *task, e *event) {
	switch e.fn.role {
	case rootRole, storeRole:
		m.enterRoot(t)
	case subsysRole:
		m.devices.learn(e.dev)
		if top := t.top(); top != nil && top.fn.role == switchRole && (top.dev == e.dev || top.dev == 0 || e.dev == 0) {
			m.record(t, top.outcome)
			top.outcome = nil
		}
	case addRole:
		if t.inside(createRole) {
			m.devices.learn(e.dev)
		}
	case delRole:
		if !e.fn.returns {
			m.devices.forget(e.dev)
		}
	}
}

// enterStore notes the active reference that kernfs took for the store (kernfs_get_active(), fs/kernfs/dir.c).
// It is known only where returns are recorded, so that its end is seen.
func (m *monitor) enterStore(t *task, e *event) {
	d := m.devices.blocks[e.dev]
	if d == nil || e.attr == otherAttr {
		return
	}
	class := spec.StateAttr
	if e.attr == onlineAttr {
		class = spec.OnlineAttr
	}
	t.push(spec.Hold{Lock: class.Of(d.block), Mode: spec.Read, Trylock: true}, holdFact{sure: true}, 0)
}

// heldSet returns the global locks that the task holds for writing.
func (m *monitor) heldSet(t *task) lockSet {
	var set lockSet
	for _, h := range t.held {
		if h.Mode == spec.Write {
			set |= m.globals.bit[h.Lock.Class]
		}
	}
	return set
}

func hasTakes(f *function) bool {
	return slices.ContainsFunc(f.clauses, func(c spec.Clause) bool { return c.Demand == spec.Takes })
}

// check judges the contract of a function at its entry.
func (m *monitor) check(t *task, e *event) []outcome {
	var out []outcome
	for _, c := range e.fn.clauses {
		o := outcome{clause: c, verdict: m.holds(t, c)}
		switch {
		case c.Demand == spec.Forbids && !t.sureOf(c.Lock):
			continue
		case c.Demand == spec.Forbids:
			o.verdict = broken
		case c.Demand == spec.Takes && o.verdict != kept:
			e.fn.open++
			continue // judged when it returns
		}
		if o.verdict == broken {
			o.found = m.violation(t, e, c.Rule, e.fn.name, fmt.Sprintf("%s() %s %s: %s", e.fn.name, c.Demand, c.Lock.Name, c.Why))
		}
		out = append(out, o)
	}
	return out
}

// holds tells whether the task holds the lock of a clause in its mode.
func (m *monitor) holds(t *task, c spec.Clause) ternary {
	switch {
	case t.held.HasClass(c.Lock, c.Mode):
		return kept
	case t.absent&m.globals.bit[c.Lock] != 0, t.sureOf(c.Lock):
		return broken
	}
	return undecided
}

func (m *monitor) leave(t *task, e *event) {
	if e.prim != nil {
		m.leaveAttempt(t, e)
		return
	}
	t.pending = attemptState{}
	e.fn.returns = true
	before := t.globals(m.globals) // of a root whose entry was not seen nothing is known
	i := len(t.frames) - 1
	for i >= 0 && t.frames[i].fn != e.fn {
		i--
	}
	if i >= 0 {
		f := t.frames[i]
		t.frames = t.frames[:i]
		before = f.before
		m.checkTakes(t, e, f)
		if f.fn.role == delRole {
			m.devices.forget(f.dev)
		}
	}
	if e.fn.role == rootRole || e.fn.role == storeRole {
		if i < 0 {
			m.began(t, e.fn)
		}
		m.leaveRoot(t, e, e.fn.name, before)
	}
}

// push notes a hold. It settles the contracts of the functions around it that are to take the lock.
func (m *monitor) push(t *task, h spec.Hold, f holdFact, bit lockSet) {
	for _, f := range t.frames {
		for _, c := range f.fn.clauses {
			if c.Demand == spec.Takes && m.globals.bit[c.Lock]&bit&^(f.heldAtEntry|f.taken) != 0 && h.Mode >= c.Mode {
				f.fn.open--
				m.record(t, []outcome{{clause: c, verdict: kept}})
			}
		}
	}
	t.push(h, f, bit)
}

// checkTakes judges at the return of a function the clauses that say that it takes a lock itself. They are broken
// if it returns success, and the lock was not held at entry and not acquired since.
func (m *monitor) checkTakes(t *task, e *event, f frame) {
	for _, c := range f.fn.clauses {
		bit := m.globals.bit[c.Lock]
		if c.Demand != spec.Takes || (f.heldAtEntry|f.taken)&bit != 0 {
			continue // settled at entry, or by push
		}
		o := outcome{clause: c}
		switch {
		case e.hasRet && e.ret != 0:
			continue // it failed before it came to the lock
		case e.hasRet && f.absent&t.absent&bit != 0:
			o.verdict = broken
			o.found = m.violation(t, e, c.Rule, f.fn.name,
				fmt.Sprintf("%s() returned success, and %s was not held at any time: %s", f.fn.name, c.Lock.Name, c.Why))
		}
		m.record(t, []outcome{o})
	}
}

// enterRoot notes that a system call or work item starts: besides what is known to be held nothing is, of the
// locks whose acquisitions are all recorded.
func (m *monitor) enterRoot(t *task) {
	m.begins(t)
	t.dropIf(func(i int) bool { return !t.facts[i].sure || t.held[i].Lock.Class.Kind == spec.KernfsActive })
	t.frames, t.pending = t.frames[:0], attemptState{}
	t.absent |= m.cover.full &^ t.globals(m.globals)
	clear(t.released)
}

// leaveRoot judges the end of a system call or work item, or of a function that is the whole of one: what it
// acquired is released again. The locks of before were held when it started.
func (m *monitor) leaveRoot(t *task, e *event, name string, before lockSet) {
	for i, h := range t.held {
		if bit := m.globals.bit[h.Lock.Class]; t.facts[i].sure && bit&^before != 0 {
			m.violate(t, e, spec.LocksBalanced, name, h.Lock.String()+" is still held at the end")
		}
	}
	t.dropIf(func(i int) bool { return m.globals.bit[t.held[i].Lock.Class]&before == 0 })
	m.enterRoot(t)
}

func (m *monitor) violate(t *task, e *event, rule *spec.Invariant, function, detail string) {
	m.results.violate(m.violation(t, e, rule, function, detail), m.results.tally(rule))
}

func (m *monitor) violation(t *task, e *event, rule *spec.Invariant, function, detail string) Violation {
	name := m.names[e.pid]
	if name == "" {
		name = unknownComm
	}
	return Violation{Invariant: rule.ID, Function: function, Task: fmt.Sprintf("%s-%d", name, e.pid), Line: e.line,
		Time: e.time.String(), Held: t.heldNames(), Detail: detail, stamp: e.time, pid: e.pid, rule: rule}
}

// lose handles a gap in the record: nothing is known any more, and what was found after the last event of
// the CPU that lost events is taken back, since the loss may have been before it.
func (m *monitor) lose(lastLine int) {
	m.results.withdrawAfter(lastLine)
	m.order.reset()
	m.forgetTasks(func(*task) bool { return true })
}
