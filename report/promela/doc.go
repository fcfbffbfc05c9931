// Package promela writes the automata of a kernel as a model in Promela, the language of SPIN, so that another checker than package sim
// can explore them. It decides nothing.
//
//   - promela.go   the model, from its header to its processes
//   - names.go     names that Promela has for itself
//   - locks.go     the locks, and what a task may do to them
//   - step.go      what one operation does
//   - location.go  a task: one labelled location for each node of the automata
//   - waits.go     what a task waits for
//   - watch.go     the process that asserts what several tasks break together
//
// How its states correspond to those of package sim is theorem 6 of docs/semantics.md.
package promela
