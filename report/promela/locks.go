package promela

import (
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// sortLocks puts the locks that writers announce themselves to first, and then the others that can be held for reading, so that
// the arrays of pending writers and of readers need no place for the rest.
func (w *writer) sortLocks() {
	rank := func(l spec.Lock) int {
		switch kind := l.Class.KindIn(w.m.Kernel); {
		case kind.PendingWriterBlocksReaders():
			return 0
		case kind.Shared() || w.isRead(l):
			return 1
		}
		return 2
	}
	w.locks = slices.Clone(w.m.Locks)
	slices.SortStableFunc(w.locks, func(a, b spec.Lock) int { return rank(a) - rank(b) })
	for _, l := range w.locks {
		if rank(l) == 0 {
			w.pending++
		}
		if rank(l) <= 1 {
			w.shared++
		}
	}
}

// isRead tells whether some task takes l for reading, whatever kind it is.
func (w *writer) isRead(l spec.Lock) bool {
	return slices.ContainsFunc(w.m.Nodes, func(n sim.Node) bool {
		return n.Op.Lock == l && (n.Op.Kind == sim.OpRLock || n.Op.Kind == sim.OpTryRLock)
	})
}

func (w *writer) isShared(l spec.Lock) bool   { return slices.Index(w.locks, l) < w.shared }
func (w *writer) hasPending(l spec.Lock) bool { return slices.Index(w.locks, l) < w.pending }

// writeLocks declares the locks and what a task may do to them.
func (w *writer) writeLocks() {
	w.line("")
	w.line("/* Sets of tasks. */")
	w.line("#define bit_of(t)        (1 << (t))")
	w.line("#define me               bit_of(_pid - 1)")
	w.line("#define nobody_else(set) (((set) & ~me) == 0)")
	w.line("#define add(set)         set = set | me")
	w.line("#define drop(set)        set = set & ~me")
	if len(w.locks) == 0 {
		return
	}
	w.line("")
	w.line("/* The locks. */")
	for i, l := range w.locks {
		w.line("#define %s %d /* %s */", w.names.Of(l), i, l.Class.KindIn(w.m.Kernel))
	}
	w.line("byte writers[%d]; /* who holds each lock for writing; a mutex is always held for writing */", len(w.locks))
	if w.shared > 0 {
		w.line("byte readers[%d]; /* who holds it for reading */", w.shared)
	}
	if w.pending > 0 {
		w.line("byte pending[%d]; /* who waits for writing it: new readers are held off */", w.pending)
	}
	w.writeGuards()
}

// writeGuards defines when a request need not wait.
func (w *writer) writeGuards() {
	w.line("")
	w.line("#define can_lock(l)      nobody_else(writers[l])")
	if w.shared > 0 {
		w.line("#define can_write(l)     nobody_else(writers[l] | readers[l])")
		w.line("#define can_read(l)      nobody_else(writers[l])")
		w.line("#define can_drain(l)     nobody_else(readers[l])")
	}
	if w.pending > 0 {
		w.line("#define can_down_read(l) nobody_else(writers[l] | pending[l])")
	}
}

// guard returns when the operation of a node that may wait need not.
func (w *writer) guard(o sim.Op) string {
	l := w.names.Of(o.Lock)
	switch {
	case o.Kind == sim.OpDrain:
		return fmt.Sprintf("can_drain(%s)", l)
	case o.Kind == sim.OpWait:
		return w.is(o.Var, o.Value)
	case o.Kind == sim.OpLock && w.isShared(o.Lock):
		return fmt.Sprintf("can_write(%s)", l)
	case o.Kind == sim.OpLock:
		return fmt.Sprintf("can_lock(%s)", l)
	case w.hasPending(o.Lock):
		return fmt.Sprintf("can_down_read(%s)", l)
	case w.isShared(o.Lock):
		return fmt.Sprintf("can_read(%s)", l)
	}
	return fmt.Sprintf("can_lock(%s)", l)
}

// is returns the condition that v has value x.
func (w *writer) is(v spec.Var, x int) string {
	if !w.stored(v) {
		return fmt.Sprint(x == v.Class.Init)
	}
	return fmt.Sprintf("%s == %s", w.names.Of(v), w.value(v, x))
}

// holders returns the set of the tasks that hold l.
func (w *writer) holders(l spec.Lock) string {
	if w.isShared(l) {
		return fmt.Sprintf("(writers[%[1]s] | readers[%[1]s])", w.names.Of(l))
	}
	return fmt.Sprintf("writers[%s]", w.names.Of(l))
}
