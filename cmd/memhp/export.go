package main

type exportCmd struct {
	Promela   exportPromelaCmd   `cmd:"" help:"A model for SPIN, which asserts the same invariants."`
	TLA       exportTLACmd       `cmd:"" name:"tla" help:"A module in TLA+, with the same steps and invariants."`
	RV        exportRVCmd        `cmd:"" name:"rv" help:"Automata for the kernel's runtime verification, one for each rule and lock."`
	Kerneldoc exportKerneldocCmd `cmd:"" help:"Kernel-doc comments with the context of each function, from its contract."`
}
