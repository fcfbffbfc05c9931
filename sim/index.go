package sim

import "math/bits"

// The index is split by hash, so that several goroutines can fill it, and so that only a part of it grows at a time.
const (
	shardBits = 4
	shards    = 1 << shardBits
)

// index is a part of the index, by open addressing.
type index struct {
	slots []uint64 // high half: part of the hash, the tag; low half: number of the state + 1
	n     int
	warm  uint64 // what was looked at, so that the compiler does not drop the look
}

const (
	firstSlots = 64
	// fewSlots are so few that memory does not matter.
	fewSlots = 1 << 18
	// together is how many places are looked at in a row.
	together = 32
	// While states are added, the numbers from newcomer on stand for those that are not numbered yet: the batch, and the number there.
	newcomer    = 1<<32 - 1<<28
	inBatchBits = 24
)

// shardOf and tagOf say in which shard a key with a hash belongs, and its tag there.
func shardOf(hash uint64) int { return int(hash >> (64 - shardBits)) }

func tagOf(hash uint64) uint32 { return uint32(hash >> (32 - shardBits)) }

// addAll adds those of the batches that belong in this shard, and notes which are new, and where they were put. Adding one is a miss of
// the cache; looking at the places of some in a row first lets the processor fetch them at the same time.
func (s *index) addAll(t *table, batches []*batch, shard int) {
	total := 0
	for _, b := range batches {
		total += len(b.next[shard])
	}
	s.reserve(total)
	for i, b := range batches {
		n := s.n
		for all := b.next[shard]; len(all) > 0; {
			some := all[:min(together, len(all))]
			all = all[len(some):]
			s.look(t, some)
			for _, e := range some {
				if at, fresh := s.add(t, batches, b.keys[e.number], e.tag, newcomer+uint32(i)<<inBatchBits+e.number); fresh {
					b.place[e.number] = uint32(at) + 1
				}
			}
		}
		b.fresh[shard] = uint32(s.n - n)
	}
}

// look looks at the first places of some entries, and then at the keys that are probably theirs.
func (s *index) look(t *table, some []entry) {
	var first [together]uint64
	for i := range some {
		first[i] = s.slots[s.home(some[i].tag)]
	}
	for i := range some {
		if x := first[i]; uint32(x>>32) == some[i].tag && uint32(x)-1 < uint32(t.n) {
			s.warm |= t.key(stateID(x - 1)).lo
		}
	}
}

// add puts the state with key k under a number, if k is new, and tells where.
func (s *index) add(t *table, batches []*batch, k key, tag, number uint32) (at int, fresh bool) {
	at = s.home(tag)
	for s.slots[at] != 0 {
		if x := s.slots[at]; uint32(x>>32) == tag && keyNumbered(t, batches, uint32(x)-1) == k {
			return at, false
		}
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	s.n++
	s.slots[at] = uint64(tag)<<32 | uint64(number+1)
	return at, true
}

func keyNumbered(t *table, batches []*batch, number uint32) key {
	if number < newcomer {
		return t.key(stateID(number))
	}
	number -= newcomer
	return batches[number>>inBatchBits].keys[number%(1<<inBatchBits)]
}

// hash mixes a key; it is the same on every machine and in every run.
func (k key) hash() uint64 {
	h := k.lo*0x9e3779b97f4a7c15 ^ (k.hi+0x632be59bd9b4e019)*0xd6e8feb86659fd93
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// home returns where the index has the entry with a tag, if that place is free. It rises with the tag.
func (s *index) home(tag uint32) int {
	hi, _ := bits.Mul64(uint64(tag)<<32, uint64(len(s.slots)))
	return int(hi)
}

// reserve makes room for more entries: it leaves a quarter of the places free. A shard doubles while it is small, and then grows by a quarter.
// Only one shard grows at a time, so this never takes much memory; and since the old order is nearly the new one, it reads and writes
// memory from one end to the other.
func (s *index) reserve(more int) {
	size := max(firstSlots, len(s.slots))
	for (s.n+more)*4 > size*3 {
		if size < fewSlots {
			size *= 2
		} else {
			size += size / 4
		}
	}
	if size == len(s.slots) {
		return
	}
	old := s.slots
	s.slots = makeHuge[uint64](size)
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
	release(old)
}
