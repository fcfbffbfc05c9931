// Package sim runs the specification: it turns procedures into automata and explores what any
// number of tasks that run them can do together.
//
// From procedures to automata:
//
//   - replay.go    runs a procedure against given answers, up to its next operation
//   - unroll.go    the tree of all answers, as a graph of nodes
//   - judge.go     rules that one task breaks alone
//   - protect.go   which lock really protects which variable
//   - merge.go     merges nodes that nothing can tell apart
//   - slice.go     finds variables that nothing depends on
//   - movers.go, cycles.go   where other tasks must get a chance to run
//   - automaton.go the result: tables that exploration looks up
//   - symmetry.go  renaming of blocks
//   - focus.go     when one block shows everything
//
// From automata to verdicts:
//
//   - state.go     a state of the machine in 16 bytes
//   - step.go      what one step of one task does
//   - deadlock.go  sets of tasks that can never move
//   - table.go     the visited set
//   - explore.go   breadth-first search over all states
//   - worker.go    what each of the goroutines that search does
//   - random.go    random walks over the same automata
//   - finding.go   broken rules, and when two are the same violation
//   - witness.go   counterexamples
//   - recall.go    what merged nodes forget of them: return values, sliced variables
//   - token.go, replaytoken.go   counterexamples that can be pasted
//   - check.go, result.go        the entry point and its result
//
// From verdicts to repairs:
//
//   - backport.go  minimal sets of changes that make a kernel right
//   - learn.go     which sets a counterexample refutes
//   - scene.go     what a counterexample was made of
//   - shorten.go   which of the changes that it asked for matter
//   - asked.go     what a counterexample depends on
//   - clause.go    sets of changes, and the smallest that nothing refutes
//
// The definitions, and the proof of each reduction, are in docs/semantics.md.
package sim
