// Package sim runs the specification: it turns procedures into automata and explores what any
// number of tasks that run them can do together.
//
// From procedures to automata:
//
//   - op.go           what a procedure can ask for
//   - replay.go       runs a procedure against given answers, up to its next operation
//   - knowledge.go    what a task can know of variables
//   - watch.go        notes calls, and what exploration saw of the answers
//   - unroll.go       the tree of all answers, as a graph of nodes
//   - judge.go        rules that one task breaks alone
//   - protect.go      which lock really protects which variable
//   - merge.go        merges nodes that nothing can tell apart
//   - slice.go        finds variables that nothing depends on
//   - movers.go, roundtrips.go, cycles.go, escape.go   where other tasks must get a chance to run
//   - automaton.go    the result: tables that exploration looks up
//   - edges.go        the same as bits, for steps without reductions
//   - symmetry.go     renaming of blocks
//   - focus.go        when one block shows everything
//   - model.go, fact.go   the automata and the predicates, for exporters and other checkers
//
// From automata to verdicts:
//
//   - state.go        a state of the machine in 16 bytes
//   - step.go         what one step of one task does
//   - deadlock.go     sets of tasks that can never move
//   - table.go, index.go, memory_linux.go, memory_other.go   the visited set
//   - explore.go      breadth-first search over all states
//   - worker.go       what each of the goroutines that search does
//   - endless.go, components.go   where a task may stay for ever
//   - progress.go, livelock.go, livelock_walk.go   the search for livelocks
//   - random.go, search.go   random walks over the same automata
//   - finding.go      broken rules, and when two are the same violation
//   - witness.go      schedules, and the operations that they make
//   - violation.go, cyclewitness.go, value.go   counterexamples
//   - recall.go       what merged nodes forget of them: return values, sliced variables
//   - token.go, replaytoken.go   counterexamples that can be pasted
//   - check.go, result.go        the entry point and its result
//   - coverage.go     what a check came to
//   - scenario.go     bugs of the catalogue, reproduced
//
// From verdicts to repairs:
//
//   - backport.go     minimal sets of changes that make a kernel right
//   - backportpart.go a part of that search, and how parts are put together
//   - learn.go        which sets a counterexample refutes
//   - scene.go        what a counterexample was made of
//   - shorten.go      which of the changes that it asked for matter
//   - asked.go        what a counterexample depends on
//   - clause.go       sets of changes, and the smallest that nothing refutes
//
// And how much a verdict would notice:
//
//   - mutant.go, mutations.go   small mistakes in procedures
//   - mutate.go       what becomes of each
//   - bisimilar.go    whether it makes a difference at all
//
// The definitions, and the proof of each reduction, are in docs/semantics.md.
package sim
