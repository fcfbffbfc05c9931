package certify

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim/prove/proof"
)

// The locks of the systems below.
const (
	a uint64 = 1 << iota
	b
	r // whose readers b's holders meet
)

// mutual returns a proof by hand: a task takes a, and raises a flag while it holds it; nobody sees the flag raised while nobody holds a.
//
//	0 idle  --take a-->  1  --flag = 1-->  2  --flag = 0-->  3  --release-->  0
func mutual() *proof.Certificate {
	alone := proof.Has{Writes: a, Reads: a}
	hold := proof.Has{Writes: a}
	return &proof.Certificate{
		System: proof.System{Locks: []string{"a"}, Fields: []string{"flag"}, Initial: [][]int{{0}},
			Nodes: []proof.Node{
				{Edges: []proof.Edge{{To: 1, Nobody: alone}}},
				{Has: hold, Edges: []proof.Edge{{To: 2, Sets: [][2]int{{0, 1}}}}},
				{Has: hold, Edges: []proof.Edge{{To: 3, Sets: [][2]int{{0, 0}}}}},
				{Has: hold, Edges: []proof.Edge{{To: 0}}},
			},
			Never: []proof.Never{{Breaks: "hidden", When: [][2]int{{0, 1}}, Free: a}},
		},
		Counted: []int{1, 2, 3},
		Any:     [][]int{{0}},
		Ideals:  []proof.Ideal{{Values: []int{0}}, {Values: []int{0}, Tasks: []int{1}}, {Values: []int{1}, Tasks: []int{2}}, {Values: []int{0}, Tasks: []int{3}}},
	}
}

// Each condition of theorem 8 is checked: what does not meet it is rejected.
func TestEachConditionIsChecked(t *testing.T) {
	node := func(c *proof.Certificate, n int) *proof.Node { return &c.System.Nodes[n] }
	breaks := func(e proof.Edge) func(c *proof.Certificate) {
		e.To, e.Breaks = -1, "rule"
		return func(c *proof.Certificate) { node(c, 2).Edges = append(node(c, 2).Edges, e) }
	}
	for _, c := range []struct {
		name, err string // "": it is a proof
		change    func(c *proof.Certificate)
	}{
		{"as it is", "", func(*proof.Certificate) {}},
		{"an ideal that nothing leads to", "", func(c *proof.Certificate) {
			c.Any = append(c.Any, nil)
			c.Ideals = append(c.Ideals, proof.Ideal{Values: []int{7}, Any: 1})
		}},
		{"another initial state", "the initial state [1] is not covered", func(c *proof.Certificate) { c.System.Initial = append(c.System.Initial, []int{1}) }},
		{"nobody idle", "the initial state [0] is not covered", func(c *proof.Certificate) { c.Any[0] = nil }},
		{"a step leads out", "ideal 1: a step from node 1 () to node 2 leads out", func(c *proof.Certificate) { c.Ideals[2].Values = []int{2} }},
		{"an idle task is forgotten", "forgets that a task may be at node 0", func(c *proof.Certificate) {
			c.Any = append(c.Any, []int{})
			c.Ideals[2].Any = 1
		}},
		{"a lock is taken that is held", "takes a lock that another task may hold", func(c *proof.Certificate) { node(c, 0).Edges[0].Nobody = proof.Has{} }},
		{"a lock is taken that is read", "takes a lock that another task may hold", func(c *proof.Certificate) { node(c, 0).Edges[0].Nobody.Reads = 0 }},
		{"a lock comes from nowhere", "takes a lock that another task may hold", func(c *proof.Certificate) { node(c, 2).Has.Writes |= b }},
		{"a step that does not exist", "breaks a rule", func(c *proof.Certificate) { node(c, 3).Edges[0].To = -1 }},
		{"a flag that is seen", "ideal 2: hidden is broken", func(c *proof.Certificate) { c.System.Never[0].Free = 0 }},
		{"another flag that is seen", "", func(c *proof.Certificate) { c.System.Never[0] = proof.Never{When: [][2]int{{0, 2}}} }},
		{"a rule is broken", "ideal 2: node 2 () breaks a rule: rule", breaks(proof.Edge{})},
		{"a rule is broken by a value", "breaks a rule: rule", breaks(proof.Edge{When: [][2]int{{0, 1}}})},
		{"a rule would be broken by another value", "", breaks(proof.Edge{When: [][2]int{{0, 0}}})},
		{"a rule is broken if nobody has b", "breaks a rule: rule", breaks(proof.Edge{Nobody: proof.Has{Writes: b}})},
		{"a rule would be broken if somebody had b", "", breaks(proof.Edge{Somebody: proof.Has{Writes: b}})},
		{"somebody has it", "breaks a rule: rule", func(c *proof.Certificate) {
			node(c, 0).Has.Pins = 1
			breaks(proof.Edge{Somebody: proof.Has{Pins: 1}})(c)
		}},
		{"progress", "progress is not covered: some task may loop for ever", func(c *proof.Certificate) { c.System.Endless = true }},
		{"a set of what is not there", "set 0 has a node that does not exist", func(c *proof.Certificate) { c.Any[0] = []int{4} }},
		{"counted where nothing is", "set 1 has a node that does not exist", func(c *proof.Certificate) { c.Counted = []int{-1} }},
		{"too few values", "ideal 1 is malformed", func(c *proof.Certificate) { c.Ideals[1].Values = nil }},
		{"a task nowhere", "ideal 1 is malformed", func(c *proof.Certificate) { c.Ideals[1].Tasks = []int{4} }},
		{"no set", "ideal 1 is malformed", func(c *proof.Certificate) { c.Ideals[1].Any = 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cert := mutual()
			c.change(cert)
			if c.err == "" {
				require.NoError(t, Check(cert))
				return
			}
			require.ErrorContains(t, Check(cert), c.err)
		})
	}
}

