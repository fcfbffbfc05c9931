package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The visited set does what a Go map does, and remembers order and predecessors.
func TestTableIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ids []stateID
		table, seen, first := new(table), map[key]bool{}, map[key]stateID{}
		mod := uint64(rapid.IntRange(1, 3).Draw(t, "mod"))
		for i := range rapid.IntRange(0, 20000).Draw(t, "n") {
			k := key{uint64(i*i) % 7919, uint64(i) % mod}
			id, fresh := table.add(k, stateID(i))
			require.Equal(t, !seen[k], fresh)
			if fresh {
				ids = append(ids, id)
			}
			if !seen[k] {
				seen[k], first[k] = true, stateID(i)
			}
		}
		require.EqualValues(t, len(seen), table.len())
		for _, id := range ids {
			require.True(t, seen[table.key(id)])
			require.Equal(t, first[table.key(id)], table.parentOf(id))
		}
	})
}

func BenchmarkTable(b *testing.B) {
	const n = 1 << 20
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			t := new(table)
			for i := range uint64(n) {
				t.add(key{i * 0x9e3779b97f4a7c15, i}, 0)
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
