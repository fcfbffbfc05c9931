package props

import (
	"math/bits"
	"slices"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// naiveSignature names a broken rule as signature does. Who breaks block-device-agree, and which classes are on a cycle of lock-order,
// is not told: the first depends on who is interleaved, of the second one cycle of several may be shown.
func naiveSignature(rule *spec.Invariant, function string, actors ...string) string {
	return nameOf(sim.Violation{Invariant: rule.ID, Function: function, Actors: actors})
}

func nameOf(v sim.Violation) string {
	if v.Invariant == spec.BlockDeviceAgree.ID || v.Invariant == spec.LockOrder.ID {
		return v.Invariant
	}
	v.Actors = sorted(v.Actors)
	return signature(v)
}

// functionOf returns the kernel function that a task is in; an actor that is none stands for its own.
func (m *naive) functionOf(p place) string {
	if len(p.stack) > 0 {
		return p.stack[len(p.stack)-1].Name
	}
	return m.actors[p.actor].Name
}

// judge notes the rules that a task breaks by coming to p, whatever the others do.
func (m *naive) judge(p *place) {
	breaks := func(rule *spec.Invariant) {
		p.broken = append(slices.Clone(p.broken), naiveSignature(rule, m.functionOf(*p), m.actors[p.actor].Name))
	}
	ends := func(rule *spec.Invariant) { breaks(rule); p.ended = true }
	switch o := p.op; o.name {
	case "lock", "rlock", "drain":
		if m.recursive(p) {
			ends(spec.NoRecursion)
			return
		}
		for _, h := range p.held {
			if h.Lock != o.lock && !m.inOrder(h.Lock.Class, o.lock.Class, p.held) {
				breaks(spec.DeclaredOrder)
			}
		}
	case "unlock":
		if !slices.ContainsFunc(p.held, func(h spec.Hold) bool { return h.Lock == o.lock && h.Mode == spec.Write }) {
			ends(spec.LocksBalanced)
		}
	case "runlock":
		if !slices.ContainsFunc(p.held, func(h spec.Hold) bool { return h.Lock == o.lock && h.Mode == spec.Read }) {
			ends(spec.LocksBalanced)
		}
	case "return":
		if len(p.held) > 0 {
			ends(spec.LocksBalanced)
		}
	case "bug":
		ends(spec.NoBug)
	case "write", "swap":
		if c := o.v.Class; c.WriteRule != nil && c.Protected != nil && c.Protected(m.kernel) != nil && !holdsClass(p.held, c.Protected(m.kernel)) {
			breaks(c.WriteRule)
		}
	}
}

func holdsClass(held spec.Held, c *spec.LockClass) bool {
	return slices.ContainsFunc(held, func(h spec.Hold) bool { return h.Lock.Class == c && h.Mode == spec.Write })
}

// recursive tells whether a task waits for itself: no-recursion.
func (m *naive) recursive(p *place) bool {
	for _, h := range p.held {
		if h.Lock != p.op.lock {
			continue
		}
		kind := h.Lock.Class.KindIn(m.kernel)
		reads := p.op.name == "rlock"
		switch {
		case reads && h.Mode == spec.Read && (kind == spec.CounterLock || kind == spec.KernfsActive):
		case reads && h.Mode == spec.Write && kind == spec.CounterLock:
		default:
			return true
		}
	}
	return false
}

// inOrder tells whether the order text has from before to, or excepts the pair under a guard that is held.
func (m *naive) inOrder(from, to *spec.LockClass, held spec.Held) bool {
	if !slices.Contains(spec.LockClasses(), from) || !slices.Contains(spec.LockClasses(), to) {
		return true // a lock of one's own is in no declared order
	}
	after := []*spec.LockClass{from}
	for i := 0; i < len(after); i++ {
		for _, c := range m.order.Direct(after[i]) {
			if c == to {
				return true
			}
			if !slices.Contains(after, c) {
				after = append(after, c)
			}
		}
	}
	return slices.ContainsFunc(m.order.Exceptions, func(e spec.Exception) bool {
		return e.From == from && e.To == to && holdsClass(held, e.Guard)
	})
}

// judgeWorld evaluates block-device-agree.
func (m *naive) judgeWorld(w world) {
	for b := range spec.Block(m.blocks) {
		hidden := w.active[m.node(spec.StateAttr.Of(b))] == 0
		for _, l := range []spec.Lock{spec.DeviceLock.Of(b), spec.DeviceHotplugLock} {
			hidden = hidden || m.heldByOther(w, -1, l, spec.Read)
		}
		offline := m.get(w, spec.DevOffline.Of(b)) == spec.True
		if !hidden && offline != (m.get(w, spec.BlockState.Of(b)) == spec.MemOffline) {
			m.found[spec.BlockDeviceAgree.ID] = true
		}
	}
}

// waiting tells whether a task waits: its path has not ended, and its operation is not enabled.
func (m *naive) waiting(w world, task int) bool {
	return !m.places[w.at[task]].ended && !m.enabled(w, task)
}

func (m *naive) blocked(w world) bool {
	for task := range w.at {
		if m.waiting(w, task) {
			return true
		}
	}
	return false
}

// judgeStuck looks for the smallest stuck sets, trying every set of tasks.
func (m *naive) judgeStuck(w world) {
	var found []int
	for size := 1; size <= m.tasks; size++ {
		for set := range 1 << m.tasks {
			smallest := !slices.ContainsFunc(found, func(f int) bool { return f&^set == 0 })
			if bits.OnesCount(uint(set)) == size && smallest && m.stuck(w, set) {
				found = append(found, set)
				m.found[m.deadlock(w, set)] = true
			}
		}
	}
}

func (m *naive) stuck(w world, set int) bool {
	for t := range w.at {
		if set>>t&1 == 1 && (!m.waiting(w, t) || !m.waitsFor(w, t, set)) {
			return false
		}
	}
	return true
}

// waitsFor tells whether only tasks of set could let task t, which waits, go on: section 4.
func (m *naive) waitsFor(w world, t, set int) bool {
	o := m.places[w.at[t]].op
	if o.name == "wait" {
		return set == 1<<m.tasks-1 || !m.writes()[spec.Assign{Var: o.v, Value: o.x}]
	}
	kind := o.lock.Class.KindIn(m.kernel)
	for u, n := range w.at {
		if u == t || set>>u&1 == 0 {
			continue
		}
		p := &m.places[n]
		least := spec.Read
		if o.name == "rlock" {
			least = spec.Write
		}
		pending := o.name == "rlock" && (kind == spec.Rwsem || kind == spec.PercpuRwsem) && p.pending && p.op.lock == o.lock
		if p.held.Has(o.lock, least) || pending {
			return true
		}
	}
	return false
}

// writes returns what the actors may write, on any answers.
func (m *naive) writes() map[spec.Assign]bool {
	if m.gives != nil {
		return m.gives
	}
	m.gives = map[spec.Assign]bool{}
	seen := map[int]bool{}
	for i, a := range m.actors {
		for _, b := range m.blocksOf(a) {
			m.unroll(m.number(m.replay(i, b, nil)), seen)
		}
	}
	return m.gives
}

// unroll notes what is written at place n and after it.
func (m *naive) unroll(n int, seen map[int]bool) {
	p := m.places[n]
	if seen[n] || p.actor < 0 {
		return
	}
	seen[n] = true
	answers := 1
	switch p.op.name {
	case "write":
		m.gives[spec.Assign{Var: p.op.v, Value: p.op.x}] = true
	case "swap":
		m.gives[spec.Assign{Var: p.op.v, Value: p.op.x}] = true
		answers = 2
	case "activate":
		for _, f := range p.op.fresh {
			m.gives[f] = true
		}
	case "trylock", "tryrlock":
		answers = 2
	case "read":
		answers = len(p.op.v.Class.Values)
	case "choose":
		answers = p.op.n
	}
	for answer := 0; answer < answers && !p.ended; answer++ {
		m.unroll(m.follow(n, answer), seen)
	}
}

// deadlock names a stuck set.
func (m *naive) deadlock(w world, set int) string {
	var actors, functions []string
	for t, n := range w.at {
		if set>>t&1 == 1 {
			actors = append(actors, m.actors[m.places[n].actor].Name)
			functions = append(functions, m.functionOf(m.places[n]))
		}
	}
	slices.Sort(functions)
	return naiveSignature(spec.NoDeadlock, strings.Join(slices.Compact(functions), ", "), actors...)
}

// naiveEdge is an edge of the lock order: class from was held in one mode when class to was requested in another.
type naiveEdge struct {
	from, to         *spec.LockClass
	fromMode, toMode spec.Mode
	gates            string // the global locks that were held for writing
}

// noteRequest collects the edges that a request makes: section 3.
func (m *naive) noteRequest(p *place) {
	mode := spec.Write
	switch p.op.name {
	case "rlock":
		mode = spec.Read
	case "lock", "drain":
		m.written[p.op.lock.Class] = true
	default:
		return
	}
	var gates []string
	for _, h := range p.held {
		if h.Mode == spec.Write && h.Lock.Block == spec.NoBlock {
			gates = append(gates, h.Lock.Class.Name)
		}
	}
	for _, h := range p.held {
		if h.Lock != p.op.lock && h.Lock.Class.Kind != spec.WorkItem {
			m.edges[naiveEdge{h.Lock.Class, p.op.lock.Class, h.Mode, mode, strings.Join(sorted(gates), " ")}] = true
		}
	}
}

// judgeCycles looks for a harmful cycle.
func (m *naive) judgeCycles() {
	for e := range m.edges {
		if m.closes([]naiveEdge{e}) {
			m.found[spec.LockOrder.ID] = true
			return
		}
	}
}

// closes tells whether path can be made a harmful cycle.
func (m *naive) closes(path []naiveEdge) bool {
	first, last := path[0], path[len(path)-1]
	if last.to == first.from && m.conflict(last, first) {
		return true
	}
	for e := range m.edges {
		fits := e.from == last.to && m.conflict(last, e) &&
			!slices.ContainsFunc(path, func(d naiveEdge) bool { return d.from == e.from || commonGate(d, e) })
		if fits && m.closes(append(path, e)) {
			return true
		}
	}
	return false
}

func commonGate(d, e naiveEdge) bool {
	return slices.ContainsFunc(strings.Fields(d.gates), func(g string) bool { return slices.Contains(strings.Fields(e.gates), g) })
}

// conflict tells whether the request of d waits for the hold of e, or for a writer that waits for it.
func (m *naive) conflict(d, e naiveEdge) bool {
	kind := d.to.KindIn(m.kernel)
	return d.toMode == spec.Write || e.fromMode == spec.Write || (kind == spec.Rwsem || kind == spec.PercpuRwsem) && m.written[d.to]
}
