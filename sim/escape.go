package sim

// markEscapes finds the nodes at which a task can choose its way to an operation before which a piece may end, whatever it reads: these are
// the least set that has those operations, each choice that leads into it in some way, and each other operation that leads into it in every way.
func (a *automaton) markEscapes() {
	for grew := true; grew; {
		grew = false
		for n := len(a.nodes) - 1; n >= 0; n-- { // most often an operation has a smaller number than the next one
			if !a.code[n].escapes && a.leadsOut(int32(n)) {
				a.code[n].escapes, grew = true, true
			}
		}
	}
}

// leadsOut tells whether node n belongs to the set that markEscapes builds, as far as it has come.
func (a *automaton) leadsOut(n int32) bool {
	in := &a.code[n]
	if in.mover == non || in.mover == right || in.stops || a.nodes[n].fatal {
		return true
	}
	choice := in.kind == opChoose
	for _, m := range a.nodes[n].next {
		if m != noNode && a.code[m].escapes == choice {
			return choice
		}
	}
	return !choice
}
