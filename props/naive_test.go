package props

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// naive explores every interleaving of tasks breadth first, one operation at a time, and evaluates the rules of docs/semantics.md,
// sections 1 to 4, as they are written there.
type naive struct {
	kernel spec.Kernel
	actors []spec.Actor
	tasks  int
	blocks int
	vars   []spec.Var  // the variables of a world, in the order in which they were first seen
	nodes  []spec.Lock // the kernfs nodes of a world

	places  []place
	numbers map[string]int // of places, by what they are
	next    map[[2]int]int // the place after an answer
	order   *spec.Order

	found   map[string]bool // signatures of broken rules
	edges   map[naiveEdge]bool
	written map[*spec.LockClass]bool
	gives   map[spec.Assign]bool // what the code of some actor writes, whatever it is answered; nil until somebody asks
	seen    []world
}

// world is a state: the place of each task, the values of the variables, and which nodes are active.
type world struct {
	at     []int
	values []byte
	active []byte
}

func (w world) clone() world {
	return world{slices.Clone(w.at), slices.Clone(w.values), slices.Clone(w.active)}
}

func (w world) key() string {
	b := make([]byte, 0, 64)
	for _, p := range w.at {
		b = append(b, byte(p), byte(p>>8), byte(p>>16))
	}
	return string(append(append(b, w.values...), w.active...))
}

// newNaive prepares the exploration of c, with kernfs nodes of one's own, which the specification does not list.
func newNaive(c sim.Config, nodes ...spec.Lock) (*naive, error) {
	order, err := spec.OrderOf(c.Kernel)
	m := &naive{kernel: c.Kernel, actors: c.Actors, tasks: c.Tasks, blocks: c.Blocks, nodes: nodes, order: order,
		numbers: map[string]int{}, next: map[[2]int]int{}, found: map[string]bool{}, edges: map[naiveEdge]bool{},
		written: map[*spec.LockClass]bool{}}
	for _, class := range slices.Concat(spec.LockClasses(), spec.CallerLocks()) {
		for b := range spec.Block(c.Blocks) {
			if l := class.Of(b); class.Kind == spec.KernfsActive && !slices.Contains(m.nodes, l) {
				m.nodes = append(m.nodes, l)
			}
		}
	}
	m.number(m.replay(-1, spec.NoBlock, nil))
	return m, err
}

// number returns the number of a place.
func (m *naive) number(p place) int {
	name := fmt.Sprint(p.actor, p.block, p.answers)
	n, ok := m.numbers[name]
	if !ok {
		n = len(m.places)
		m.numbers[name] = n
		m.places = append(m.places, p)
	}
	return n
}

// follow returns the place after an answer.
func (m *naive) follow(n, answer int) int {
	at := [2]int{n, answer}
	if _, ok := m.next[at]; !ok {
		p := m.places[n]
		if p.op.name == "return" {
			m.next[at] = 0
		} else {
			m.next[at] = m.number(m.replay(p.actor, p.block, append(slices.Clone(p.answers), answer)))
		}
	}
	return m.next[at]
}

// initial returns the worlds to start from.
func (m *naive) initial() []world {
	out := []world{{at: make([]int, m.tasks), active: make([]byte, len(m.nodes))}}
	for i, l := range m.nodes {
		if l.Block == spec.NoBlock {
			out[0].active[i] = 1
		}
	}
	for b := range spec.Block(m.blocks) {
		var more []world
		for _, w := range out {
			for _, in := range spec.BlockInits() {
				more = append(more, m.withBlock(w.clone(), b, in))
			}
		}
		out = more
	}
	return out
}

func (m *naive) withBlock(w world, b spec.Block, in spec.BlockInit) world {
	for class, x := range in.Values {
		m.set(&w, class.Of(b), x)
	}
	for i, l := range m.nodes {
		if l.Block == b && in.Visible {
			w.active[i] = 1
		}
	}
	return w
}

// get returns the value of a variable: what a world has no place for was never written.
func (m *naive) get(w world, v spec.Var) int {
	if i := slices.Index(m.vars, v); i >= 0 && i < len(w.values) {
		return int(w.values[i])
	}
	return v.Class.Init
}

func (m *naive) set(w *world, v spec.Var, x int) {
	i := slices.Index(m.vars, v)
	if i < 0 {
		i = len(m.vars)
		m.vars = append(m.vars, v)
	}
	for len(w.values) <= i {
		w.values = append(w.values, byte(m.vars[len(w.values)].Class.Init))
	}
	w.values[i] = byte(x)
}

func (m *naive) node(l spec.Lock) int {
	i := slices.Index(m.nodes, l)
	if i < 0 {
		panic("the naive explorer was not told of " + l.String())
	}
	return i
}

// explore visits every world, unless there are more than limit; it returns whether it has seen all.
func (m *naive) explore(limit int) bool {
	seen := map[string]bool{}
	var queue []world
	visit := func(w world) {
		if key := w.key(); !seen[key] {
			seen[key] = true
			queue = append(queue, w)
		}
	}
	for _, w := range m.initial() {
		visit(w)
	}
	for i := 0; i < len(queue); i++ {
		if len(queue) > limit {
			return false
		}
		w := queue[i]
		m.judgeWorld(w)
		for task := range w.at {
			m.steps(w, task, visit)
		}
		if m.blocked(w) {
			m.judgeStuck(w)
		}
	}
	m.seen = queue
	m.judgeCycles()
	return true
}

