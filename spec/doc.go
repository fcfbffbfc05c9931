// Package spec is the executable specification of the locking of Linux memory hotplug.
//
// It is written to be checked against the kernel source side by side:
//
//   - locks.go       the locks, with the semantics that matter
//   - variables.go   the shared state, each variable with the lock that should protect it
//   - changes.go     the upstream commits that altered the locking
//   - kernel.go      a kernel: a release plus and minus changes
//   - order.txt      the intended lock order
//   - contracts.go   what each kernel function demands, takes and returns
//   - invariants.go  what must never happen
//   - proc_*.go      the kernel's procedures, function for function, against Task
//   - refusals.go    where onlining and offlining give up before they change anything
//   - record.go      what each procedure does to locks
//   - actors.go      who calls them
//   - initial.go     the states in which memory blocks may be before anything happens
//
// Beyond the core, each with its own locks, variables, procedures and actors:
//
//   - boot.go, cpu.go, sleep.go            what runs while the system boots, CPU hotplug, hibernation
//   - acpi.go, pseries.go, s390.go, hyperv.go, xen.go, virtio_mem.go, dax.go   firmware and drivers; platform.go says which
//   - slab.go, zonelist.go, pcplists.go, isolation.go, migration.go, vmemmap.go   the parts of mm that take part
//   - readers.go, notifiers.go             who relies on memory that goes away, and who is told of it
//   - activewriter.go, devflags.go, ranges.go   what the core simplifies: the lock before v4.13, a word of flags, ranges of blocks
//   - suspicions*.go                       current kernels: what docs/findings.md reports
//   - callers.go, changes_callers.go       the locks of these, and the commits that altered them
//   - never.go, proposals.go               what no kernel has: protection left out, and repairs
//
// What is known, and what is to be found:
//
//   - releases.go, newer.go                the releases, and what was read of each and of later ones
//   - expected.go                          what each kernel breaks
//   - catalogue*.go                        the bugs of the past
//   - sometimes.go                         what happens in some run, so that rules say something
//   - tolerated.go                         small mistakes that break no rule, and why
//
// For procedures of one's own, and for the packages that run them:
//
//   - task.go, api.go, hooks.go, replace.go   what a procedure may do and call, callbacks, and patches
//   - lock.go, variable.go, change.go, errno.go, function.go, invariant.go, order.go   the types of all these
//   - held.go, graph.go                    what a task holds, and the cycles that requests make
//
// The package runs nothing. Package sim turns the procedures into automata and
// explores them; package conform holds traces of real kernels against the same
// locks, contracts and order.
package spec
