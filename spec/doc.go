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
//   - actors.go      who calls them
//
// The package runs nothing. Package sim turns the procedures into automata and
// explores them; package conform holds traces of real kernels against the same
// locks, contracts and order.
package spec
