package props

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/report/promela"
	"memhp/report/promela/spin"
	"memhp/sim"
	"memhp/spec"
)

// plain switches all reductions off: it explores what SPIN explores.
var plain = sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}

func needSpin(t testing.TB) {
	t.Helper()
	if err := spin.Missing(); err != nil {
		t.Skipf("not compared with SPIN: %v", err)
	}
}

// export writes a model in Promela.
func export(t rapid.TB, m *sim.Model) string {
	var b bytes.Buffer
	require.NoError(t, promela.Write(&b, m))
	return b.String()
}

func model(t rapid.TB, c sim.Config) *sim.Model {
	m, err := sim.NewModel(c)
	require.NoError(t, err)
	return m
}

// verify runs SPIN, with nothing reduced, on a model.
func verify(t rapid.TB, text string, o spin.Options) *spin.Result {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "memhp-spin")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	v, err := spin.Compile(ctx, dir, []byte(text), o)
	require.NoError(t, err)
	r, err := v.Run(ctx)
	require.NoError(t, err)
	require.True(t, r.Complete, r.Limit)
	return r
}

// disagreement says where SPIN and exploration differ: in the verdict of an invariant that the model asserts, in the number of states, of which
// SPIN has one more (docs/semantics.md, theorem 6), or because SPIN came to an answer that was not unrolled. It is empty if they agree.
func disagreement(s *spin.Result, e *sim.Result) string {
	out := otherVerdicts(s, "", e)
	if slices.Contains(s.Failed, "0") {
		out = append(out, "SPIN came to an answer that was not unrolled")
	}
	if s.States != e.States+1 {
		out = append(out, fmt.Sprintf("SPIN has %d states, exploration %d", s.States, e.States))
	}
	return strings.Join(out, "; ")
}

// otherVerdicts lists the invariants that only one of the two found broken. The prefix is that of the model in a batch.
func otherVerdicts(s *spin.Result, prefix string, e *sim.Result) []string {
	var out []string
	for _, inv := range append(spec.Invariants(), rule) {
		bySpin := s.Broken(prefix + strings.ReplaceAll(inv.ID, "-", "_"))
		here := slices.ContainsFunc(e.Violations, func(v sim.Violation) bool { return v.Invariant == inv.ID })
		if inv != spec.LockOrder && inv != spec.Progress && bySpin != here {
			out = append(out, fmt.Sprintf("%s is broken: SPIN says %t, exploration %t", inv.ID, bySpin, here))
		}
	}
	return out
}

// agreeWithSpin demands that SPIN, plain and reduced exploration agree.
func agreeWithSpin(t rapid.TB, c sim.Config) {
	reduced := check(t, c)
	c.Reductions = plain
	s := verify(t, export(t, model(t, c)), spin.Options{Plain: true})
	require.Empty(t, disagreement(s, check(t, c)), "plain")
	require.Empty(t, otherVerdicts(s, "", reduced), "reduced")
}

// agreeWithSpinOnAll does the same for many small configurations with one verifier. If the sum of the states is wrong, it looks at each.
func agreeWithSpinOnAll(t rapid.TB, configs []sim.Config) {
	var models []string
	var reduced, full []*sim.Result
	states := int64(1)
	for _, c := range configs {
		reduced = append(reduced, check(t, c))
		c.Reductions = plain
		full = append(full, check(t, c))
		models = append(models, export(t, model(t, c)))
		states += full[len(full)-1].States
	}
	s := verify(t, batch(models), spin.Options{Plain: true, Vector: 1 << 14})
	for i := range configs {
		require.Empty(t, otherVerdicts(s, prefix(i), full[i]), "plain, configuration %d", i)
		require.Empty(t, otherVerdicts(s, prefix(i), reduced[i]), "reduced, configuration %d", i)
	}
	require.NotContains(t, s.Failed, "0", "SPIN came to an answer that was not unrolled")
	if s.States != states {
		for _, c := range configs {
			agreeWithSpin(t, c)
		}
		require.Equal(t, states, s.States, "states of all")
	}
}

