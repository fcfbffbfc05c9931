package conform

import (
	"bytes"

	"memhp/spec"
)

// kind is what an event does.
type kind uint8

const (
	enter     kind = iota + 1 // a function is entered
	leave                     // a function or an attempt returns
	request                   // a lock is requested; the task waits for it
	attempt                   // a lock is tried, or waited for with signals; the return value tells
	mention                   // a lock is requested by a function that may be inlined elsewhere
	acquired                  // a lock is held now, however it was requested
	release                   // a lock is released
	rootEnter                 // a system call or work item starts
	rootLeave                 // a system call or work item ends
)

// source is which kind of event shows an acquisition; two sources may show the same one.
type source uint8

const (
	fromProbe      source = iota + 1 // kprobes and fprobes on lock primitives
	fromLockdep                      // lock:lock_acquire and lock:lock_release
	fromContention                   // lock:contention_begin and lock:contention_end, lock:lock_acquired
)

// event is one relevant line of a trace. It holds no reference to the line's text.
type event struct {
	kind   kind
	src    source
	mode   spec.Mode
	try    bool
	hasRet bool
	attr   attribute
	pid    int
	line   int
	time   stamp
	fn     *function
	prim   *primitive
	class  *spec.LockClass // nil if only the address is known
	addr   uint64          // of the lock
	dev    uint64          // of the device that the function is about
	ret    int64
}

// attribute is which sysfs attribute of a memory block a store is for.
type attribute uint8

const (
	otherAttr attribute = iota
	stateAttr
	onlineAttr
)

// decoder turns lines into events.
type decoder struct {
	table *table
	syms  *Symbols
	names map[string]*spec.LockClass // of lock events
}

func newDecoder(t *table, syms *Symbols) *decoder {
	d := &decoder{table: t, syms: syms, names: map[string]*spec.LockClass{}}
	for _, c := range spec.LockClasses() {
		if c.Kind == spec.KernfsActive {
			continue // lock events do not tell whose attribute kn->active is; see monitor.enterStore
		}
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			d.names[name] = c
		}
	}
	return d
}

// decode makes an event of a line, and tells whether it is one that matters.
func (d *decoder) decode(l *line, e *event) bool {
	*e = event{pid: l.pid, time: l.time}
	if l.call {
		m := d.table.find(l.name)
		return d.functionEvent(m, e)
	}
	if len(l.args) > 0 && l.args[0] == '(' {
		return d.probeEvent(l.args, e)
	}
	switch string(l.name) {
	case "lock_acquire":
		return d.lockAcquire(l.args, e)
	case "lock_release":
		e.kind, e.src = release, fromLockdep
		return d.lockName(l.args, e)
	case "lock_acquired":
		e.kind, e.src, e.mode = acquired, fromContention, spec.Write
		return d.lockName(l.args, e) && e.class.Kind == spec.Mutex // of a rwsem it does not say in which mode
	case "contention_end":
		e.kind, e.src, e.mode = acquired, fromContention, spec.Write
		return d.contentionEnd(l.args, e)
	case "sys_enter", "workqueue_execute_start":
		e.kind = rootEnter
		return true
	case "sys_exit", "workqueue_execute_end":
		e.kind = rootLeave
		return true
	}
	return false
}

// functionEvent is an entry without arguments. A primitive without the lock's address says nothing.
func (d *decoder) functionEvent(m meaning, e *event) bool {
	e.kind, e.fn = enter, m.fn
	if m.prim != nil && m.prim.kind == mention {
		e.kind, e.src, e.prim, e.class, e.mode = mention, fromProbe, m.prim, m.prim.class, m.prim.mode
		return true
	}
	return m.fn != nil
}

func (d *decoder) probeEvent(args []byte, e *event) bool {
	p, ok := parsePlace(args, d.syms)
	if !ok {
		return false
	}
	m := d.table.find(p.symbol)
	if !m.known() {
		return false
	}
	if p.ret {
		e.kind, e.fn, e.prim = leave, m.fn, m.prim
		if v, ok := arg(p.rest, "ret"); ok {
			e.ret, e.hasRet = parseInt(v)
		}
		return m.prim == nil || m.prim.kind == attempt
	}
	if m.prim == nil {
		e.kind, e.fn = enter, m.fn
		if m.fn.role != plain {
			d.device(p.rest, e)
		}
		return true
	}
	return d.primitiveEvent(m.prim, p.rest, e)
}

// primitiveEvent is the entry of a lock primitive. Without the lock's address it says nothing.
func (d *decoder) primitiveEvent(p *primitive, args []byte, e *event) bool {
	e.kind, e.src, e.prim, e.mode, e.class = p.kind, fromProbe, p, p.mode, p.class
	if e.class != nil {
		return true
	}
	v, ok := arg(args, "lock")
	if !ok {
		return false
	}
	e.addr, _, ok = cutHex(v)
	e.class = d.syms.lock(e.addr)
	return ok
}

// device reads the arguments dev= and attr= of functions of the driver core.
func (d *decoder) device(args []byte, e *event) {
	if v, ok := arg(args, "dev"); ok {
		e.dev, _, _ = cutHex(v)
	}
	if e.fn.role != storeRole {
		return
	}
	if v, ok := arg(args, "attr"); ok {
		switch string(bytes.Trim(v, `"`)) {
		case "state":
			e.attr = stateAttr
		case "online":
			e.attr = onlineAttr
		}
	}
}

// lockAcquire reads "%p [try ][read ]name", include/trace/events/lock.h. It is emitted before the
// wait of a blocking request, and for a trylock only after success.
func (d *decoder) lockAcquire(args []byte, e *event) bool {
	addr, rest, ok := cutHex(args)
	if !ok {
		return false
	}
	e.kind, e.src, e.mode = request, fromLockdep, spec.Write
	rest = skipBlanks(rest)
	if after, ok := bytes.CutPrefix(rest, []byte("try ")); ok {
		e.kind, e.try, rest = acquired, true, after
	}
	if after, ok := bytes.CutPrefix(rest, []byte("read ")); ok {
		e.mode, rest = spec.Read, after
	}
	e.addr, e.class = addr, d.names[string(bytes.TrimSpace(rest))]
	return e.class != nil
}

// lockName reads "%p name".
func (d *decoder) lockName(args []byte, e *event) bool {
	addr, rest, ok := cutHex(args)
	e.addr, e.class = addr, d.names[string(bytes.TrimSpace(rest))]
	return ok && e.class != nil
}

// contentionEnd reads "%p (ret=%d)".
func (d *decoder) contentionEnd(args []byte, e *event) bool {
	addr, rest, ok := cutHex(args)
	e.addr, e.class = addr, d.syms.lock(addr)
	i := bytes.Index(rest, []byte("ret="))
	if !ok || i < 0 || e.class == nil || e.class.Kind != spec.Mutex {
		return false // of a rwsem it does not say in which mode
	}
	ret, ok := parseInt(bytes.TrimSuffix(rest[i+4:], []byte(")")))
	return ok && ret == 0
}

// decodeGraph makes the events of one function_graph line: an entry, a return, or both.
func (d *decoder) decodeGraph(g *graphCall, out *[2]event) int {
	m := d.table.find(g.name)
	if m.fn == nil || g.pid < 0 {
		return 0
	}
	n := 0
	if g.entered {
		out[n] = event{kind: enter, fn: m.fn, pid: g.pid, time: g.time}
		n++
	}
	if g.left {
		out[n] = event{kind: leave, fn: m.fn, pid: g.pid, time: g.time, ret: g.ret, hasRet: g.hasRet}
		n++
	}
	return n
}
