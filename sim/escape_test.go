package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A task escapes if and only if it does so on every way that does not come to the same place twice: an obvious reading that tries them all.
func TestEscapes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(rt, "nodes")
		a := &automaton{nodes: make([]node, n), code: make([]instr, n)}
		for i := range n {
			a.code[i].kind = rapid.SampledFrom([]opKind{opChoose, opRead}).Draw(rt, "kind")
			a.code[i].mover = rapid.SampledFrom([]mover{both, both, both, left, right, non}).Draw(rt, "mover")
			for range rapid.IntRange(1, 3).Draw(rt, "answers") {
				a.nodes[i].next = append(a.nodes[i].next, int32(rapid.IntRange(-1, n-1).Draw(rt, "next")))
			}
		}
		a.markEscapes()
		for i := range n {
			require.Equal(rt, everyWayEscapes(a, int32(i), map[int32]bool{}), a.code[i].escapes, "node %d", i)
		}
	})
}

func everyWayEscapes(a *automaton, n int32, passed map[int32]bool) bool {
	if m := a.code[n].mover; m == non || m == right {
		return true
	}
	if passed[n] {
		return false
	}
	passed[n] = true
	defer delete(passed, n)
	some, all := false, true
	for _, m := range a.nodes[n].next {
		if m != noNode {
			escapes := everyWayEscapes(a, m, passed)
			some, all = some || escapes, all && escapes
		}
	}
	if a.code[n].kind == opChoose {
		return some
	}
	return all
}
