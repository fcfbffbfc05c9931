// Package prove proves the rules of the specification for any number of tasks, and for one, some or any number of memory blocks.
//
// Where tasks hold certain locks for writing they are counted, which is easy, since there is at most one for each lock. Everywhere
// else it is only known where there may be tasks, in any number. A set of states so described is an ideal; the search grows ideals until no
// step leads out of them. If no state in them breaks a rule, none that can be reached does, and the ideals are the proof. If one does,
// package sim looks for a real one.
//
//   - export.go       the automata, written down as a system: package proof has the format
//   - edges.go        what an operation does
//   - machine.go      a system, compiled to tables
//   - slots.go        sets of places where tasks are not counted
//   - ideal.go        sets of states
//   - step.go         what a step of one task does to an ideal
//   - stuck.go        circular waits
//   - search.go       the least set of ideals that contains the initial states and is closed under steps
//   - anyblocks.go    a model in which one block stands for all but one
//   - levels.go       which tasks are counted
//   - prove.go        from coarse to fine abstractions, and the search for counterexamples
//   - certificate.go  the proof, written down
//
// Package certify checks a proof again, with code of its own. Definitions and proofs are in docs/semantics.md, section 12.
package prove
