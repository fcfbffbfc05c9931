package sim

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"memhp/spec"
)

// Coverage says what of the procedures a check came to. A rule about what it never came to holds for nothing.
type Coverage struct {
	// Nodes counts the places of the automata, Reached those that some task came to.
	Nodes   int `json:"nodes"`
	Reached int `json:"reached"`
	// Limit says what stopped the exploration, if anything: then more may be reached.
	Limit string `json:"limit,omitempty"`
	// Unreached are the operations that no task came to, Untaken the answers that no task got.
	Unreached []Place `json:"unreached"`
	Untaken   []Place `json:"untaken"`
	// Asked are the changes that something asked about, whether the kernel has them or not: the verdict is that of every kernel that agrees
	// on these. Unasked are the changes of the kernel that nothing asked about.
	Asked   []string `json:"asked"`
	Unasked []string `json:"unasked"`
	// Sometimes are what the spec wants to happen in some run, as far as the actors have to do with it.
	Sometimes []Happening `json:"sometimes"`
}

// Place is an operation of an actor, and an answer to it.
type Place struct {
	Actor    string `json:"actor"`
	Function string `json:"function"`
	Op       string `json:"op"`
	Object   string `json:"object"`
	Answer   string `json:"answer,omitempty"`
}

// Happening is something that is wanted to happen in some run.
type Happening struct {
	What string `json:"what"`
	// Happens tells that it did; otherwise Reason may say why it does not.
	Happens bool   `json:"happens"`
	Reason  string `json:"reason,omitempty"`
}

// Cover explores a configuration, without slicing and with calls told apart, and says what that came to. Where pieces of procedures are single steps a
// lock may never be seen contended, so what happens sometimes is looked for by plain exploration of two tasks on as few blocks as will do, too.
func Cover(ctx context.Context, c Config) (*Coverage, error) {
	whole, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	cover, err := coverOne(ctx, c)
	if err != nil || c.Reductions.NoLipton && c.Tasks > 1 {
		return cover, err
	}
	c.Tasks, c.Blocks, c.Reductions.NoLipton = 2, whole.leastBlocks(), true
	if c.Limits.States == 0 || c.Limits.States > plainCover {
		c.Limits.States = plainCover
	}
	plain, err := coverOne(ctx, c)
	if err != nil {
		return nil, err
	}
	for i, h := range plain.Sometimes {
		cover.Sometimes[i].Happens = cover.Sometimes[i].Happens || h.Happens
	}
	return cover, nil
}

// plainCover bounds the plain exploration: it looks for what happens, and most of that happens early.
const plainCover = 1_000_000

func coverOne(ctx context.Context, c Config) (*Coverage, error) {
	asked := map[*spec.Change]bool{}
	c.Kernel = c.Kernel.Observed(func(ch *spec.Change) { asked[ch] = true })
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	c.Actors, c.Reductions.NoSlicing, c.Jobs = watched(c.Actors), true, 1
	e, err := newExplorer(c)
	if err != nil {
		return nil, fmt.Errorf("kernel %s: coverage: %w", c.Kernel, err)
	}
	seen := newSeen(e.a)
	e.workers[0].stepper.seen = seen
	if err := e.explore(ctx); err != nil {
		return nil, fmt.Errorf("kernel %s: coverage: %w", c.Kernel, err)
	}
	cover := e.coverage(asked, seen)
	cover.Limit = e.limit
	return cover, nil
}

// coverage says what the exploration came to.
func (e *explorer) coverage(asked map[*spec.Change]bool, seen *seen) *Coverage {
	arrived := make([]bool, len(e.a.nodes))
	for n := range arrived {
		arrived[n] = int32(n) == root || e.reach[n].from != noState
	}
	seen.goOn(e.a, arrived)
	c := &Coverage{Nodes: len(arrived), Asked: []string{}, Unasked: []string{}, Sometimes: e.happenings(arrived, seen)}
	for _, there := range arrived {
		c.Reached += b2i(there)
	}
	c.Unreached, c.Untaken = e.a.uncovered(arrived, seen)
	has := e.config.Kernel.Observed(nil)
	for _, ch := range spec.Changes() {
		if asked[ch] {
			c.Asked = append(c.Asked, ch.ID)
		} else if has.Has(ch) {
			c.Unasked = append(c.Unasked, ch.ID)
		}
	}
	return c
}

