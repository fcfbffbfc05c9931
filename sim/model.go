package sim

import (
	"fmt"

	"memhp/spec"
)

// Model is a look at the automata that the tasks of a configuration run, for renderers and for other checkers. It is what plain
// exploration explores: nodes that nothing tells apart are merged, so what a procedure returns is not told, and nothing else is reduced.
type Model struct {
	Kernel spec.Kernel
	Actors []spec.Actor
	// Groups are the groups of actors that the configuration names, if it names no single actor.
	Groups        []string
	Tasks, Blocks int
	// Nodes are the places where a task can be; Nodes[0] is idle.
	Nodes []Node
	// Starts are the places to which an idle task goes when it starts an actor.
	Starts []Start
	// Locks are the locks that the nodes name, Vars the variables that have more than one value.
	Locks []spec.Lock
	Vars  []spec.Var
	// Endless tells that a task may stay in one operation for ever without waiting: if not, progress needs no look at states
	// (docs/semantics.md, theorem L1).
	Endless bool
}

// Start is the first node of an actor; Block is NoBlock for one that is not per block.
type Start struct {
	Actor int
	Block spec.Block
	Node  int
}

// Node is a place of a task, just before an operation.
type Node struct {
	Op Op
	// Actor is the index of the actor; -1 for the idle node.
	Actor int
	// Held and Pins are what a task at this node holds and relies on.
	Held spec.Held
	Pins []spec.Var
	// Stack are the kernel functions that it is in, outermost first.
	Stack []*spec.Function
	// Breaks are the rules that arriving here breaks, whatever other tasks do.
	Breaks []Breach
	// Ends tells that the task stays here for ever, because of what it broke.
	Ends bool
	// Next is the next node by the answer to the operation, or NoNode where that answer cannot occur.
	Next []int
}

// NoNode stands for a node that does not exist.
const NoNode = int(noNode)

// Breach is a broken rule, and why it is broken.
type Breach struct {
	Rule *spec.Invariant
	Why  string
}

// Op is an operation. What it needs of the fields depends on its kind.
type Op struct {
	Kind OpKind
	Lock spec.Lock
	Var  spec.Var
	// Value is what is written, awaited or asserted; Old is what a swap expects.
	Value, Old int
	// Fresh are the values that an activation brings.
	Fresh []spec.Assign
	// Rule is what a failing assertion breaks.
	Rule *spec.Invariant
	// What says what a choice is about.
	What string
}

// OpKind is what an operation does.
type OpKind = opKind

// The operations. The answer to a trylock, and to a swap, is 1 if it succeeds and 0 if not; to a read it is the value, to a choice
// the number chosen, to any other 0.
const (
	OpIdle       = opRoot
	OpAnnounce   = opAnnounce
	OpLock       = opLock
	OpRLock      = opRLock
	OpTryLock    = opTryLock
	OpTryRLock   = opTryRLock
	OpUnlock     = opUnlock
	OpRUnlock    = opRUnlock
	OpActivate   = opActivate
	OpDeactivate = opDeactivate
	OpDrain      = opDrain
	OpRead       = opRead
	OpWrite      = opWrite
	OpSwap       = opSwap
	OpWait       = opWait
	OpPin        = opPin
	OpUnpin      = opUnpin
	OpAssert     = opAssert
	OpChoose     = opChoose
	OpBug        = opBug
	OpReturn     = opReturn
)

// NewModel returns the automata of a configuration. Its limits and reductions are not looked at.
func NewModel(c Config) (*Model, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	a, err := newAutomaton(c.Kernel, c.Actors, c.Tasks, c.Blocks, Reductions{NoSlicing: true, NoLipton: true, NoFocus: true}, nil)
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", c.Kernel, err)
	}
	m := &Model{Kernel: c.Kernel, Actors: c.Actors, Groups: c.groups, Tasks: c.Tasks, Blocks: c.Blocks, Locks: a.locks, Vars: a.vars,
		Endless: a.findEndless().any}
	for i := range a.nodes {
		m.Nodes = append(m.Nodes, a.nodes[i].export())
	}
	for _, s := range a.starts {
		m.Starts = append(m.Starts, Start{int(a.nodes[s].actor), a.nodes[s].block, int(s)})
	}
	return m, nil
}

func (n *node) export() Node {
	o := n.op
	out := Node{Actor: int(n.actor), Held: n.held, Pins: n.pins, Stack: n.stack, Ends: n.fatal,
		Op: Op{Kind: o.kind, Lock: o.lock, Var: o.v, Value: o.arg, Old: o.old, Fresh: n.fresh, Rule: o.rule, What: o.what}}
	for _, b := range n.broken {
		out.Breaks = append(out.Breaks, Breach{b.rule, b.why})
	}
	for _, m := range n.next {
		out.Next = append(out.Next, int(m))
	}
	return out
}

// Waits tells whether the operation of a node may have to wait.
func (n *Node) Waits() bool { return n.Op.Kind.blocking() && !n.Ends }
