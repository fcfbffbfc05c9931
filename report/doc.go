// Package report renders what sim and conform found. It decides nothing.
//
//   - style.go         colour, and text that fits a width
//   - check.go         the result of a check, as text
//   - matrix.go        kernels against invariants
//   - interleaving.go  a counterexample, one column a task
//   - phrase.go        a step in words
//   - splat.go         the same in the manner of the kernel's reports
//   - splat_circular.go  and of lockdep's largest one
//   - machine.go       JSON, JUnit, SARIF and KTAP
//   - backport.go      sets of changes that make a kernel right
//   - html.go          one self-contained page
//   - reference.go     locks, order, contracts and other parts of the spec
//   - trace.go         the verdict on a trace
package report
