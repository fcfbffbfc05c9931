package sim

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// findingKind says how a rule was found broken.
type findingKind uint8

const (
	brokenRule      findingKind = iota // arriving at a node, whatever others do
	failedAssert                       // a variable has not the asserted value
	brokenPin                          // a write changes what another task relies on
	brokenAgreement                    // a predicate over several tasks is false
	deadlock                           // a set of tasks can never move
)

// finding is a broken rule, where it was found.
type finding struct {
	kind  findingKind
	node  int32 // whose operation, or whose rules
	task  int
	state *state
	at    agreementAt
	set   uint32 // the tasks of a deadlock
}

// distinct is what makes two findings the same violation: invariant, function and actors.
type distinct struct {
	invariant *spec.Invariant
	function  string
	locks     []string
	actors    []string
	why       string
	call      bool // function's contract is broken on entry to it
}

func (d distinct) key() string {
	return d.invariant.ID + "|" + d.function + "|" + strings.Join(d.actors, ",")
}

// explain turns a finding into the violations that it shows.
func (x *stepper) explain(f finding) []distinct {
	nd := &x.a.nodes[f.node]
	me := x.a.actorName(f.node)
	one := distinct{function: x.a.functionAt(f.node), actors: []string{me}}
	switch f.kind {
	case brokenRule:
		out := make([]distinct, len(nd.broken))
		for i, b := range nd.broken {
			out[i] = distinct{invariant: b.rule, function: x.a.functionNamed(b.function, f.node), actors: one.actors, why: b.why, call: b.call}
			if b.lock != "" {
				out[i].locks = []string{b.lock}
			}
		}
		return out
	case failedAssert:
		one.invariant = nd.op.rule
		v := view{x.a, f.state, x.tasks}
		one.why = fmt.Sprintf("%s is %s, not %s", nd.op.v, nd.op.v.ValueName(v.Value(nd.op.v)), nd.op.v.ValueName(nd.op.arg))
	case brokenPin:
		one.invariant = spec.ReadersSeeStable
		who, actors := x.pinners(f)
		one.actors = append(one.actors, actors...)
		one.why = fmt.Sprintf("T%d changes %s, on which %s", f.task+1, nd.op.v, list(who, "relies", "rely"))
	case brokenAgreement:
		rule := x.a.agree[f.at.rule]
		one.invariant = rule.Invariant
		one.why = rule.Why(view{x.a, f.state, x.tasks}, f.at.block)
	case deadlock:
		return []distinct{x.explainDeadlock(f)}
	}
	return []distinct{one}
}

// functionAt returns the kernel function that performs the operation at node n; an actor that is no kernel
// function itself stands for its own.
func (a *automaton) functionAt(n int32) string {
	return a.functionNamed(a.nodes[n].function(), n)
}

func (a *automaton) functionNamed(f *spec.Function, n int32) string {
	if f != nil {
		return f.Name
	}
	return a.actorName(n)
}

// pinners returns the tasks that pin what the finding's task wrote, with their actors, and the actors.
func (x *stepper) pinners(f finding) (who, actors []string) {
	for t := 0; t < x.tasks; t++ {
		n := f.state.node[t]
		if t != f.task && x.a.pins[n]&x.a.code[f.node].pinBit != 0 {
			actors = append(actors, x.a.actorName(n))
			who = append(who, fmt.Sprintf("T%d (%s)", t+1, x.a.actorName(n)))
		}
	}
	slices.Sort(actors)
	return who, slices.Compact(actors)
}

// list says who does something: "T2 holds", "T2 and T3 hold".
func list(who []string, does, do string) string {
	if len(who) == 1 {
		return who[0] + " " + does
	}
	return strings.Join(who, " and ") + " " + do
}

// explainDeadlock says who waits for whom.
func (x *stepper) explainDeadlock(f finding) distinct {
	d := distinct{invariant: spec.NoDeadlock}
	var functions, why []string
	for i := 0; i < x.tasks; i++ {
		if f.set>>i&1 == 0 {
			continue
		}
		nd := &x.a.nodes[f.state.node[i]]
		d.actors = append(d.actors, x.a.actorName(f.state.node[i]))
		functions = append(functions, x.a.functionAt(f.state.node[i]))
		d.locks = append(d.locks, nd.op.object())
		why = append(why, x.waitsFor(f, i))
	}
	slices.Sort(d.actors)
	slices.Sort(functions)
	slices.Sort(d.locks)
	d.locks = slices.Compact(d.locks)
	d.function = strings.Join(slices.Compact(functions), ", ")
	d.why = strings.Join(why, "; ")
	return d
}

// waitsFor says what task i of a stuck set waits for, and which of the others does not let it go on.
func (x *stepper) waitsFor(f finding, i int) string {
	nd := &x.a.nodes[f.state.node[i]]
	var holders, pending []string
	for t := 0; t < x.tasks; t++ {
		if t == i || f.set>>t&1 == 0 || !x.blocks(f.state, t, i) {
			continue
		}
		n := f.state.node[t]
		if bit := x.a.code[f.state.node[i]].bit; (x.a.ex[n]|x.a.sh[n])&bit != 0 {
			holders = append(holders, fmt.Sprintf("T%d", t+1))
		} else {
			pending = append(pending, fmt.Sprintf("T%d", t+1))
		}
	}
	me := fmt.Sprintf("T%d", i+1)
	switch object := nd.op.object(); {
	case nd.op.kind == opWait:
		return fmt.Sprintf("%s waits until %s is %s, which no task that can still move writes", me, object, nd.op.v.ValueName(nd.op.arg))
	case nd.op.kind == opDrain:
		return fmt.Sprintf("%s drains %s, to which %s a reference", me, object, list(holders, "holds", "hold"))
	case len(holders) > 0:
		return fmt.Sprintf("%s waits for %s, which %s", me, object, list(holders, "holds", "hold"))
	default:
		return fmt.Sprintf("%s waits to read %s, which %s to write", me, object, list(pending, "waits", "wait"))
	}
}
