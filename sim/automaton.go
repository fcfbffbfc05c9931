package sim

import (
	"fmt"
	"math/bits"
	"slices"

	"memhp/spec"
)

// instr is a compiled operation: what a step looks up.
type instr struct {
	kind opKind
	loop bool // Again comes back to here
	// escapes tells that a task can choose to come from here to where a step may end, whatever it reads on the way.
	escapes bool
	mover   mover
	stops   bool // a task always rests here: it may come to wait as part of a circular wait
	bit     uint64
	shift   uint8
	mask    uint64 // of the variable, not shifted
	arg     uint64
	old     uint64
	fuse    bool // an announcement that takes the lock at once if it is free
	idle    bool // a trylock that had better not be made than fail
	wpref   bool // pending writers hold off readers of the lock
	// check are the agreements to evaluate after the operation.
	check []agreementAt
	// pinBit is the bit of the variable written among those that tasks pin.
	pinBit uint64
	// clear and set give the variables of a fresh object their values.
	clear, set uint64
}

// agreementAt is an agreement to evaluate; mine tells that the task wrote what it looks at.
type agreementAt struct {
	rule  int
	block spec.Block
	mine  bool
}

// automaton is a set of actors, ready to be explored: a node is the next operation, an edge an answer.
type automaton struct {
	kernel spec.Kernel
	actors []spec.Actor
	blocks int             // whose state is explored
	aside  *spec.BlockInit // the state of one more block, on which tasks only hold a lock for a moment; nil if there is none

	nodes  []node // merged; nodes[0] is the root
	code   []instr
	ex     []uint64 // locks held for writing at the node
	sh     []uint64 // locks held for reading
	pend   []uint64 // lock for which the task is a pending writer
	pins   []uint64
	starts []int32

	locks  []spec.Lock
	vars   []spec.Var
	guards protection
	layout layout
	sliced []*spec.VarClass
	agree  []spec.Agreement
	plain  bool // other tasks may run before every operation
	waits  bool // somebody waits for a condition
	// endless, if set, makes tasks rest where the search for livelocks looks at them.
	endless *endless
}

// layout says where the variables lie in the word of variables.
type layout struct {
	shift  map[spec.Var]uint8
	active map[spec.Lock]uint8
	bits   uint8
}

// maxLocks is the number of lock objects that a word can hold.
const maxLocks = 64

// newAutomaton unrolls, merges and compiles the actors; mark may mark nodes before they are merged.
func newAutomaton(k spec.Kernel, actors []spec.Actor, tasks, blocks int, r Reductions, only *scene, mark ...func(*graph)) (*automaton, error) {
	g, err := unrollProtected(k, actors, blocks, only)
	if err != nil {
		return nil, err
	}
	a := &automaton{kernel: k, actors: actors, blocks: blocks, guards: g.guards, agree: spec.Agreements()}
	for _, f := range mark {
		f(g)
	}
	a.mergeNodes(g)
	if !r.NoFocus {
		a.focus(tasks)
	}
	if !r.NoSlicing {
		a.sliced = a.sliceAway()
		a.mergeNodes(&graph{nodes: a.nodes, starts: a.starts})
	}
	a.locks = a.allLocks()
	if len(a.locks) > maxLocks {
		return nil, fmt.Errorf("%d lock objects, and at most %d fit: use fewer blocks or actors", len(a.locks), maxLocks)
	}
	if err := a.lay(); err != nil {
		return nil, err
	}
	a.compile(tasks, !r.NoLipton)
	return a, nil
}

// mergeNodes replaces the nodes by one of each class.
func (a *automaton) mergeNodes(g *graph) {
	class, n := merge(g, a.sliced)
	a.nodes, a.starts = make([]node, n), nil
	filled := make([]bool, n)
	for i := range g.nodes {
		c := class[i]
		if filled[c] {
			continue
		}
		filled[c] = true
		nd := g.nodes[i]
		nd.next = slices.Clone(nd.next)
		for j, m := range nd.next {
			if m != noNode {
				nd.next[j] = class[m]
			}
		}
		a.nodes[c] = nd
	}
	for _, s := range g.starts {
		if !slices.Contains(a.starts, class[s]) {
			a.starts = append(a.starts, class[s])
		}
	}
}

// lay gives each variable and each kernfs node its bits.
func (a *automaton) lay() error {
	a.layout = layout{shift: map[spec.Var]uint8{}, active: map[spec.Lock]uint8{}}
	total := 0
	place := func(values int) uint8 {
		at := total
		total += bits.Len(uint(values - 1))
		return uint8(at)
	}
	for _, v := range a.allVars() {
		if len(v.Class.Values) > 1 && !slices.Contains(a.sliced, v.Class) && (a.aside == nil || v.Block != aside) {
			a.layout.shift[v] = place(len(v.Class.Values))
			a.vars = append(a.vars, v)
		}
	}
	for _, l := range a.locks {
		if l.Class.KindIn(a.kernel) == spec.KernfsActive {
			a.layout.active[l] = place(2)
		}
	}
	if total > 60 {
		return fmt.Errorf("the variables need %d bits, and at most 60 fit: use fewer blocks or actors", total)
	}
	a.layout.bits = uint8(total)
	return nil
}

// allLocks returns the locks that the nodes name, and the kernfs nodes that a predicate looks at which some operation could break.
func (a *automaton) allLocks() []spec.Lock {
	out := locksOf(a.nodes)
	for i := range a.nodes {
		for _, c := range a.checksAfter(&a.nodes[i]) {
			for _, l := range a.agree[c.rule].Nodes(c.block) {
				if !slices.Contains(out, l) {
					out = append(out, l)
				}
			}
		}
	}
	return out
}

