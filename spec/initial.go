package spec

// BlockInit is a state in which a memory block may be before anything happens.
type BlockInit struct {
	// Name says what the state is.
	Name string
	// Values are the values of the block's variables; the others have their Init.
	Values map[*VarClass]int
	// Visible tells whether the attributes of the block exist.
	Visible bool
}

// BlockInits returns the states of a block that a check starts from; each block may be in any of them.
func BlockInits() []BlockInit {
	return []BlockInit{
		{Name: "absent", Values: map[*VarClass]int{Presence: Absent, DevOffline: True}},
		{Name: "offline", Visible: true, Values: map[*VarClass]int{Presence: Present, Sections: True, DevOffline: True}},
		{Name: "online", Visible: true, Values: map[*VarClass]int{Presence: Present, Sections: True, DevOffline: False, BlockState: MemOnline, OnlineType: TypeUnset}},
	}
}

// Value returns the value of a block's variable of class c.
func (b BlockInit) Value(c *VarClass) int {
	if x, ok := b.Values[c]; ok {
		return x
	}
	return c.Init
}
