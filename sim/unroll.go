package sim

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"memhp/spec"
)

// node is a point of a procedure just before an operation.
type node struct {
	op      op
	actor   int32 // index of the actor, or -1 for the root
	block   spec.Block
	held    spec.Held // before the operation
	pins    []spec.Var
	wrote   []spec.Var    // of those that agreements look at, under locks that it still holds
	fresh   []spec.Assign // of an Activate
	stack   []*spec.Function
	broken  []breach           // rules that arriving here breaks, whatever other tasks do
	entries [][]*spec.Function // call stacks of the contracts among broken
	fatal   bool               // the path ends here
	loop    bool               // Again goes back to here
	dead    bool               // a read whose answer makes no difference
	apart   bool               // not merged with a node of another block
	next    []int32            // by answer; noNode where the answer cannot occur
	passed  [][]event          // by answer: the calls between this operation and the next, if they are watched
	entered []event            // those before the first operation
	before  []event            // those between the operation before and this one, on the way by which it was found
	known   knowledge
	parent  int32
	answer  int8
	depth   int
}

const (
	root   int32 = 0
	noNode int32 = -1
	// maxDepth bounds the operations on one path, so that a loop without Mark and Again is found.
	maxDepth = 2000
)

// maxNodes bounds the nodes of one unrolled set of actors.
const maxNodes = 400_000

// graph is the unrolled, not yet merged, set of actors.
type graph struct {
	kernel spec.Kernel
	actors []spec.Actor
	blocks int
	nodes  []node
	starts []int32 // first node of each actor and block
	guards protection
	scene  *scene        // if set, what goes on otherwise is cut off
	beat   *atomic.Int64 // counts replays, for the watchdog
	order  *spec.Order
	ahead  map[int32][]node // what follows a node with one answer, found when it was
	// answers and ops are the memory of the last replay, for the next one.
	answers []int8
	ops     []op
}

// patience is how long one replay may run: a procedure does nothing but table look-ups.
const patience = 3 * time.Second

// unroll runs every actor against every answer that can occur, under the assumption that guards really
// protect the variables. A procedure that never comes back is reported.
func unroll(k spec.Kernel, actors []spec.Actor, blocks int, guards protection, only *scene) (*graph, error) {
	order, err := spec.OrderOf(k)
	if err != nil {
		return nil, err
	}
	g := &graph{kernel: k, actors: actors, blocks: blocks, guards: guards, scene: only, beat: new(atomic.Int64), order: order, ahead: map[int32][]node{}}
	g.nodes = append(g.nodes, node{op: op{kind: opRoot}, actor: -1, block: spec.NoBlock, parent: noNode})
	current := new(atomic.Value)
	done := make(chan error, 1)
	go func() { done <- g.unrollAll(current) }()
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for last := int64(-1); ; {
		select {
		case err := <-done:
			return g, err
		case <-tick.C:
			now := g.beat.Load()
			if now == last {
				return nil, fmt.Errorf("procedure %v: loops for ever without an operation on Task", current.Load())
			}
			last = now
		}
	}
}

func (g *graph) unrollAll(current *atomic.Value) error {
	for i, a := range g.actors {
		current.Store(a.Name)
		for b := range spec.Block(g.blocks) {
			if !a.PerBlock {
				b = spec.NoBlock
			}
			if err := g.unrollActor(int32(i), b); err != nil {
				return err
			}
			if !a.PerBlock {
				break
			}
		}
	}
	return nil
}

// unrollActor unrolls one actor for one block, depth first.
func (g *graph) unrollActor(actor int32, b spec.Block) error {
	start, err := g.expand(noNode, 0, actor, b)
	if err != nil {
		return err
	}
	g.starts = append(g.starts, start)
	for todo := []int32{start}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == root || g.nodes[n].fatal || g.nodes[n].next != nil {
			continue
		}
		answers := g.nodes[n].op.answers()
		g.nodes[n].next = slices.Repeat([]int32{noNode}, answers)
		g.nodes[n].passed = make([][]event, answers)
		if g.nodes[n].op.kind == opReturn {
			g.nodes[n].next = []int32{root}
			continue
		}
		for a := range answers {
			if !g.possible(&g.nodes[n], a) {
				continue
			}
			next, err := g.expand(n, int8(a), actor, b)
			if err != nil {
				return err
			}
			g.nodes[n].next[a] = next
			if !g.scene.plays(g.actors[actor].Name, &g.nodes[n], a) {
				g.cutOff(next)
			}
			todo = append(todo, next)
		}
	}
	return nil
}

