package conform

import (
	"bytes"

	"memhp/spec"
)

// entryOffset is how far from its symbol a probe on a function's entry may be: 4 behind endbr64 (x86 with
// CET) or bti (arm64), 8 behind the TOC set-up of powerpc. A probe further in is no entry.
const entryOffset = 8

// primitive is a kernel function that acquires or releases a lock.
type primitive struct {
	kind kind
	mode spec.Mode
	// success is what an attempt returns when it got the lock.
	success int64
	// class is the lock if the function has no argument that says which.
	class *spec.LockClass
}

// primitives are the functions that take the lock's address, and those whose name says which lock. The
// latter may be inlined in their own source file, so they show a request but neither a hold nor a release.
// percpu_down_read() is inline everywhere and cannot be probed; its slow path says nothing.
func primitives() map[string]*primitive {
	lock := &primitive{kind: request, mode: spec.Write}
	interruptible := &primitive{kind: attempt, mode: spec.Write, success: 0}
	trylock := &primitive{kind: attempt, mode: spec.Write, success: 1}
	unlock := &primitive{kind: release, mode: spec.Write}
	return map[string]*primitive{
		// kernel/locking/mutex.c; the _nested forms are what mutex_lock() calls under lockdep
		"mutex_lock": lock, "mutex_lock_nested": lock, "_mutex_lock_nest_lock": lock,
		"mutex_lock_io": lock, "mutex_lock_io_nested": lock,
		"mutex_lock_interruptible": interruptible, "mutex_lock_interruptible_nested": interruptible,
		"mutex_lock_killable": interruptible, "mutex_lock_killable_nested": interruptible,
		"mutex_trylock": trylock, "mutex_unlock": unlock,
		// kernel/locking/percpu-rwsem.c
		"percpu_down_write": lock, "percpu_up_write": unlock,
		// kernel/cpu.c, mm/memory_hotplug.c
		"cpus_read_lock":  {kind: mention, mode: spec.Read, class: spec.CPUHotplug},
		"cpus_write_lock": {kind: mention, mode: spec.Write, class: spec.CPUHotplug},
		"get_online_mems": {kind: mention, mode: spec.Read, class: spec.MemHotplug},
	}
}

// meaning is what a kernel function means to the checker: a modelled function, a primitive, or nothing.
type meaning struct {
	fn   *function
	prim *primitive
}

func (m meaning) known() bool { return m.fn != nil || m.prim != nil }

// table finds the meaning of a function by its name, so that it does not matter what users call their probes.
type table struct {
	funcs map[string]*function
	prims map[string]*primitive
}

func newTable(funcs map[string]*function) *table { return &table{funcs, primitives()} }

// find looks a symbol up, without the suffixes that gcc gives to whole clones of a function. A .part or
// .cold piece is not the function's entry.
func (t *table) find(symbol []byte) meaning {
	if i := bytes.IndexByte(symbol, '.'); i >= 0 {
		suffix := symbol[i:]
		if bytes.Contains(suffix, []byte("part")) || bytes.Contains(suffix, []byte("cold")) {
			return meaning{}
		}
		symbol = symbol[:i]
	}
	if f, ok := t.funcs[string(symbol)]; ok {
		return meaning{fn: f}
	}
	return meaning{prim: t.prims[string(symbol)]}
}

// probe is the place of a kprobe or fprobe event: "(symbol+0x0/0x30)" at an entry, "(caller+0x1f/0x370 <- symbol)"
// at a return. trace-cmd prints addresses instead of symbols.
type probe struct {
	symbol []byte
	ret    bool
	rest   []byte // the arguments
}

// parsePlace splits "(place) args". It is false for a place inside a function.
func parsePlace(b []byte, syms *Symbols) (probe, bool) {
	end := bytes.IndexByte(b, ')')
	if len(b) == 0 || b[0] != '(' || end < 0 {
		return probe{}, false
	}
	p := probe{rest: b[end+1:]}
	place := b[1:end]
	if i := bytes.Index(place, []byte(" <- ")); i >= 0 {
		p.ret = true
		place, _, _ = bytes.Cut(place[i+4:], []byte(" <")) // "symbol <address>", with the option sym-addr
	}
	if plus := bytes.IndexByte(place, '+'); plus >= 0 {
		off, _, ok := cutHex(place[plus+1:])
		if !ok || off > entryOffset && !p.ret {
			return probe{}, false
		}
		place = place[:plus]
	}
	if addr, rest, ok := cutHex(place); ok && len(rest) == 0 && len(place) >= 8 {
		place = []byte(syms.function(addr))
	}
	p.symbol = place
	return p, len(place) > 0
}

// arg returns the value of key= in probe arguments, or the first argument if there is no such key.
func arg(b []byte, key string) ([]byte, bool) {
	var first []byte
	for b = skipBlanks(b); len(b) > 0; b = skipBlanks(b) {
		field := b
		if i := bytes.IndexByte(b, ' '); i >= 0 {
			field = b[:i]
		}
		b = b[len(field):]
		eq := bytes.IndexByte(field, '=')
		if eq < 0 {
			continue
		}
		if string(field[:eq]) == key {
			return field[eq+1:], true
		}
		if first == nil {
			first = field[eq+1:]
		}
	}
	return first, first != nil
}

// parseInt reads a decimal or hexadecimal value as the int that kernel functions return: probes
// print the whole register, of which only the lower half counts.
func parseInt(b []byte) (int64, bool) {
	if len(b) > 1 && b[0] == '-' {
		n, _, ok := cutDigits(b[1:])
		return -int64(n), ok
	}
	if len(b) > 2 && b[0] == '0' && b[1] == 'x' {
		n, _, ok := cutHex(b)
		return int64(int32(n)), ok
	}
	n, _, ok := cutDigits(b)
	return int64(n), ok
}
