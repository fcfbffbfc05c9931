// Package tla writes the automata of a kernel as a module in TLA+, with a configuration for TLC, so that they can be read, checked and reasoned
// about there. It decides nothing.
//
//   - tla.go         the module, from its header to its specification
//   - definitions.go what is the same in every module: requests for locks, and sets of tasks that can never move
//   - step.go        what one operation does
//   - action.go      an action for each node of the automata
//   - invariant.go   the invariants, all of them predicates of states
//   - layout.go      lists that keep to a width
//
// An action is a node and has its name in the Promela model: a step is one transition of both. The state is where each task is, the sets of
// tasks that hold or announce each lock or rely on a variable, the kernfs nodes that are visible, and the variables.
//
// No test runs TLC, which no package brings that a test could rely on. A test reads the module back instead, with a reader that shares nothing with
// the writer, explores it, and demands the number of states and the verdicts of plain exploration.
package tla
