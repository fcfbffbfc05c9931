package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"memhp/sim"
	"memhp/sim/prove/proof"
	"memhp/spec"
)

// search computes an inductive invariant: ideals that contain the initial states and whatever a step leads to.
type search struct {
	c       *machine
	counted []int // sorted
	config  sim.Config
	started time.Time
	ideals  map[string]*ideal // by control
	todo    []*ideal
	count   int64
	end     ending
	limit   string // of the user

	// open are the rules that the search is about, nil for all; bounded tells that it is not worth more than so much.
	open    []string
	bounded bool

	reached  []bool
	suspects []string // the rules that some state of an ideal breaks
	waits    []string // what is not covered
}

func newSearch(m *sim.Model, system *proof.System, counted []int, c sim.Config) (*search, error) {
	machine, err := newMachine(m, system, counted)
	if err != nil {
		return nil, err
	}
	return &search{c: machine, counted: counted, config: c, started: time.Now(), ideals: map[string]*ideal{}, reached: make([]bool, len(system.Nodes))}, nil
}

// ending says how a search ended.
type ending uint8

const (
	complete  ending = iota
	suspected        // there are states that break the rules that it is about
	tooMany          // ideals
	crowded          // ideals with so many counted tasks that there may be no end of them
)

// The bounds of a search. Enough is how many ideals are looked at when a state that breaks a rule was found: there may be others that break others.
const (
	enough    = 20_000
	mostOpen  = 200_000
	mostTasks = 64 // there are at most 64 locks, and so no more tasks that hold one for writing
)

// run lets the search come to its end, or to a limit.
func (s *search) run(ctx context.Context) {
	s.reached[0] = true
	for _, i := range s.c.initials() {
		s.add(i)
	}
	for done := int64(0); len(s.todo) > 0; done++ {
		if done%256 == 0 && s.stopped(ctx) {
			s.end = tooMany
		}
		if s.end == complete && s.hopeless() {
			s.end = suspected
		}
		if s.end != complete {
			return
		}
		i := s.todo[len(s.todo)-1]
		s.todo = s.todo[:len(s.todo)-1]
		i.queued = false
		s.expand(i)
	}
	s.judgeOrder()
}

// hopeless tells whether the search can prove nothing that is asked of it.
func (s *search) hopeless() bool {
	if s.open == nil {
		return len(s.suspects) > 0 && s.count > enough
	}
	return !slices.ContainsFunc(s.open, func(r string) bool { return !slices.Contains(s.suspects, r) })
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
	return s.limit != "" || s.bounded && s.count > mostOpen
}

// add joins an ideal to the one with the same control.
func (s *search) add(i ideal) {
	key := i.control()
	same, ok := s.ideals[key]
	if !ok {
		if len(i.tasks) > mostTasks {
			s.end = crowded
		}
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
	x := stepper{c: s.c, i: i, breaks: s.suspect}
	x.emit = func(m move) {
		s.reached[m.to] = true
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

// suspect notes a rule that may be broken, or what is not covered.
func (s *search) suspect(rule string) {
	list := &s.suspects
	if strings.HasPrefix(rule, notCovered) {
		list = &s.waits
	}
	if !slices.Contains(*list, rule) {
		*list = append(*list, rule)
	}
}

// judge looks for states of an ideal that break rules over several tasks.
func (s *search) judge(i *ideal) {
	surely := s.c.counts(i, -1)
	for _, n := range s.c.never {
		if i.vars&n.mask == n.when && (surely.Writes|surely.Reads)&n.free == 0 {
			s.suspect(n.breaks)
		}
	}
	if s.c.stuck(i) {
		s.suspect(spec.NoDeadlock.ID)
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
	if len(g.Cycles()) > 0 {
		s.suspect(spec.LockOrder.ID)
	}
}
