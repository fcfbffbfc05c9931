// Package behave compares what a kernel does with what the specification says that it does, operation by operation: the errno of each,
// which memory blocks exist afterwards, whether they are online, and in which kind of zone.
//
//   - op.go             an operation; draw.go draws them, parse.go reads them
//   - layout.go         the memory of the guest: what it boots with, two DIMMs, a virtio-mem device of each mode
//   - model.go          what a kernel may be in, and what it may do
//   - run.go            one run of an operation, and every run of it
//   - block.go          a block: the procedures of the specification, run by one task alone (package solo)
//   - zone.go           the zone that a block goes to, and what valid_zones says
//   - dimm.go           ACPI's part: DIMMs of several blocks
//   - virtio_mem.go     the driver of virtio-mem; virtio_mem_sub.go is its sub-block mode
//   - compare.go        a system beside a model, and the shortest sequence in which they differ
//
// What a block does, and with which errno, is a run of the specification's own procedures: there is no table of results. What is around them, and
// decides nothing about locks, is modelled here: which blocks a DIMM or a virtio-mem device has, in which order they go online and offline and come back, and
// in which zone. Each of these functions names the one of the kernel that it follows. Zones are predicted from v5.15 on, as 6.1 and 6.12 have them.
//
// What is open is a set of results, and any of them will do. It is kept small: a block in ZONE_MOVABLE goes offline, one in a kernel zone may have a page
// that cannot move, one that user space has filled with such pages has. What is outside of the set is a difference: a bug in the model or in the kernel.
//
// Hardware errors, and memory that runs out, do not happen.
//
// The scripts in testdata are the document of this behaviour. The predictions in them are the model's, and package vm runs them on real kernels.
package behave