// The lock order of what tasks may come to has no harmful cycle. Here everybody is always at node 0, and node 1 is never reached.
func TestHarmfulCyclesAreFound(t *testing.T) {
	edge := func(from, to string) proof.Request { return proof.Request{From: from, To: to, Holds: true, Asks: true} }
	reads := func(from, to string) proof.Request { return proof.Request{From: from, To: to} }
	gated := func(r proof.Request) proof.Request { r.Gates = a; return r }
	pends := func(r proof.Request) proof.Request { r.Pends = true; return r }
	elsewhere := func(r proof.Request) proof.Request { r.Node = 1; return r }
	for _, c := range []struct {
		name    string
		harmful bool
		order   []proof.Request
	}{
		{"one order", false, []proof.Request{edge("x", "y"), edge("y", "z"), edge("x", "z")}},
		{"two orders", true, []proof.Request{edge("x", "y"), edge("y", "x")}},
		{"a class under itself", true, []proof.Request{edge("x", "x")}},
		{"three orders", true, []proof.Request{edge("x", "y"), edge("y", "z"), edge("z", "x")}},
		{"under a gate", false, []proof.Request{gated(edge("x", "y")), gated(edge("y", "x"))}},
		{"one of them under a gate", true, []proof.Request{gated(edge("x", "y")), edge("y", "x")}},
		{"all readers", false, []proof.Request{reads("x", "y"), reads("y", "x")}},
		{"readers and pending writers", true, []proof.Request{pends(reads("x", "y")), pends(reads("y", "x"))}},
		{"where nobody comes to", false, []proof.Request{edge("x", "y"), elsewhere(edge("y", "x"))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cert := &proof.Certificate{System: proof.System{Initial: [][]int{{}}, Nodes: make([]proof.Node, 2), Order: c.order}, Any: [][]int{{0}}, Ideals: []proof.Ideal{{}}}
			if !c.harmful {
				require.NoError(t, Check(cert))
				return
			}
			require.ErrorContains(t, Check(cert), "lock-order is broken by a cycle through ")
		})
	}
}

// The checker is small, and shares the format with the prover and nothing else.
func TestCheckerIsSmall(t *testing.T) {
	dir, err := os.ReadDir(".")
	require.NoError(t, err)
	lines := 0
	for _, f := range dir {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		lines += strings.Count(string(text), "\n")
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), text, parser.ImportsOnly)
		require.NoError(t, err)
		for _, i := range parsed.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			require.True(t, path == "memhp/sim/prove/proof" || !strings.Contains(path, "memhp"), path)
		}
	}
	require.Less(t, lines, 200)
}
