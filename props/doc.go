// Package props holds the property-based tests of the specification, the engine and the command.
//
// Random sequences of operations run the same procedures as the exhaustive search; what random search
// finds, exhaustive search must find too, and reductions must not change a verdict. Everything here is a test.
package props
