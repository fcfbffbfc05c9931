package sim

import (
	"fmt"
	"slices"

	"memhp/spec"
)

// breach is a broken rule that needs no look at other tasks.
type breach struct {
	rule     *spec.Invariant
	function *spec.Function
	lock     string
	why      string
	call     bool // a contract, broken on entry to function
}

// same tells whether two nodes break the same rule in the same way, whatever the names of the objects.
func (b breach) same(c breach) bool {
	b.why, c.why = "", ""
	return b == c
}

// judge notes the rules that arriving at node n breaks, whatever other tasks do.
func (g *graph) judge(n *node) {
	o := n.op
	if m, ok := o.kind.acquires(); ok && o.kind != opDrain {
		g.judgeRequest(n, m)
	}
	if o.kind == opDrain {
		g.judgeDrain(n)
	}
	switch o.kind {
	case opUnlock, opRUnlock:
		m := spec.Read
		if o.kind == opUnlock {
			m = spec.Write
		}
		if _, ok := n.held.Without(o.lock, m); !ok {
			n.breaks(spec.LocksBalanced, o.lock.Class.Name, fmt.Sprintf("it releases %s, which it does not hold", o.lock))
			n.fatal = true
		}
	case opReturn:
		if len(n.held) > 0 {
			n.breaks(spec.LocksBalanced, n.held[0].Lock.Class.Name, fmt.Sprintf("it returns with %v held", n.held))
			n.fatal = true
		}
	case opBug:
		n.breaks(spec.NoBug, "", "BUG() in "+o.what)
		n.fatal = true
	case opWrite, opSwap:
		g.judgeWrite(n)
	}
}

func (g *graph) judgeRequest(n *node, m spec.Mode) {
	l := n.op.lock
	if n.held.Recursion(l, m, g.kernel) {
		n.breaks(spec.NoRecursion, l.Class.Name, fmt.Sprintf("it takes %s, which it holds", l))
		n.fatal = true
		return
	}
	g.judgeOrder(n)
}

// judgeDrain: a task that drains a node to which it holds a reference waits for itself; that is why the
// kernel has device_remove_file_self() (drivers/base/core.c).
func (g *graph) judgeDrain(n *node) {
	if l := n.op.lock; n.held.Has(l, spec.Read) {
		n.breaks(spec.NoRecursion, l.Class.Name, fmt.Sprintf("it drains %s, to which it holds a reference", l))
		n.fatal = true
		return
	}
	g.judgeOrder(n)
}

func (g *graph) judgeOrder(n *node) {
	for _, h := range n.held {
		if h.Lock != n.op.lock && !g.order.Allows(h.Lock.Class, n.op.lock.Class, n.held) {
			n.breaks(spec.DeclaredOrder, n.op.lock.Class.Name,
				fmt.Sprintf("it requests %s with %s held, which the order does not allow", n.op.lock, h.Lock))
		}
	}
}

func (g *graph) judgeWrite(n *node) {
	c := n.op.v.Class
	if c.WriteRule == nil || c.Protected == nil {
		return
	}
	if l := c.Protected(g.kernel); l != nil && !n.held.HasClass(l, spec.Write) {
		n.breaks(c.WriteRule, l.Name, fmt.Sprintf("it changes %s without %s held for writing", n.op.v, l.Name))
	}
}

func (n *node) breaks(rule *spec.Invariant, lock, why string) {
	n.broken = append(slices.Clip(n.broken), breach{rule: rule, function: n.function(), lock: lock, why: why})
}
