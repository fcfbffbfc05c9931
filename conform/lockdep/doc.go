// Package lockdep takes the kernel's own lock validator as a witness: what /proc/lockdep and /proc/lockdep_chains of a kernel with
// CONFIG_PROVE_LOCKING tell of the locks of the specification must agree with it, both ways.
//
//   - read.go    the two files
//   - derive.go  the edges that lockdep's rules make of the specification's procedures
//   - witness.go the comparison
//
// What lockdep saw must be in the lock order of the specification; and what the specification says that the operations that were run
// request, lockdep must have seen, with just the locks held that the specification says.
//
// Two classes are not judged, because lockdep does not tell their objects apart: &dev->mutex is that of every device, and has no edges,
// since it is not validated; kn->active#N is that of some attribute, and N does not say which.
package lockdep
