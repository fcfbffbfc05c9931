// Package conform holds traces of real kernels against the specification.
//
// Check reads the text of ftrace (tracefs trace, trace_pipe, or trace-cmd report) as a stream and
// decides three-valued: a rule is kept, is broken, or cannot be decided. The files follow the data:
//
//   - open.go     opens a trace and the symbols beside it
//   - line.go     one line of text to its fields
//   - graph.go    the same for lines of the function_graph tracer
//   - symbols.go  addresses of locks and functions, from kallsyms
//   - probes.go   what probed kernel functions mean for locks
//   - event.go    a line to a typed event
//   - window.go   puts events that were printed late back in order
//   - rules.go    which contracts apply, for one kernel or for all since v4.20
//   - cover.go    which acquisitions and releases a trace shows at all
//   - task.go     what one task is known to hold, and known not to hold
//   - lockset.go  acquisitions and releases
//   - devices.go  memory block devices, and their mutexes
//   - monitor.go  decides each event
//   - order.go    the lock order that a trace shows
//   - early.go    what had begun before the trace did
//   - report.go   the verdict
//   - check.go    all of it, line by line
//
// # What can be decided
//
// A trace may start at any moment, so at first a task may hold anything. That a task holds a lock is
// known from its acquisition on: a blocking request is possession at the task's next event, a trylock
// when it returned success. That it does not hold a lock is known from two points on: from its release
// of the lock, and from the entry of a root such as dev_attr_store() or a work function, which is called
// with no lock of the specification held. It counts only if all acquisitions of the lock were seen to be recorded by
// then, because probes may be switched on one after the other while the kernel is busy: for mutexes that
// sysfs only tries that means both mutex_lock() and mutex_trylock() on that lock. Holds that are used against
// a task (recursion, order) count likewise only if releases of the lock were seen to be recorded before.
//
// The function and function_graph tracers give no addresses, and wrappers such as mem_hotplug_begin() are
// inlined where the caller is in the same source file: neither ever decides that a lock is not held. A
// check of a core rule that cannot be decided makes the verdict unknown, with its reason; but not if it was made in
// a system call or work item that had begun before the trace did.
//
// # Limits
//
// What the text does not say cannot be seen: kprobes that missed hits (see kprobe_profile), events that a full
// buffer without the overwrite option dropped at the end, a filter on the lock's address that differs between
// CPUs or tasks (set_event_pid set late for a task is no harm, cleared and set again is). A gate is a lock of the
// specification: lock-order knows no other. Readers of percpu rwsems show only in lock events. The order of locks
// is judged only where all holds of the task are sure, and device mutexes only of memory blocks that the trace
// itself shows to be memory blocks.
package conform
