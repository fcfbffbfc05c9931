package sim

import (
	"fmt"
	"slices"

	"memhp/spec"
)

// recaller runs the procedures of a trail again, since the automata forget what no other task can see: what a
// procedure returns, and the variables that are sliced away. Slicing keeps every other operation (docs/semantics.md,
// theorem 5), so the trail says how each of those is answered.
type recaller struct {
	a      *automaton
	init   initial
	sliced map[spec.Var]int // those that were written
	runs   []run
}

// run is the procedure that a task is in: the answers that it got, and the operation that comes next.
type run struct {
	begun   bool // otherwise the task is idle
	actor   int32
	block   spec.Block
	answers []int8
	at      node
}

func newRecaller(a *automaton, in initial, tasks int) *recaller {
	return &recaller{a: a, init: in, sliced: map[spec.Var]int{}, runs: make([]run, tasks)}
}

// steps returns the steps that show operation o of the trail, with operations on sliced variables just before it.
func (c *recaller) steps(o taskMicro) ([]Step, error) {
	nd, r := &c.a.nodes[o.node], &c.runs[o.task]
	if !r.begun {
		*r = run{begun: true, actor: nd.actor, block: nd.block}
		if err := c.goOn(r); err != nil {
			return nil, err
		}
	}
	if c.isSliced(nd.op.v) && !o.entering {
		return nil, nil // shown before the next operation
	}
	var out []Step
	for c.isSliced(r.at.op.v) && !(o.entering && enters(r.at, o.function) != nil) {
		st, err := c.perform(o.task, r, c.access(r.at.op))
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	if o.entering {
		return append(out, c.entry(o, r.at)), nil
	}
	if got := r.at.op; got.kind != nd.op.kind || got.lock != nd.op.lock || got.v != nd.op.v {
		return nil, fmt.Errorf("internal error: %s does %s of %s where its automaton does %s of %s", c.a.actorName(o.node),
			got.kind, got.object(), nd.op.kind, nd.op.object())
	}
	if o.answer < 0 {
		return append(out, c.step(o, r.at, o.answer)), nil
	}
	st, err := c.finish(o, r)
	return append(out, st), err
}

// perform shows the next operation of a procedure, which is on a sliced variable, and lets it go on.
func (c *recaller) perform(task int, r *run, answer int) (Step, error) {
	was := r.at
	r.answers = append(r.answers, int8(answer))
	err := c.goOn(r)
	st := c.step(taskMicro{task: task}, was, answer)
	st.Held = heldNames(r.at.held)
	return st, err
}

// finish shows operation o and lets its procedure go on, unless it ends there.
func (c *recaller) finish(o taskMicro, r *run) (Step, error) {
	was := r.at
	for _, f := range was.fresh {
		c.sliced[f.Var] = f.Value
	}
	if o.next == root {
		r.begun = false
		st := c.step(o, was, o.answer)
		st.Held = []string{}
		return st, nil
	}
	st, err := c.perform(o.task, r, o.answer)
	st.Breaks, st.Blocked = o.breaks, o.blocked
	return st, err
}

// goOn finds the operation after the answers so far.
func (c *recaller) goOn(r *run) error {
	for {
		p := &replay{kernel: c.a.kernel, answers: r.answers}
		if err := p.run(c.a.actors[r.actor], r.block); err != nil {
			return err
		}
		r.at = p.next
		r.at.actor, r.at.block = r.actor, r.block
		if p.again < 0 {
			return nil
		}
		r.answers = r.answers[:p.again]
	}
}

func (c *recaller) isSliced(v spec.Var) bool {
	return v.Class != nil && slices.Contains(c.a.sliced, v.Class)
}

// access performs an operation on a sliced variable and returns the answer.
func (c *recaller) access(o op) int {
	if o.kind == opWrite {
		c.sliced[o.v] = o.arg
		return 0
	}
	if x, ok := c.sliced[o.v]; ok {
		return x
	}
	if b := o.v.Block; b != spec.NoBlock {
		if x, ok := c.init.blocks[b].Values[o.v.Class]; ok {
			return x
		}
	}
	return o.v.Class.Init
}

// step renders an operation; what is held is what is held before it.
func (c *recaller) step(o taskMicro, nd node, answer int) Step {
	return Step{Task: o.task + 1, Actor: c.a.actors[nd.actor].Name, Function: innermost(nd.stack, c.a.actors[nd.actor].Name),
		Stack: functionNames(nd.stack), Op: nd.op.kind.String(), Object: nd.op.object(), Value: valueOf(nd.op, answer),
		Held: heldNames(nd.held), Breaks: o.breaks, Blocked: o.blocked}
}

// entry renders the call of a function whose contract is broken: a line of its caller.
func (c *recaller) entry(o taskMicro, nd node) Step {
	st := c.step(o, nd, o.answer)
	st.Op, st.Object, st.Value = "call", o.function+"()", ""
	if stack := enters(nd, o.function); stack != nil {
		stack = stack[:len(stack)-1]
		st.Function, st.Stack = innermost(stack, st.Actor), functionNames(stack)
	}
	return st
}

// enters returns the call stack with which the procedure, just before node nd, calls a function against its contract.
func enters(nd node, function string) []*spec.Function {
	for _, s := range nd.entries {
		if s[len(s)-1].Name == function {
			return s
		}
	}
	return nil
}

func innermost(stack []*spec.Function, otherwise string) string {
	if len(stack) == 0 {
		return otherwise
	}
	return stack[len(stack)-1].Name
}

func functionNames(stack []*spec.Function) []string {
	var out []string
	for _, f := range stack {
		out = append(out, f.Name)
	}
	return out
}

func heldNames(held spec.Held) []string {
	out := make([]string, len(held))
	for i, h := range held {
		out[i] = h.String()
	}
	return out
}