// uncovered returns the operations to which no task came, and the answers that no task got to those to which one came.
func (a *automaton) uncovered(arrived []bool, seen *seen) (unreached, untaken []Place) {
	came, took := map[Place]bool{}, map[Place]bool{}
	for n := range a.nodes {
		if int32(n) == root {
			continue
		}
		p := a.place(int32(n))
		came[p] = came[p] || arrived[n]
		for answer, m := range a.nodes[n].next {
			if m != noNode && len(a.nodes[n].next) > 1 {
				q := p
				q.Answer = a.answerName(int32(n), answer)
				took[q] = took[q] || seen.took[n][answer]
			}
		}
	}
	untaken = slices.DeleteFunc(missing(took), func(q Place) bool {
		q.Answer = ""
		return !came[q]
	})
	return missing(came), untaken
}

func missing(found map[Place]bool) []Place {
	out := []Place{}
	for p, there := range found {
		if !there {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.Function, b.Function), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Answer, b.Answer))
	})
	return out
}

// place names what node n is about, whatever the block.
func (a *automaton) place(n int32) Place {
	o := a.nodes[n].op
	p := Place{Actor: a.actorName(n), Function: a.functionAt(n), Op: o.kind.String(), Object: o.what}
	switch {
	case o.lock.Class != nil:
		p.Object = o.lock.Class.Name
	case o.v.Class != nil:
		p.Object = o.v.Class.Name
	}
	return p
}

func (a *automaton) answerName(n int32, answer int) string {
	if name := valueOf(a.nodes[n].op, answer); name != "" && a.nodes[n].op.kind != opSwap {
		return name
	}
	return [...]string{"fails", "done"}[answer]
}

// happenings says which of the properties of the spec the exploration saw. Those that the actors have nothing to do with are left out.
func (e *explorer) happenings(arrived []bool, seen *seen) []Happening {
	could, did := map[spec.Sometimes]bool{}, map[spec.Sometimes]bool{}
	note := func(s spec.Sometimes, happened bool) {
		could[s] = true
		did[s] = did[s] || happened
	}
	for i := range e.a.nodes {
		n := &e.a.nodes[i]
		for _, ev := range n.entered {
			note(ev.sometimes(), arrived[i])
		}
		for answer, events := range n.passed {
			for _, ev := range events {
				note(ev.sometimes(), seen.took[i][answer])
			}
		}
		switch o := n.op; o.kind {
		case opLock, opRLock:
			note(spec.Sometimes{Lock: o.lock.Class}, seen.waited[i])
		case opDrain:
			note(spec.Sometimes{Lock: o.lock.Class}, seen.waited[i])
		case opTryLock:
			note(spec.Sometimes{Lock: o.lock.Class}, seen.took[i][0])
		case opChoose:
			note(spec.Sometimes{Choice: o.what}, o.arg > 1 && seen.took[i][1])
		}
	}
	var out []Happening
	for _, s := range spec.SometimesProperties(e.config.Kernel) {
		if could[s] || s.Function != nil && s.Errno != spec.OK && could[spec.Sometimes{Function: s.Function}] {
			out = append(out, Happening{What: s.String(), Happens: did[s], Reason: s.Never(e.config.Kernel)})
		}
	}
	return out
}

// sometimes is the property that an event makes true.
func (ev event) sometimes() spec.Sometimes {
	if !ev.returns || ev.errno == spec.OK {
		return spec.Sometimes{Function: ev.function}
	}
	return spec.Sometimes{Function: ev.function, Errno: ev.errno}
}
