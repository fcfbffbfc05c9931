// Package props holds the property-based tests of the specification, the engine and the command.
//
// Random sequences of operations run the same procedures as the exhaustive search; what random search
// finds, exhaustive search must find too, and reductions must not change a verdict. Everything here is a test.
//
// A plain run takes few samples of what is expensive. A long run takes ten times as many of each property, all kernels and all counterexamples:
//
//	MEMHP_ALL=1 go test ./props -rapid.checks 1000 -timeout 0
package props
