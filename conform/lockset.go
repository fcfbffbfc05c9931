package conform

import "memhp/spec"

// object is the lock that an event is about.
type object struct {
	lock  spec.Lock
	bit   lockSet      // of a global lock
	block *blockDevice // of a device mutex
}

// resolve finds the lock of an event: by the class that a name or symbol gives, or as the mutex of a
// known memory block. Other device mutexes, and locks that the specification does not know, are no matter.
func (m *monitor) resolve(t *task, e *event) (object, bool) {
	if e.class != nil && e.class != spec.DeviceLock {
		return object{lock: e.class.Of(spec.NoBlock), bit: m.globals.bit[e.class]}, true
	}
	if top := t.top(); top != nil && top.fn.role == switchRole && (e.kind == request || e.kind == acquired) {
		m.devices.learnOffset(top.dev, e.addr, e.src)
	}
	d := m.devices.find(e.addr, e.src)
	if d == nil {
		return object{}, false
	}
	return object{lock: spec.DeviceLock.Of(d.block), block: d}, true
}

func (m *monitor) lockEvent(t *task, e *event) {
	o, ok := m.resolve(t, e)
	if !ok {
		return
	}
	switch e.kind {
	case request, acquired:
		m.acquire(t, e, o, e.try)
	case attempt:
		m.attempt(t, e, o)
	case mention:
		m.recursion(t, e, o)
		m.checkOrder(t, e, o)
	case release:
		m.release(t, e, o)
	}
	if o.bit != 0 && e.kind != mention {
		m.cover.see(e, o.lock.Class, o.bit)
	}
}

// acquire notes a hold. Two sources may show one acquisition: only the first counts.
func (m *monitor) acquire(t *task, e *event, o object, try bool) {
	if i := t.index(o.lock); i >= 0 {
		if t.facts[i].src == e.src && e.kind == request {
			m.recursion(t, e, o)
		}
		return
	}
	if e.kind == request {
		m.checkOrder(t, e, o)
	}
	delete(t.released, o.bit)
	m.push(t, spec.Hold{Lock: o.lock, Mode: e.mode, Trylock: try}, holdFact{e.src, m.releasesSeen(e.src, o)}, o.bit)
}

func (m *monitor) releasesSeen(src source, o object) bool {
	if o.block != nil {
		return o.block.released[src]
	}
	return m.cover.releases&o.bit != 0
}

// recursion judges a blocking request of a lock that the task holds.
func (m *monitor) recursion(t *task, e *event, o object) {
	i := t.index(o.lock)
	if i >= 0 && t.facts[i].sure && t.held.Recursion(o.lock, e.mode, m.kernel) {
		m.violate(t, e, spec.NoRecursion, t.innermost(), o.lock.String()+" is requested by the task that holds it")
	}
}

// attempt notes a trylock, or a wait that a signal can end. Until it returns, nothing is known of the lock.
func (m *monitor) attempt(t *task, e *event, o object) {
	if t.index(o.lock) >= 0 {
		return
	}
	if e.prim.success == 0 { // it waits
		m.checkOrder(t, e, o)
	}
	t.pending = attemptState{prim: e.prim, lock: o.lock, bit: o.bit, src: e.src, mode: e.mode, wasAbsent: t.absent&o.bit != 0, block: o.block}
	t.absent &^= o.bit
}

// leaveAttempt resolves the pending attempt. Returns are not filtered by address, so one without an
// attempt of the same kind before it belongs to some other lock.
func (m *monitor) leaveAttempt(t *task, e *event) {
	p := t.pending
	if p.prim != e.prim {
		return
	}
	t.pending = attemptState{}
	switch {
	case !e.hasRet:
	case e.ret == p.prim.success:
		if t.index(p.lock) < 0 {
			o := object{p.lock, p.bit, p.block}
			delete(t.released, p.bit)
			m.push(t, spec.Hold{Lock: p.lock, Mode: p.mode, Trylock: p.prim.success == 1}, holdFact{p.src, m.releasesSeen(p.src, o)}, p.bit)
		}
	case p.wasAbsent && t.index(p.lock) < 0:
		t.absent |= p.bit
	}
}

// release ends a hold. From now on the task is known not to hold the lock, if its acquisitions are all recorded.
func (m *monitor) release(t *task, e *event, o object) {
	if o.block != nil {
		o.block.released[e.src] = true
	}
	i := t.index(o.lock)
	if i >= 0 {
		t.drop(i)
	} else if t.absent&o.bit != 0 && (t.released[o.bit] == 0 || t.released[o.bit] == e.src) {
		m.violate(t, e, spec.LocksBalanced, t.innermost(), o.lock.String()+" is released by a task that does not hold it")
	}
	if o.bit != 0 {
		t.released[o.bit] = e.src
		t.absent |= o.bit & m.cover.full
	}
}
