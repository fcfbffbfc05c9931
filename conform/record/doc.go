// Package record makes the recordings that package conform checks, on the machine that it runs on: by memhp trace record, and
// in the guests of memhp vm.
//
// It works in a trace instance of its own, with kprobes of a group of its own, so that no tracing setting of anybody else is
// changed; both are removed at the end. The probes are on lock primitives, which are functions that are never inlined into
// their callers, filtered by the address of the lock, and on functions of memory hotplug that are reached through a pointer or
// from another source file. A probe that cannot be placed is reported, and what it would have shown is then not covered.
//
//   - tracefs.go  the files of tracefs
//   - probes.go   which probes, and what stands in for a symbol that a kernel lacks
//   - symbols.go  addresses of locks from /proc/kallsyms
//   - raw_linux.go  reads that never wait
//   - session.go  one recording, from its instance to its removal
package record
