package prove

import (
	"encoding/binary"

	"memhp/sim/prove/proof"
)

// ideal is a set of states: the variables have these values, these tasks are where they are counted, and at each place of any there is
// any number of tasks, also none.
type ideal struct {
	vars  uint64
	tasks []int32 // sorted
	any   slots
	// queued tells that the search has yet to look at it.
	queued bool
}

// control names the ideals that differ only in any.
func (i *ideal) control() string {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 24), i.vars)
	for _, n := range i.tasks {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return string(b)
}

// initials returns the ideals of the initial states, with any number of idle tasks.
func (c *machine) initials() []ideal {
	var out []ideal
	for _, values := range c.system.Initial {
		i := ideal{any: make(slots, c.words)}
		i.any.add(c.places[0].slot)
		for f, x := range values {
			i.vars |= uint64(x) << c.fields[f].shift
		}
		out = append(out, i)
	}
	return out
}

// counts collects what the counted tasks have, but for the one at index me.
func (c *machine) counts(i *ideal, me int) proof.Has {
	var h proof.Has
	for at, n := range i.tasks {
		if at != me {
			h = with(h, c.places[n].Has)
		}
	}
	return h
}