// steps calls visit with each world to which a step of a task leads.
func (m *naive) steps(w world, task int, visit func(world)) {
	n := w.at[task]
	p := m.places[n]
	switch {
	case p.actor < 0:
		m.begin(w, task, visit)
		return
	case p.ended || !m.enabled(w, task):
		return
	case p.op.name == "choose":
		for answer := range p.op.n {
			m.move(w.clone(), task, m.follow(n, answer), visit)
		}
		return
	}
	after := w.clone()
	if answer, ok := m.perform(&after, task, p.op); ok {
		m.move(after, task, m.follow(n, answer), visit)
	}
}

// begin starts each actor that may start: one that runs alone, only if no other task runs it.
func (m *naive) begin(w world, task int, visit func(world)) {
	for i, a := range m.actors {
		if a.Single != nil && m.heldByOther(w, task, a.Single.Of(spec.NoBlock), spec.Read) {
			continue
		}
		for _, b := range m.blocksOf(a) {
			m.move(w.clone(), task, m.number(m.replay(i, b, nil)), visit)
		}
	}
}

// blocksOf returns the blocks for which an actor runs.
func (m *naive) blocksOf(a spec.Actor) []spec.Block {
	if !a.PerBlock {
		return []spec.Block{spec.NoBlock}
	}
	var out []spec.Block
	for b := range spec.Block(m.blocks) {
		out = append(out, b)
	}
	return out
}

// move puts a task at its next place.
func (m *naive) move(w world, task, to int, visit func(world)) {
	w.at[task] = to
	p := &m.places[to]
	for _, s := range p.broken {
		m.found[s] = true
	}
	m.noteRequest(p)
	visit(w)
}

// heldByOther tells whether a task but this one holds l, in mode least or more.
func (m *naive) heldByOther(w world, task int, l spec.Lock, least spec.Mode) bool {
	for t, n := range w.at {
		if t != task && m.places[n].held.Has(l, least) {
			return true
		}
	}
	return false
}

func (m *naive) pendingOther(w world, task int, l spec.Lock) bool {
	for t, n := range w.at {
		if p := &m.places[n]; t != task && p.pending && p.op.lock == l {
			return true
		}
	}
	return false
}

// enabled tells whether a task need not wait: the table of section 1.
func (m *naive) enabled(w world, task int) bool {
	switch o := m.places[w.at[task]].op; o.name {
	case "lock":
		return !m.heldByOther(w, task, o.lock, spec.Read)
	case "rlock":
		return m.mayRead(w, task, o.lock)
	case "drain":
		return !m.heldByOther(w, task, o.lock, spec.Read)
	case "wait":
		return m.get(w, o.v) == o.x
	}
	return true
}

func (m *naive) mayRead(w world, task int, l spec.Lock) bool {
	kind := l.Class.KindIn(m.kernel)
	fair := kind == spec.Rwsem || kind == spec.PercpuRwsem
	return !m.heldByOther(w, task, l, spec.Write) && !(fair && m.pendingOther(w, task, l))
}

// perform does an operation that need not wait, and returns its answer; false if the path ends.
func (m *naive) perform(w *world, task int, o naiveOp) (int, bool) {
	mine := m.places[w.at[task]]
	switch o.name {
	case "trylock":
		return asAnswer(!m.heldByOther(*w, task, o.lock, spec.Read) && !mine.held.Has(o.lock, spec.Read)), true
	case "tryrlock":
		if o.lock.Class.KindIn(m.kernel) == spec.KernfsActive {
			return int(w.active[m.node(o.lock)]), true
		}
		return asAnswer(m.mayRead(*w, task, o.lock)), true
	case "activate":
		w.active[m.node(o.lock)] = 1
		for _, f := range o.fresh {
			m.set(w, f.Var, f.Value)
		}
	case "deactivate":
		w.active[m.node(o.lock)] = 0
	case "read":
		return m.get(*w, o.v), true
	case "write":
		m.write(w, task, o)
	case "swap":
		if m.get(*w, o.v) != o.old {
			return 0, true
		}
		m.write(w, task, o)
		return 1, true
	case "assert":
		if m.get(*w, o.v) != o.x {
			m.found[naiveSignature(o.rule, m.functionOf(mine), m.actors[mine.actor].Name)] = true
			return 0, false
		}
	}
	return 0, true
}

func (m *naive) write(w *world, task int, o naiveOp) {
	m.set(w, o.v, o.x)
	mine := m.places[w.at[task]]
	who := []string{m.actors[mine.actor].Name}
	for t, n := range w.at {
		if p := m.places[n]; t != task && slices.Contains(p.pins, o.v) && !slices.Contains(who[1:], m.actors[p.actor].Name) {
			who = append(who, m.actors[p.actor].Name)
		}
	}
	if len(who) > 1 {
		m.found[naiveSignature(spec.ReadersSeeStable, m.functionOf(mine), who...)] = true
	}
}

func asAnswer(ok bool) int {
	if ok {
		return 1
	}
	return 0
}
