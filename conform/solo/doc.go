// Package solo runs the procedures of the specification one after the other, by a single task: what they return, what they leave behind,
// and which locks they take on the way, for every choice that is not the caller's.
//
//   - world.go     what procedures share: variables and active kernfs nodes
//   - task.go      the spec.Task of a task that is alone
//   - choices.go   all answers to the choices of a run
//   - outcomes.go  every run of a procedure from one world
//
// It is the dumb obvious reading of a procedure, and knows nothing of package sim: nothing is unrolled, merged or reduced.
package solo
