package sim_test

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

func mustKernel(t testing.TB, name string) spec.Kernel {
	t.Helper()
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

func check(t testing.TB, c sim.Config) *sim.Result {
	t.Helper()
	r, err := sim.Check(context.Background(), c)
	require.NoError(t, err)
	require.True(t, r.Complete, r.Limit)
	return r
}

// distinct lists what a result found, without the paths that show it: which path is found first depends on the search.
func distinct(r *sim.Result) []string {
	seen := map[string]bool{}
	for _, v := range r.Violations {
		who := v.Function + " by " + strings.Join(v.Actors, ", ")
		if v.Invariant == spec.LockOrder.ID { // the actors are one example each
			who = strings.Join(v.Locks, " -> ")
		}
		seen[v.Invariant+": "+who] = true
	}
	var out []string
	for s := range seen {
		out = append(out, s)
	}
	sort.Strings(out)
	return out
}

// Each reduction, and all together, find exactly the violations that plain exploration finds.
func TestReductionsAgreeWithPlainExploration(t *testing.T) {
	const seed = "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee"
	for _, c := range []struct {
		kernel, actors string
		tasks, blocks  int
	}{
		{"v3.18", "core", 2, 1},
		{"v4.6", "core", 2, 1},
		{"v4.13", "core", 2, 1},
		{"v4.20", "core", 2, 1},
		{"v6.12", "core", 2, 1},
		{"v4.14", "memtrace,online_store,online_show,acpi_eject", 3, 1},
		{"v4.19", "memtrace,online_store,acpi_eject,add_memory,online_mems_reader", 2, 1},
		{seed, "memtrace,online_store,acpi_eject,add_memory", 2, 1},
		{"v4.6", "state_store,online_show,acpi_eject,add_memory", 2, 2},
		{"v4.20", "state_store,online_show,acpi_eject,add_memory", 2, 2},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", c.kernel, c.tasks, c.blocks), func(t *testing.T) {
			config := sim.Config{Kernel: mustKernel(t, c.kernel), Selection: c.actors, Tasks: c.tasks, Blocks: c.blocks}
			reduced := check(t, config)
			for _, off := range []sim.Reductions{
				{NoSymmetry: true}, {NoBlockSymmetry: true}, {NoSlicing: true}, {NoLipton: true}, {NoFocus: true},
				{NoSymmetry: true, NoBlockSymmetry: true, NoSlicing: true, NoLipton: true, NoFocus: true},
			} {
				config.Reductions = off
				plain := check(t, config)
				require.Equal(t, distinct(plain), distinct(reduced), "%+v", off)
				require.GreaterOrEqual(t, plain.States, reduced.States, "%+v", off)
			}
		})
	}
}

// A procedure that tells blocks apart switches the symmetry of blocks off, and is still checked rightly.
func TestBlocksThatDifferAreNotSwapped(t *testing.T) {
	only := spec.Actor{Name: "only_block_1", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		if b == 1 {
			spec.DoDeviceOnline(t, b)
		}
		return spec.OK
	}}
	c := sim.Config{Kernel: mustKernel(t, "v6.1"), Actors: []spec.Actor{only}, Tasks: 2, Blocks: 2}
	reduced := check(t, c)
	c.Reductions.NoBlockSymmetry = true
	plain := check(t, c)
	require.Equal(t, plain.States, reduced.States)
	require.Equal(t, distinct(plain), distinct(reduced))
}

// What a procedure breaks on one block in one function and on the other in another are two violations, though it does the same on both.
func TestBlocksThatBreakInOtherFunctionsAreNotSwapped(t *testing.T) {
	x := &spec.VarClass{Name: "x", Values: []string{"0", "1"}, Scope: spec.PerBlock}
	var functions []*spec.Function
	for _, name := range []string{"f", "g"} {
		functions = append(functions, &spec.Function{Name: name, Clauses: []spec.Clause{
			{Demand: spec.Requires, Lock: spec.DeviceHotplug, Mode: spec.Write, Rule: spec.DeviceHotplugHeld}}})
	}
	calls := spec.Actor{Name: "calls", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		defer t.Call(functions[b])()
		t.Write(x.Of(b), 1)
		t.Write(x.Of(b), 0)
		return spec.OK
	}}
	r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{calls}, Tasks: 1, Blocks: 2})
	require.Len(t, r.Violations, 2)
}

// Nor are blocks whose objects come with other values.
func TestBlocksOfOtherValuesAreNotSwapped(t *testing.T) {
	attr := &spec.LockClass{Name: "attr", Kind: spec.KernfsActive, Scope: spec.PerBlock}
	x := &spec.VarClass{Name: "x", Values: []string{"0", "1"}, Scope: spec.PerBlock}
	publish := spec.Actor{Name: "publish", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t.Activate(attr.Of(b), spec.Assign{Var: x.Of(b), Value: int(b)})
		if t.Read(x.Of(b)) == 1 {
			t.Bug("other values")
		}
		return spec.OK
	}}
	r := check(t, sim.Config{Kernel: mustKernel(t, "v6.12"), Actors: []spec.Actor{publish}, Tasks: 1, Blocks: 2})
	require.Equal(t, []string{spec.NoBug.ID}, r.Broken())
}
