package prove

import (
	"context"
	"fmt"
	"slices"
	"time"

	"memhp/sim"
	"memhp/spec"
)

// search computes an inductive invariant: ideals that contain the initial states and whatever a step leads to.
type search struct {
	c       *machine
	counted []*spec.LockClass
	config  sim.Config
	started time.Time
	ideals  map[string]*ideal // by control
	todo    []*ideal
	count   int64
	limit   string

	reached  []bool
	suspects []*spec.Invariant // rules that some state of an ideal breaks
	waits    []spec.Var        // what tasks wait for that others may make true
}

func newSearch(m *sim.Model, counted []*spec.LockClass, c sim.Config) (*search, error) {
	machine, err := newMachine(m, counted)
	if err != nil {
		return nil, err
	}
	return &search{c: machine, counted: counted, config: c, started: time.Now(), ideals: map[string]*ideal{}, reached: make([]bool, len(m.Nodes))}, nil
}

// enough is how many ideals are looked at when a state that breaks a rule was found: there may be others that break others.
const enough = 20_000

// run lets the search come to its end, or to a limit.
func (s *search) run(ctx context.Context) {
	s.reached[0] = true
	for _, i := range s.c.initials() {
		s.add(i)
	}
	for done := int64(0); len(s.todo) > 0; done++ {
		if done%256 == 0 && s.stopped(ctx) || len(s.suspects) > 0 && s.count > enough {
			return
		}
		i := s.todo[len(s.todo)-1]
		s.todo = s.todo[:len(s.todo)-1]
		i.queued = false
		s.expand(i)
	}
	s.judgeOrder()
}

func (s *search) stopped(ctx context.Context) bool {
	if s.config.Progress != nil {
		expanded := s.count - int64(len(s.todo))
		s.config.Progress(sim.Progress{Kernel: s.config.Kernel.String(), States: s.count, Expanded: expanded, Elapsed: time.Since(s.started)})
	}
	switch most := s.config.Limits.States; {
	case ctx.Err() != nil:
		s.limit = cause(ctx)
	case most > 0 && s.count > most:
		s.limit = fmt.Sprintf("more than %d ideals", most)
	}
	return s.limit != ""
}

// add joins an ideal to the one with the same control.
func (s *search) add(i ideal) {
	key := i.control()
	same, ok := s.ideals[key]
	if !ok {
		same = &i
		s.ideals[key] = same
		s.count++
	} else if !same.any.join(i.any) {
		return
	}
	if !same.queued {
		same.queued = true
		s.todo = append(s.todo, same)
	}
}

// expand makes an ideal as full as it can be without a change of its control, and adds what other moves lead to.
func (s *search) expand(i *ideal) {
	var more []move
	grown := true
	x := stepper{c: s.c, i: i, pinned: func(int) { s.suspect(spec.ReadersSeeStable) }}
	x.failed = func(n int) { s.suspect(s.c.model.Nodes[n].Op.Rule) }
	x.waits = func(n int) { s.wait(s.c.model.Nodes[n].Op.Var) }
	x.emit = func(m move) {
		s.land(m.to)
		to := s.c.places[m.to].slot
		switch {
		case m.vars != i.vars || to < 0 || s.c.places[m.from].slot < 0:
			more = append(more, m)
		case !i.any.has(to):
			i.any.add(to)
			grown = true
		}
	}
	for grown {
		grown, more = false, more[:0]
		x.all()
	}
	s.judge(i)
	for _, m := range more {
		s.add(s.c.apply(i, m))
	}
}

// land notes where a task comes to, and the rules that it breaks there.
func (s *search) land(n int) {
	if s.reached[n] {
		return
	}
	s.reached[n] = true
	for _, r := range s.c.places[n].breaks {
		s.suspect(r)
	}
}

func (s *search) suspect(r *spec.Invariant) {
	if !slices.Contains(s.suspects, r) {
		s.suspects = append(s.suspects, r)
	}
}

// wait notes that a task waits for a condition.
func (s *search) wait(v spec.Var) {
	if !slices.Contains(s.waits, v) {
		s.waits = append(s.waits, v)
	}
}

// judge looks for states of an ideal that break rules over several tasks.
func (s *search) judge(i *ideal) {
	for _, g := range s.c.agree {
		for b := range spec.Block(s.c.model.Blocks) {
			if s.c.disagrees(i, g, b) {
				s.suspect(g.Invariant)
			}
		}
	}
	if s.c.stuck(i) {
		s.suspect(spec.NoDeadlock)
	}
}

// judgeOrder looks for a harmful cycle of the lock order that the reached places make.
func (s *search) judgeOrder() {
	g := spec.NewGraph(s.c.model.Kernel)
	for n, reached := range s.reached {
		o := s.c.model.Nodes[n].Op
		mode, ok := requests(o.Kind)
		if reached && ok {
			g.Add(s.c.model.Nodes[n].Held, o.Lock, mode, spec.Site{})
		}
	}
	if len(g.CyclesUpTo(len(s.c.model.Locks))) > 0 {
		s.suspect(spec.LockOrder)
	}
}

// requests tells whether an operation requests a lock and may wait for it, and in which mode.
func requests(k sim.OpKind) (spec.Mode, bool) {
	switch k {
	case sim.OpLock, sim.OpDrain:
		return spec.Write, true
	case sim.OpRLock:
		return spec.Read, true
	}
	return 0, false
}
