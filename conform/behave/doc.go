// Package behave compares what a kernel does with what the specification says that it does, operation by operation: the errno of each,
// which memory blocks exist afterwards, whether they are online, and in which kind of zone.
//
//   - op.go      an operation, and how one is drawn
//   - model.go   what the procedures of the specification predict, run by one task alone (package solo)
//   - compare.go a system beside a model, and the shortest sequence in which they differ
//
// There is no table of results: a prediction is the set of runs of the specification's own procedures. What the specification leaves open,
// such as whether all pages could be isolated, is a set of results, and any of them will do. What is outside of it is a difference: a bug in
// the specification or in the kernel.
package behave
