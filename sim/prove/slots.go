package prove

import (
	"encoding/binary"
	"math/bits"
)

// slots is a set of places where tasks are not counted, by their slots.
type slots []uint64

func (s slots) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s slots) has(i int) bool { return s[i/64]>>(i%64)&1 == 1 }

// meets tells whether s and o have a place in common.
func (s slots) meets(o slots) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// join adds o to s, and tells whether s has grown.
func (s slots) join(o slots) bool {
	grown := false
	for i := range s {
		grown = grown || o[i]&^s[i] != 0
		s[i] |= o[i]
	}
	return grown
}

// remove takes o from s; nil stands for the empty set.
func (s slots) remove(o slots) {
	for i := range o {
		s[i] &^= o[i]
	}
}

// each calls f with each slot of s; slots that f adds behind the one that it is given are met too.
func (s slots) each(f func(slot int)) {
	for i := range s {
		for done := uint64(0); s[i]&^done != 0; {
			slot := bits.TrailingZeros64(s[i] &^ done)
			done |= 2<<slot - 1
			f(i*64 + slot)
		}
	}
}

// key names the set.
func (s slots) key() string {
	var b []byte
	for _, w := range s {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return string(b)
}