// allVars returns the variables that the nodes name, and those that a predicate looks at which some operation could break.
func (a *automaton) allVars() []spec.Var {
	var out []spec.Var
	seen := map[spec.Var]bool{}
	note := func(v spec.Var) {
		if v.Class != nil && !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	for i := range a.nodes {
		note(a.nodes[i].op.v)
	}
	for i := range a.nodes {
		for _, c := range a.checksAfter(&a.nodes[i]) {
			for _, v := range a.agree[c.rule].Vars(c.block) {
				note(v)
			}
		}
	}
	return out
}

// compile fills the tables that steps look up.
func (a *automaton) compile(tasks int, lipton bool) {
	n := len(a.nodes)
	a.code = make([]instr, n)
	a.ex, a.sh, a.pend, a.pins = make([]uint64, n), make([]uint64, n), make([]uint64, n), make([]uint64, n)
	p := a.findMovers(tasks)
	a.plain, a.waits = !lipton, p.waits
	for i := range a.nodes {
		nd := &a.nodes[i]
		for _, h := range nd.held {
			if h.Mode == spec.Write {
				a.ex[i] |= a.bit(h.Lock)
			} else {
				a.sh[i] |= a.bit(h.Lock)
			}
		}
		if a.pendingAt(int32(i)) && (!lipton || p.of(int32(i)) == non) {
			a.pend[i] = a.bit(nd.op.lock)
		}
		for _, v := range nd.pins {
			a.pins[i] |= a.pinBit(v)
		}
		a.code[i] = a.compileOp(int32(i), p, lipton)
	}
	a.markEscapes()
}

func (a *automaton) compileOp(n int32, p *movers, lipton bool) instr {
	nd := &a.nodes[n]
	o := nd.op
	in := instr{kind: o.kind, loop: nd.loop, arg: uint64(o.arg), old: uint64(o.old)}
	if o.lock.Class != nil {
		in.bit = a.bit(o.lock)
		in.wpref = o.lock.Class.KindIn(a.kernel).PendingWriterBlocksReaders()
		if at, ok := a.layout.active[o.lock]; ok {
			in.shift, in.mask = at, 1
		}
	}
	if at, ok := a.layout.shift[o.v]; ok {
		in.shift, in.mask = at, 1<<bits.Len(uint(len(o.v.Class.Values)-1))-1
	}
	if o.kind == opRead && in.mask == 0 {
		in.arg = uint64(slices.IndexFunc(nd.next, func(n int32) bool { return n != noNode }))
	}
	if o.kind == opWrite || o.kind == opSwap {
		in.pinBit = a.pinBit(o.v)
	}
	a.compileFresh(&in, nd.fresh)
	in.check = a.checksAfter(nd)
	in.mover, in.stops = p.of(n), p.critical[n]
	in.fuse = o.kind == opAnnounce && lipton && !p.tried[o.lock] && a.endless == nil
	in.idle = lipton && p.roundTrip[n]
	return in
}

func (a *automaton) compileFresh(in *instr, fresh []spec.Assign) {
	for _, f := range fresh {
		if at, ok := a.layout.shift[f.Var]; ok {
			in.clear |= (1<<bits.Len(uint(len(f.Var.Class.Values)-1)) - 1) << at
			in.set |= uint64(f.Value) << at
		}
	}
}

// checksAfter returns the agreements that the operation can break: it writes a variable, releases a lock or makes
// visible a node that they look at.
func (a *automaton) checksAfter(nd *node) []agreementAt {
	var out []agreementAt
	for i, g := range a.agree {
		for b := range spec.Block(a.blocks) {
			o := nd.op
			hit := (o.kind == opWrite || o.kind == opSwap) && slices.Contains(g.Vars(b), o.v) ||
				(o.kind == opUnlock || o.kind == opRUnlock) && slices.Contains(g.Locks(b), o.lock) ||
				o.kind == opActivate && o.lock.Block == b
			if hit {
				wrote := slices.ContainsFunc(g.Vars(b), func(v spec.Var) bool { return v == o.v || slices.Contains(nd.wrote, v) })
				out = append(out, agreementAt{i, b, wrote})
			}
		}
	}
	return out
}

// pendingAt tells whether a task at node n is a writer that has announced itself, and holds off readers.
func (a *automaton) pendingAt(n int32) bool {
	o := a.nodes[n].op
	return o.kind == opLock && o.lock.Class.KindIn(a.kernel).PendingWriterBlocksReaders()
}

func (a *automaton) bit(l spec.Lock) uint64 { return 1 << slices.Index(a.locks, l) }

func (a *automaton) pinBit(v spec.Var) uint64 {
	i := 0
	for _, w := range a.pinned() {
		if w == v {
			return 1 << i
		}
		i++
	}
	return 0
}

// pinned returns the variables that some task pins.
func (a *automaton) pinned() []spec.Var {
	var out []spec.Var
	for i := range a.nodes {
		if o := a.nodes[i].op; o.kind == opPin && !slices.Contains(out, o.v) {
			out = append(out, o.v)
		}
	}
	return out
}

// actorName returns the name of the actor that a node belongs to.
func (a *automaton) actorName(n int32) string {
	if a.nodes[n].actor < 0 {
		return ""
	}
	return a.actors[a.nodes[n].actor].Name
}
