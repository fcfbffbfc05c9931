package sim

import (
	"slices"
	"sort"
)

// stateID names a state that was found: it is the number of those that were found before.
type stateID uint32

const noState = ^stateID(0)

// table is the visited set: the states in the order in which they were found, and an index of them. A state costs 16 bytes for its key,
// one for its predecessor, and 10.7 to 13.3 in the index once there are many.
type table struct {
	keys [][]key   // in chunks, so that growing copies nothing
	from [][]uint8 // for each state, which one of its block it was found from
	n    stateID
	// blocks are those that were expanded, in order.
	blocks []expanded
	index  [shards]index
}

// expanded is a block of at most blockStates states that were expanded, one after the other: the first of them, and the first state that
// was found from them.
type expanded struct{ first, found stateID }

const (
	chunkBits = 12
	chunk     = 1 << chunkBits
	mostAhead = 64 // chunks that are made at once
)

func (t *table) key(i stateID) key { return t.keys[i>>chunkBits][i%chunk] }

func (t *table) put(i stateID, k key, from uint8) {
	t.keys[i>>chunkBits][i%chunk], t.from[i>>chunkBits][i%chunk] = k, from
}

// reserve makes room for n states.
func (t *table) reserve(n stateID) {
	for have := len(t.keys); have*chunk < int(n); have = len(t.keys) {
		ahead := min(have+1, mostAhead)
		keys, from := makeHuge[key](ahead*chunk), make([]uint8, ahead*chunk)
		t.keys = slices.AppendSeq(t.keys, slices.Chunk(keys, chunk))
		t.from = slices.AppendSeq(t.from, slices.Chunk(from, chunk))
	}
}

// start adds k as a state to start from, if it is new.
func (t *table) start(k key) (fresh bool) {
	h := k.hash()
	s := &t.index[shardOf(h)]
	s.reserve(1)
	if _, fresh = s.add(t, nil, k, tagOf(h), uint32(t.n)); fresh {
		t.reserve(t.n + 1)
		t.put(t.n, k, 0)
		t.n++
	}
	return fresh
}

// add adds what batches bring, in their order; each does something n times, perhaps several at a time.
func (t *table) add(batches []*batch, each func(n int, do func(int))) {
	each(shards, func(s int) { t.index[s].addAll(t, batches, s) })
	for _, b := range batches {
		b.found = t.n
		t.blocks = append(t.blocks, expanded{b.first, b.found})
		for _, more := range b.fresh {
			t.n += stateID(more)
		}
	}
	t.reserve(t.n)
	each(len(batches), func(i int) { t.settle(batches[i]) })
}

// settle gives the new states of a batch their numbers.
func (t *table) settle(b *batch) {
	id, number := b.found, 0
	for from, end := range b.ends {
		for ; number < end; number++ {
			if b.place[number] == 0 {
				continue
			}
			k := b.keys[number]
			h := k.hash()
			t.index[shardOf(h)].slots[b.place[number]-1] = uint64(tagOf(h))<<32 | uint64(id+1)
			t.put(id, k, uint8(from))
			id++
		}
	}
}

// parentOf returns the state from which i was found, or noState if it is one to start from.
func (t *table) parentOf(i stateID) stateID {
	b := sort.Search(len(t.blocks), func(b int) bool { return t.blocks[b].found > i })
	if b == 0 {
		return noState
	}
	return t.blocks[b-1].first + stateID(t.from[i>>chunkBits][i%chunk])
}

func (t *table) len() int64 { return int64(t.n) }

// bytes returns the memory that the table uses.
func (t *table) bytes() uint64 {
	n := uint64(len(t.keys))*chunk*(16+1) + uint64(len(t.blocks))*8
	for i := range t.index {
		n += uint64(len(t.index[i].slots)) * 8
	}
	return n
}
