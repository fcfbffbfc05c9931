// Package report renders what sim and conform found. It decides nothing.
//
// What exploration found:
//
//   - check.go         the result of a check, as text
//   - coverage.go      what a check never came to
//   - random.go        what random walks found
//   - prove.go         answers about any number of tasks
//   - mutants.go       what became of small mistakes
//   - matrix.go        the history: kernels against invariants
//   - chains.go        the history: repairs that caused the next bug
//   - history.go       the same as JSON
//   - backport.go, backport_json.go   sets of changes that make a kernel right
//   - part.go          parts of some work, and how they make a whole
//
// A counterexample:
//
//   - interleaving.go  one column a task
//   - phrase.go        a step in words
//   - splat.go         in the manner of the kernel's reports
//   - splat_circular.go  and of lockdep's largest one
//
// What real kernels showed:
//
//   - trace.go         the verdict on a trace
//   - lockdep.go       what the kernel's lock validator witnesses
//   - vm.go            a run of a kernel in QEMU
//   - reproduce.go     the reproduction of a finding, and its evidence
//   - drift.go         a source tree against the specification
//
// The specification itself:
//
//   - reference.go     lists: locks, order, contracts and others
//   - pages.go         the generated reference, a page each
//   - catalogue.go     the bugs of the past
//   - kerneldoc.go     contracts as kernel-doc comments
//   - monitors.go      what package rv has of a kernel
//
// Formats:
//
//   - style.go         colour, and text that fits a width
//   - machine.go       JSON, JUnit and KTAP of checks
//   - cases.go         JUnit and KTAP of real kernels
//   - sarif.go         SARIF of both
//   - html.go          one self-contained page
package report