// cutOff makes node n the end of its path, and nothing is broken there: a task that comes there stays for ever. Where Again goes
// back to, the path goes on.
func (g *graph) cutOff(n int32) {
	if n == root || g.nodes[n].next != nil {
		return
	}
	delete(g.ahead, n)
	g.nodes[n].op, g.nodes[n].fatal = op{kind: opBug, what: "the scene ends here"}, true
	g.nodes[n].broken, g.nodes[n].entries = nil, nil
}

// possible tells whether answer a can occur at node n, given what the task knows.
func (g *graph) possible(n *node, a int) bool {
	x, known := n.known.about(n.op.v, g.guards)
	switch {
	case !known:
		return true
	case n.op.kind == opRead:
		return a == x
	case n.op.kind == opSwap:
		return (a == 1) == (x == n.op.old)
	}
	return true
}

// onlyAnswer returns the answer that node n gets, if it is the only one.
func (g *graph) onlyAnswer(n *node) (only int8, ok bool) {
	for a := range n.op.answers() {
		if g.possible(n, a) {
			if ok {
				return 0, false
			}
			only, ok = int8(a), true
		}
	}
	return only, ok && !n.fatal
}

// expand returns the node that the actor reaches along the path to node n and one more answer.
func (g *graph) expand(n int32, answer int8, actor int32, b spec.Block) (int32, error) {
	name := g.actors[actor].Name
	if rest := g.ahead[n]; len(rest) > 0 {
		delete(g.ahead, n)
		return g.add(rest, n, answer, actor, b)
	}
	r := g.along(n, answer)
	given := len(r.answers)
	r.more = func(next *node) (int8, bool) {
		g.judge(next)
		answer, only := g.onlyAnswer(next)
		return answer, only && r.pos <= maxDepth
	}
	if err := g.run(r, actor, b); err != nil {
		return noNode, err
	}
	if err := g.sameAsBefore(n, r, r.path[:min(given, len(r.path))], name); err != nil {
		return noNode, err
	}
	if !r.came {
		if n != noNode {
			g.nodes[n].passed[answer] = r.events
		}
		return g.ancestor(n, r, name)
	}
	return g.add(append([]node{r.next}, r.rest...), n, answer, actor, b)
}

// add adds the first of the nodes to which an answer at node n leads, and keeps the others for later.
func (g *graph) add(nodes []node, n int32, answer int8, actor int32, b spec.Block) (int32, error) {
	next, depth := nodes[0], 0
	if n != noNode {
		depth = g.nodes[n].depth + 1
	}
	name := g.actors[actor].Name
	if depth > maxDepth {
		return noNode, fmt.Errorf("procedure %s: more than %d operations on one path; does it loop without Mark and Again?", name, maxDepth)
	}
	if len(g.nodes) > maxNodes {
		return noNode, fmt.Errorf("procedure %s: more than %d nodes; let it choose and read less", name, maxNodes)
	}
	if n != noNode {
		g.nodes[n].passed[answer] = next.before
	} else {
		next.entered = next.before
	}
	next.actor, next.block, next.parent, next.answer, next.depth = actor, b, n, answer, depth
	if len(g.nodes) == cap(g.nodes) {
		g.nodes = slices.Grow(g.nodes, len(g.nodes)) // append adds a quarter, and copies more often
	}
	g.nodes = append(g.nodes, next)
	at := int32(len(g.nodes) - 1)
	if len(nodes) > 1 {
		g.ahead[at] = nodes[1:]
	} else if next.op.answers() == 0 {
		return at, g.again(at, actor, b) // nobody comes back to see whether the procedure does the same again
	}
	return at, nil
}

