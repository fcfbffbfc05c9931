package props

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

var allOff = sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}

// randomLimit is how many states the naive explorer visits of what is drawn before it gives up.
const randomLimit = 40_000

// naively returns what the naive explorer finds in c, or false if c has more states than limit.
func naively(t rapid.TB, c sim.Config, limit int) ([]string, bool) {
	m, err := newNaive(c, attr)
	require.NoError(t, err)
	complete := m.explore(limit)
	found := []string{}
	for s := range m.found {
		found = append(found, s)
	}
	return sorted(found), complete
}

// asNaive checks that reduced and plain exploration find what the naive explorer finds.
func asNaive(t rapid.TB, c sim.Config, limit int) bool {
	want, complete := naively(t, c, limit)
	if !complete {
		return false
	}
	require.Equal(t, want, namesOf(check(t, c)), "reduced")
	c.Reductions = allOff
	require.Equal(t, want, namesOf(check(t, c)), "plain")
	return true
}

func namesOf(r *sim.Result) []string {
	out := []string{}
	for _, v := range r.Violations {
		if v.Invariant != spec.Progress.ID { // a property of infinite runs
			out = append(out, nameOf(v))
		}
	}
	return slices.Compact(sorted(out))
}

// mostlyAsNaive compares what draw draws, and checks that most of it is small enough to be compared.
func mostlyAsNaive(t *testing.T, draw func(*rapid.T) sim.Config) {
	all, compared := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		all++
		if asNaive(t, draw(t), randomLimit) {
			compared++
		}
	})
	require.Greater(t, compared, all*2/3, "of %d", all)
}

// The engine finds in random programs, with and without its reductions, what an explorer finds that shares no code with it.
func TestNaiveAgreesOnPrograms(t *testing.T) {
	t.Parallel()
	mostlyAsNaive(t, drawPrograms)
}

func TestNaiveAgreesOnAgreements(t *testing.T) {
	t.Parallel()
	mostlyAsNaive(t, drawWriters)
}

func FuzzNaiveProgram(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { asNaive(t, drawPrograms(t), randomLimit) }))
}

// So it does with kernels that never were, and two of their actors, of any group.
func TestNaiveAgreesOnRandomKernels(t *testing.T) {
	t.Parallel()
	mostlyAsNaive(t, func(t *rapid.T) sim.Config {
		k := randomKernel(t)
		all, err := spec.SelectActors(k, "all")
		require.NoError(t, err)
		two := rapid.Permutation(all).Draw(t, "order")[:2]
		return sim.Config{Kernel: k, Actors: two, Tasks: 2, Blocks: max(two[0].Blocks, two[1].Blocks, 1)}
	})
}

// And with the bugs of the story, and what repairs them.
func TestNaiveAgreesOnTheStory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kernel, actors string
		tasks, blocks  int
	}{
		{"v3.18", "online_store,add_memory", 2, 1},
		{"v3.18", "state_store,add_memory,online_mems_reader", 2, 1},
		{"v4.1", "online_store,add_memory,online_mems_reader", 2, 1},
		{"v4.6", "auto_online_store,add_memory,online_store", 2, 1},
		{"v4.14", "memtrace,online_store", 2, 1},
		{"v4.13", "online_mems_reader,cpu_up,memremap_pages", 3, 1},
		{seedAlone, "memtrace,acpi_eject", 2, 1},
		{"v4.20", "probe_store,acpi_eject", 2, 1},
		{rightKernel, "online_store,acpi_eject,acpi_add", 2, 1},
		{"v6.1", "state_store,add_memory", 2, 1},
		{"v6.12", "online_store,acpi_eject,online_show", 2, 1},
		{"v6.12", "online_show,memunmap_pages", 2, 2},
		{"v6.12", spec.GroupSlab, 2, 1},
		{"v6.12", spec.GroupNotifiers, 2, 1},
		{"v6.12", spec.GroupCPU, 2, 1},
		{"v6.12", spec.GroupBoot, 2, 1},
		{"v5.2", "add_two,online_store", 2, 2},
	} {
		k := kernel(t, c.kernel)
		actors, err := spec.SelectActors(k, c.actors)
		require.NoError(t, err)
		require.True(t, asNaive(t, sim.Config{Kernel: k, Actors: actors, Tasks: c.tasks, Blocks: c.blocks}, 1_000_000), "%v", c)
	}
}

// faulty hands operations to an engine with a fault.
type faulty struct {
	spec.Task
	fault string
}

func (t faulty) Lock(l spec.Lock) {
	if t.fault == "writers do not announce themselves" && t.Task.TryLock(l) {
		return
	}
	t.Task.Lock(l)
}

func (t faulty) Drain(l spec.Lock) {
	if t.fault != "a drain does not wait" {
		t.Task.Drain(l)
	}
}

func (t faulty) Activate(l spec.Lock, fresh ...spec.Assign) {
	if t.fault == "a new object has the old values" {
		fresh = nil
	}
	t.Task.Activate(l, fresh...)
}

func (t faulty) Unpin(v spec.Var) {
	if t.fault != "a pin does not end" {
		t.Task.Unpin(v)
	}
}

func (t faulty) Swap(v spec.Var, old, x int) bool {
	if t.fault == "a swap always swaps" {
		t.Task.Write(v, x)
		return true
	}
	return t.Task.Swap(v, old, x)
}

func (t faulty) Mark() spec.Point {
	if t.fault == "a loop is left after one round" {
		return 0
	}
	return t.Task.Mark()
}

func (t faulty) Again(p spec.Point) {
	if t.fault != "a loop is left after one round" {
		t.Task.Again(p)
	}
}

// The comparison bites: give the engine procedures whose operations go wrong, and random programs tell the difference.
func TestNaiveTellsFaultyEngines(t *testing.T) {
	defer setFlag(t, "rapid.shrinktime", "0s")()
	for _, fault := range []string{"writers do not announce themselves", "a drain does not wait", "a new object has the old values",
		"a pin does not end", "a swap always swaps", "a loop is left after one round"} {
		t.Run(fault, func(t *testing.T) {
			require.True(t, refuted(t, 3000, func(t *rapid.T) {
				c := drawPrograms(t)
				c.Tasks = min(c.Tasks, 2)
				want, complete := naively(t, c, 5_000)
				if !complete {
					return
				}
				c.Actors = slices.Clone(c.Actors)
				for i, a := range c.Actors {
					c.Actors[i].Run = func(t spec.Task, b spec.Block) spec.Errno { return a.Run(faulty{t, fault}, b) }
				}
				require.Equal(t, want, namesOf(check(t, c)))
			}))
		})
	}
}
