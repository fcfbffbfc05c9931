package sim

// table is the visited set: the states in the order in which they were found, and an open-addressing index.
// Measured against a Go map of 16-byte keys it is several times faster; BenchmarkTable compares the two.
type table struct {
	keys   [][]key // chunks, so that growing copies nothing
	parent [][]uint32
	n      uint32
	slots  []uint64 // high half: part of the hash; low half: index + 1
	mask   uint64
}

const (
	chunkBits = 16
	chunk     = 1 << chunkBits
	noParent  = ^uint32(0)
)

func newTable() *table {
	return &table{slots: make([]uint64, 1<<12), mask: 1<<12 - 1}
}

// hash mixes a key; it is the same on every machine and in every run.
func (k key) hash() uint64 {
	h := k.lo*0x9e3779b97f4a7c15 ^ (k.hi+0x632be59bd9b4e019)*0xd6e8feb86659fd93
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// add puts k into the table with its predecessor, and tells whether it is new.
func (t *table) add(k key, parent uint32) bool {
	h := k.hash()
	tag := h &^ (1<<32 - 1)
	at := h & t.mask
	for t.slots[at] != 0 {
		if e := t.slots[at]; e&^(1<<32-1) == tag && t.key(uint32(e)-1) == k {
			return false
		}
		at = (at + 1) & t.mask
	}
	t.slots[at] = tag | uint64(t.n+1)
	t.append(k, parent)
	if uint64(t.n)*4 > t.mask*3 {
		t.grow()
	}
	return true
}

func (t *table) append(k key, parent uint32) {
	if t.n%chunk == 0 {
		t.keys = append(t.keys, make([]key, chunk))
		t.parent = append(t.parent, make([]uint32, chunk))
	}
	t.keys[t.n>>chunkBits][t.n%chunk] = k
	t.parent[t.n>>chunkBits][t.n%chunk] = parent
	t.n++
}

func (t *table) key(i uint32) key         { return t.keys[i>>chunkBits][i%chunk] }
func (t *table) parentOf(i uint32) uint32 { return t.parent[i>>chunkBits][i%chunk] }

func (t *table) grow() {
	t.mask = t.mask*2 + 1
	t.slots = make([]uint64, t.mask+1)
	for i := uint32(0); i < t.n; i++ {
		h := t.key(i).hash()
		at := h & t.mask
		for t.slots[at] != 0 {
			at = (at + 1) & t.mask
		}
		t.slots[at] = h&^(1<<32-1) | uint64(i+1)
	}
}

// bytes returns the memory that the table uses.
func (t *table) bytes() uint64 {
	return uint64(len(t.keys))*chunk*(16+4) + uint64(len(t.slots))*8
}
