package sim

import "math/bits"

// stateID names a state that was found: its shard in the low bits, and its place there above.
type stateID uint32

const noState = ^stateID(0)

func idOf(shard int, at uint32) stateID { return stateID(at<<shardBits | uint32(shard)) }

// The visited set is split by hash, so that several goroutines can fill it, and so that the part that one works on stays in
// the cache.
const (
	shardBits = 6
	shards    = 1 << shardBits
)

// table is the visited set: the states of each shard in the order in which they were found, and an open-addressing index.
type table struct{ shard [shards]shard }

// shard is a part of the table. A state costs 16 bytes for its key, 4 for its predecessor and 10.7 to 16 in the index.
type shard struct {
	keys   [][]key // chunks, so that growing copies nothing
	parent [][]stateID
	n      uint32
	slots  []uint64 // high half: part of the hash, the tag; low half: place + 1
	warm   uint64   // what was looked at, so that the compiler does not drop the look
}

// together is how many places are looked at in a row.
const together = 16

const (
	chunkBits  = 9
	chunk      = 1 << chunkBits
	firstSlots = 64
)

// entry is a key to be added, with its tag, its predecessor, and its number in its batch.
type entry struct {
	key    key
	tag    uint32
	parent stateID
	number uint32
}

// hash mixes a key; it is the same on every machine and in every run.
func (k key) hash() uint64 {
	h := k.lo*0x9e3779b97f4a7c15 ^ (k.hi+0x632be59bd9b4e019)*0xd6e8feb86659fd93
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// shardOf and tagOf say in which shard a key with a hash belongs, and its tag there.
func shardOf(hash uint64) int { return int(hash >> (64 - shardBits)) }

func tagOf(hash uint64) uint32 { return uint32(hash >> (32 - shardBits)) }

// add puts k into the table with its predecessor. It returns where, if it is new.
func (t *table) add(k key, parent stateID) (stateID, bool) {
	h := k.hash()
	s := shardOf(h)
	fresh := t.shard[s].add(&entry{key: k, tag: tagOf(h), parent: parent})
	return idOf(s, t.shard[s].n-1), fresh
}

// addBatch adds those of a batch that belong in this shard, and notes which are new. Adding one is a miss of the cache; looking at
// the places of some in a row first lets the processor fetch them at the same time.
func (s *shard) addBatch(b *batch, number int) {
	for all := b.next[number]; len(all) > 0; {
		some := all[:min(together, len(all))]
		all = all[len(some):]
		s.look(some)
		for i := range some {
			if s.add(&some[i]) {
				b.ids[some[i].number] = idOf(number, s.n-1)
			}
		}
	}
}

// look looks at the first places of some entries, and then at the keys that are probably theirs.
func (s *shard) look(some []entry) {
	if len(s.slots) == 0 {
		return
	}
	var first [together]uint64
	for i := range some {
		first[i] = s.slots[s.home(some[i].tag)]
	}
	for i := range some {
		if x := first[i]; x != 0 && uint32(x>>32) == some[i].tag {
			s.warm |= s.key(uint32(x) - 1).lo
		}
	}
}

func (t *table) key(i stateID) key {
	s, at := &t.shard[i%shards], i>>shardBits
	return s.keys[at>>chunkBits][at%chunk]
}

func (t *table) parentOf(i stateID) stateID {
	s, at := &t.shard[i%shards], i>>shardBits
	return s.parent[at>>chunkBits][at%chunk]
}

func (t *table) len() int64 {
	var n int64
	for i := range t.shard {
		n += int64(t.shard[i].n)
	}
	return n
}

// bytes returns the memory that the table uses.
func (t *table) bytes() uint64 {
	var n uint64
	for i := range t.shard {
		n += uint64(len(t.shard[i].keys))*chunk*(16+4) + uint64(len(t.shard[i].slots))*8
	}
	return n
}

func (s *shard) add(e *entry) bool {
	if uint64(s.n)*4 >= uint64(len(s.slots))*3 {
		s.grow()
	}
	at := s.home(e.tag)
	for s.slots[at] != 0 {
		if x := s.slots[at]; uint32(x>>32) == e.tag && s.key(uint32(x)-1) == e.key {
			return false
		}
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	s.append(e)
	s.slots[at] = uint64(e.tag)<<32 | uint64(s.n)
	return true
}

// home returns where the index has the entry with a tag, if that place is free. It rises with the tag.
func (s *shard) home(tag uint32) int {
	hi, _ := bits.Mul64(uint64(tag)<<32, uint64(len(s.slots)))
	return int(hi)
}

func (s *shard) key(at uint32) key { return s.keys[at>>chunkBits][at%chunk] }

func (s *shard) append(e *entry) {
	if s.n%chunk == 0 {
		s.keys = append(s.keys, make([]key, chunk))
		s.parent = append(s.parent, make([]stateID, chunk))
	}
	s.keys[s.n>>chunkBits][s.n%chunk] = e.key
	s.parent[s.n>>chunkBits][s.n%chunk] = e.parent
	s.n++
}

// grow makes the index half as large again. Only one shard grows at a time, so this never takes much memory; and since the old
// order is nearly the new one, it reads and writes memory from one end to the other.
func (s *shard) grow() {
	old := s.slots
	s.slots = make([]uint64, max(firstSlots, len(old)+len(old)/2))
	for _, x := range old {
		if x == 0 {
			continue
		}
		at := s.home(uint32(x >> 32))
		for s.slots[at] != 0 {
			if at++; at == len(s.slots) {
				at = 0
			}
		}
		s.slots[at] = x
	}
}
