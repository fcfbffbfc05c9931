package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// addRound adds the successors of a block of states, as an explorer does with a round of one block.
func (t *table) addRound(b *batch, first stateID, successors [][]key) {
	b.reset()
	b.first, b.states = first, stateID(len(successors))
	for _, some := range successors {
		for _, k := range some {
			b.add(k)
		}
		b.ends = append(b.ends, len(b.keys))
	}
	b.place = make([]uint32, len(b.keys))
	t.add([]*batch{b}, func(n int, do func(int)) {
		for i := range n {
			do(i)
		}
	})
}

// The visited set does what a Go map does, and remembers order and predecessors.
func TestTableIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, order, parent := new(table), []key{{1, 1}}, map[key]stateID{{1, 1}: noState}
		require.True(t, table.start(order[0]))
		require.False(t, table.start(order[0]))
		b, mod := new(batch), uint64(rapid.IntRange(1, 3).Draw(t, "mod"))
		at, i := 0, uint64(0)
		for range rapid.IntRange(0, 200).Draw(t, "rounds") {
			n := min(rapid.IntRange(1, blockStates).Draw(t, "states"), len(order)-at)
			successors := make([][]key, n)
			for s := range successors {
				for range rapid.IntRange(0, 4).Draw(t, "successors") {
					k := key{i * i % 7919, i % mod}
					successors[s] = append(successors[s], k)
					if _, seen := parent[k]; !seen {
						parent[k] = stateID(at + s)
						order = append(order, k)
					}
					i++
				}
			}
			table.addRound(b, stateID(at), successors)
			at += n
		}
		require.EqualValues(t, len(order), table.len())
		for i, k := range order {
			require.Equal(t, k, table.key(stateID(i)))
			require.Equal(t, parent[k], table.parentOf(stateID(i)))
		}
	})
}

func BenchmarkTable(b *testing.B) {
	const n = 1 << 20
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			t, block, successors := new(table), new(batch), make([][]key, blockStates)
			for i := uint64(0); i < n; {
				for s := range successors {
					successors[s] = append(successors[s][:0], key{i * 0x9e3779b97f4a7c15, i})
					i++
				}
				t.addRound(block, 0, successors)
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			m := map[key]uint32{}
			for i := range uint64(n) {
				m[key{i * 0x9e3779b97f4a7c15, i}] = 0
			}
		}
	})
}
