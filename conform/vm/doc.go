// Package vm boots kernels in QEMU, drives memory hotplug in them, and holds what they do against the specification: the trace
// by package conform, the results of single operations by running the specification's own procedures beside them.
//
//   - kernel.go     finds a kernel: a file, or a Debian package
//   - modules.go    the modules that a guest needs, in the order of their dependencies
//   - initramfs.go  the guest's file system: this very executable as init, and modules
//   - qemu.go       one QEMU process, that never outlives this one
//   - qmp.go        its monitor: DIMMs and virtio-mem
//   - console.go    the serial console, and what in it is a result
//   - guest.go      a booted guest: operations in, results and the trace out; ending.go says how it ended
//   - hotplug.go    plugging and unplugging
//   - workload.go   random operations by several tasks
//   - behaviour.go  a guest beside the specification's own procedures: package behave; behaving.go is the guest, behaving_look.go what is seen of it
//   - after.go      what the work left, and what the kernel's lock validator saw
//   - run.go        one run: boot, drive, check the trace, compare the behaviour
//   - model.go      which kernel of the specification a guest is
//   - witness.go    what the kernel's lock validator says
//   - findings*.go  the deadlocks that can be shown, and reproduce.go shows them
//
// A guest has no network, no disk and no file of the host besides kernel and modules. Sockets are pairs of descriptors and the
// initramfs is memory, so that nothing is left behind. Every wait has a bound.
package vm
