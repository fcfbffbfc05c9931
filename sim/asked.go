package sim

import (
	"slices"

	"memhp/spec"
)

// asked tells ask each change that a counterexample depends on: a kernel with the same actors that answers the same for these
// changes has the same counterexample. They are what the procedures ask on the paths of the counterexample, what decides
// whether its actors exist and of what kind its locks are, and what the broken rule looks at. It returns false where
// a rule looks at more than the counterexample: at what other paths may do.
func (e *explorer) asked(d distinct, t trail, ask func(*spec.Change)) bool {
	k := e.a.kernel.Observed(ask)
	if !e.askRule(d, t, k) {
		return false
	}
	for _, r := range e.runsOf(t) {
		r.actor.ExistsIn(k)
		if !r.ask(e.a.kernel, k) {
			return false
		}
	}
	for _, o := range t.ops {
		if l := e.a.nodes[o.node].op.lock; l.Class != nil {
			l.Class.KindIn(k)
		}
	}
	return true
}

// askRule asks kernel k for what decides whether the last operations break the rule.
func (e *explorer) askRule(d distinct, t trail, k spec.Kernel) bool {
	last := &e.a.nodes[t.ops[len(t.ops)-1].node]
	for _, b := range last.broken {
		if b.call && b.rule == d.invariant && b.function.Name == d.function {
			b.function.Contract(k)
		}
	}
	if c := last.op.v.Class; c != nil && c.Protected != nil {
		c.Protected(k)
	}
	switch d.invariant {
	case spec.DeclaredOrder:
		_, err := spec.OrderOf(k)
		return err == nil
	case spec.NoDeadlock:
		return !slices.ContainsFunc(t.ops, func(o taskMicro) bool { return o.blocked && e.a.nodes[o.node].op.kind == opWait })
	case spec.LocksBalanced, spec.NoRecursion, spec.NoBug, spec.NoOnlineOfRemoved, spec.ReadersSeeStable, spec.BlockDeviceAgree,
		spec.PagesUnderMemHotplug, spec.AddRemoveUnderMemHotplug, spec.DeviceHotplugHeld:
		return true
	}
	return false
}

// pathRun is one run of a procedure: what it was answered, as far as it came, and the operation that it came to.
type pathRun struct {
	actor   spec.Actor
	block   spec.Block
	answers []int8
	last    op
}

// runsOf returns the runs of the procedures in a trail.
func (e *explorer) runsOf(t trail) []*pathRun {
	var out []*pathRun
	current := map[int]*pathRun{}
	for _, o := range t.ops {
		nd := &e.a.nodes[o.node]
		if nd.op.kind == opRoot {
			delete(current, o.task)
			continue
		}
		r := current[o.task]
		if r == nil {
			r = &pathRun{actor: e.a.actors[nd.actor], block: nd.block}
			current[o.task] = r
			out = append(out, r)
		}
		r.last = nd.op
		if o.answer >= 0 {
			r.answers = append(r.answers, int8(o.answer))
		}
		if o.next == root {
			delete(current, o.task)
		}
	}
	return out
}

// ask runs the procedure again, on a kernel that is told what it is asked, and tells whether it came to the same operation.
func (r *pathRun) ask(plain, observed spec.Kernel) bool {
	a := r.actor
	a.Run = func(t spec.Task, b spec.Block) spec.Errno { return r.actor.Run(withKernel{t, observed}, b) }
	for answers := slices.Clone(r.answers); ; {
		again := &replay{kernel: plain, answers: answers}
		if err := again.run(a, r.block); err != nil || again.pos > len(answers) {
			return false
		}
		came := append(again.path, again.next.op)
		rest := answers[again.pos:]
		if again.again < 0 || len(rest) == 0 {
			return slices.ContainsFunc(came[max(0, len(came)-2):], r.last.sameButReturn)
		}
		answers = append(slices.Clone(answers[:again.again]), rest...)
	}
}

// sameButReturn tells whether two operations are the same. Nodes that return different values are merged.
func (o op) sameButReturn(p op) bool { return o == p || o.kind == opReturn && p.kind == opReturn }

// withKernel is a task that says that it runs under another value of the same kernel.
type withKernel struct {
	spec.Task
	kernel spec.Kernel
}

// Kernel implements spec.Task.
func (t withKernel) Kernel() spec.Kernel { return t.kernel }
