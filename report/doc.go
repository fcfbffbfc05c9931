// Package report renders what sim and conform found. It decides nothing.
//
//   - style.go         colour, and text that fits a width
//   - check.go         the result of a check, as text
//   - random.go        what random walks found
//   - part.go          parts of some work, and how they make a whole
//   - history.go       the history as JSON
//   - matrix.go        kernels against invariants
//   - interleaving.go  a counterexample, one column a task
//   - phrase.go        a step in words
//   - splat.go         the same in the manner of the kernel's reports
//   - splat_circular.go  and of lockdep's largest one
//   - machine.go       JSON, JUnit, SARIF and KTAP
//   - backport.go      sets of changes that make a kernel right
//   - backport_json.go the same as JSON
//   - html.go          one self-contained page
//   - reference.go     locks, order, contracts and other parts of the spec
//   - kerneldoc.go     contracts as kernel-doc comments
//   - monitors.go      what package rv has of a kernel
//   - trace.go         the verdict on a trace
package report
