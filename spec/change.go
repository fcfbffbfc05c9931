package spec

// Change is an upstream commit that altered the locking or the state of memory hotplug.
type Change struct {
	// ID is the commit id in 12 digits, or words with a "_" between them if it is not known.
	ID string
	// Release is the first mainline release that has it.
	Release Release
	// Gone is the first mainline release that no longer has it, if it was undone.
	Gone Release
	// Title is the commit's subject.
	Title string
	// Summary says in our words what it changed.
	Summary string
	// Repairs names the invariants that it was made for, or that it repairs in this model.
	Repairs []*Invariant
	// Needs are changes without which it makes no sense.
	Needs []*Change
	// Unverified says what of this entry could not be read at its source.
	Unverified string
}

func (c *Change) String() string { return c.ID }

// in tells whether kernel k has the change.
func (c *Change) in(k Kernel) bool { return k.Has(c) }