// again replays the path to node n, to see that the procedure does the same.
func (g *graph) again(n int32, actor int32, b spec.Block) error {
	r := g.along(g.nodes[n].parent, g.nodes[n].answer)
	if err := g.run(r, actor, b); err != nil {
		return err
	}
	return g.sameAsBefore(n, r, append(r.path, r.next.op), g.actors[actor].Name)
}

// along returns a replay of the way to node n and one more answer. There is only one at a time: they take turns with the memory.
func (g *graph) along(n int32, answer int8) *replay {
	g.answers = g.path(g.answers[:0], n, answer)
	r := &replay{kernel: g.kernel, answers: g.answers, path: g.ops[:0]}
	if n != noNode {
		r.from = &g.nodes[n]
	}
	return r
}

// run runs a replay of an actor.
func (g *graph) run(r *replay, actor int32, b spec.Block) error {
	g.beat.Add(1)
	err := r.run(g.actors[actor], b)
	g.answers, g.ops = r.answers, r.path
	return err
}

// path appends the answers on the way to node n and one more; none if n is no node.
func (g *graph) path(p []int8, n int32, answer int8) []int8 {
	if n == noNode {
		return p
	}
	p = slices.Grow(p, g.nodes[n].depth+1)[:g.nodes[n].depth+1]
	p[len(p)-1] = answer
	for i := len(p) - 2; i >= 0; i-- {
		p[i] = g.nodes[n].answer
		n = g.nodes[n].parent
	}
	return p
}

// errNotDeterministic is wrapped by the error for a procedure that does different things on equal answers.
var errNotDeterministic = errors.New("not deterministic: equal answers, other operations")

// sameAsBefore checks that the replay asked for the operations that the nodes on the path to n recorded.
func (g *graph) sameAsBefore(n int32, r *replay, path []op, name string) error {
	if r.pos < len(r.answers) && r.again < 0 {
		return fmt.Errorf("procedure %s: %w (it ended early)", name, errNotDeterministic)
	}
	for i := len(path) - 1; i >= 0; i-- {
		if g.nodes[n].op != path[i] {
			return fmt.Errorf("procedure %s: %w (%s of %s, then %s of %s%s)", name, errNotDeterministic,
				g.nodes[n].op.kind, g.nodes[n].op.object(), path[i].kind, path[i].object(), g.nodes[n].op.madeAgain(path[i]))
		}
		n = g.nodes[n].parent
	}
	return nil
}

// madeAgain explains why two operations on objects of the same name differ.
func (o op) madeAgain(p op) string {
	if o.kind == p.kind && o.object() == p.object() && (o.lock != p.lock || o.v != p.v) {
		return ", which is another: locks and variables are made once, outside the procedure"
	}
	return ""
}

// ancestor returns the node to which Again went back. A task that starts over with nothing held
// is one that has not started: it may as well do anything else.
func (g *graph) ancestor(n int32, r *replay, name string) (int32, error) {
	if r.again > r.pos {
		return noNode, fmt.Errorf("procedure %s: Again goes to a point that was not marked on this path", name)
	}
	if r.again == r.pos {
		return noNode, fmt.Errorf("procedure %s: loops for ever without an operation on Task between Mark and Again", name)
	}
	for g.nodes[n].depth > r.again {
		n = g.nodes[n].parent
	}
	if !slices.Equal(g.nodes[n].held, r.held) {
		return noNode, fmt.Errorf("procedure %s: Again with %v held, but %v at Mark", name, r.held, g.nodes[n].held)
	}
	if !slices.Equal(g.nodes[n].pins, r.pins) {
		return noNode, fmt.Errorf("procedure %s: Again with %v pinned, but %v at Mark", name, r.pins, g.nodes[n].pins)
	}
	if g.nodes[n].depth == 0 && len(r.held) == 0 {
		return root, nil
	}
	g.nodes[n].loop = true
	return n, nil
}

// function returns the kernel function that performs the operation, or nil.
func (n *node) function() *spec.Function {
	if len(n.stack) == 0 {
		return nil
	}
	return n.stack[len(n.stack)-1]
}
