// Package drift holds the specification against the source of a kernel: what each modelled C function does to locks, against what its
// procedure does on any path.
//
// The C side is read without a parser: comments, strings and preprocessor lines are blanked, functions are found by their braces, and a call is
// a name before a parenthesis. Both branches of an #ifdef count. Calls are followed into the wrappers of locks and into the few functions whose
// locks the specification gives to their caller. The side of the specification comes from running the procedures (spec.LockCalls).
package drift