// SPIN and the engine agree on every kernel: on each invariant, and on the number of states. Where there are few
// enough states, also on more tasks and blocks. To compile the verifiers takes most of the time, so unless MEMHP_ALL is set
// it is the kernels of the story and the newest line.
func TestSpinAgreesOnKernels(t *testing.T) {
	needSpin(t)
	type size struct {
		kernel, actors string
		tasks, blocks  int
	}
	var sizes []size
	for _, k := range kernels() {
		actors := "core"
		if many(kernel(t, k)) && k != "v4.19" {
			actors = "memtrace,state_store,online_store,acpi_eject,add_memory,online_mems_reader"
		}
		sizes = append(sizes, size{k, actors, 2, 1})
	}
	sizes = append(sizes,
		size{"v3.18", "state_store,online_store,acpi_add,cpu_up", 3, 1},
		size{"v4.1", "online_store,acpi_eject,online_mems_reader,cpu_up", 3, 1},
		size{"v4.13", "online_store,online_mems_reader,cpu_up,add_memory", 3, 1},
		size{"v4.20", "state_store,online_show,acpi_eject", 2, 2},
		size{"v6.12", "state_store,online_show,acpi_eject,cpu_up", 3, 1},
		size{"v6.12", "state_show,driver_remove,cpu_up", 2, 2})
	for _, s := range sizes {
		t.Run(fmt.Sprintf("%s %s %dx%d", s.kernel, s.actors, s.tasks, s.blocks), func(t *testing.T) {
			t.Parallel()
			agreeWithSpin(t, sim.Config{Kernel: kernel(t, s.kernel), Selection: s.actors, Tasks: s.tasks, Blocks: s.blocks})
		})
	}
}

// many tells whether memtrace takes no lock, so that almost nothing excludes anything.
func many(k spec.Kernel) bool {
	return k.Has(spec.Memtrace) && !(k.Has(spec.MemtraceOfflineLock) && k.Has(spec.MemtraceOnlineLock))
}

// kernels returns the kernels of the story and the first release of the newest line or, if MEMHP_ALL is set, of each line.
func kernels() []string {
	var out []string
	for _, k := range spec.SeedStory() {
		out = append(out, k.String())
	}
	lines := spec.Lines()
	if os.Getenv("MEMHP_ALL") == "" {
		lines = lines[len(lines)-1:]
	}
	for _, l := range lines {
		if name := l.First.String(); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// SPIN, plain and reduced exploration agree on random lock programs, on random writers of what block-device-agree looks at,
// and on some actors of kernels that never were. Each run of rapid makes a verifier for several, so there are 25 times fewer
// runs than of other properties. For a longer run, here of 8,000 programs, 8,000 writers and 1,200 kernels:
//
//	go test ./props -run SpinAgreesOnRandom -rapid.checks 10000 -timeout 0
func TestSpinAgreesOnRandom(t *testing.T) {
	needSpin(t)
	oneInChecks(t, 25)
	for name, property := range map[string]func(*rapid.T){
		"programs": func(t *rapid.T) { agreeWithSpinOnAll(t, several(t, 20, drawPrograms)) },
		"writers":  func(t *rapid.T) { agreeWithSpinOnAll(t, several(t, 20, drawWriters)) },
		"kernels":  func(t *rapid.T) { agreeWithSpinOnAll(t, several(t, 3, drawKernel)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, property)
		})
	}
}

// tooMany is the number of states beyond which a random configuration is not looked at.
const tooMany = 50_000

// several draws configurations that have not too many states.
func several(t *rapid.T, n int, draw func(*rapid.T) sim.Config) []sim.Config {
	var out []sim.Config
	for range n {
		c := draw(t)
		count := c
		count.Reductions, count.Limits = plain, sim.Limits{States: tooMany}
		r, err := sim.Check(context.Background(), count)
		require.NoError(t, err)
		if r.Complete {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		t.Skip("too many states")
	}
	return out
}
