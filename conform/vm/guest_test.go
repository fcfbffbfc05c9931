package vm

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/conform"
	"memhp/conform/vm/agent"
)

// bootKernels is the environment variable that asks for the tests that boot kernels, which take minutes: 1, or a bzImage of version DefaultRelease
// that needs no modules.
const bootKernels = "MEMHP_BOOT"

// realKernel skips a test that needs QEMU and a kernel that was downloaded before: tests reach nothing outside.
func realKernel(t *testing.T, release string) Kernel {
	t.Helper()
	ask := os.Getenv(bootKernels)
	if ask == "" {
		t.Skipf("it boots a kernel, which takes a while: set %s=1 to run it", bootKernels)
	}
	if _, err := FindQEMU(); err != nil {
		t.Skip(err)
	}
	if ask != "1" && release != DefaultRelease {
		t.Skipf("%s is the only kernel to boot", ask)
	}
	if ask != "1" {
		k, err := LocalKernel(ask, "")
		require.NoError(t, err)
		return k
	}
	k, err := CachedKernel(release)
	if err != nil {
		t.Skip(err)
	}
	return k
}

// children lists the processes that this one started and that still run.
func children(t *testing.T) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var out []string
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if rest := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])); rest[1] == strconv.Itoa(os.Getpid()) {
			out = append(out, string(b))
		}
	}
	return out
}

// TestRunReal drives each of Debian's kernels; what it records must conform, and nothing may be left behind.
func TestRunReal(t *testing.T) {
	for _, release := range Releases() {
		t.Run(release, func(t *testing.T) {
			var trace, symbols bytes.Buffer
			r, err := Run(t.Context(), RunConfig{Config: Config{Kernel: realKernel(t, release)}, Workload: Workload{Tasks: 3, Ops: 60, Seed: 7},
				TraceOut: &trace, SymbolsOut: &symbols})
			require.NoError(t, err)
			require.Equal(t, conform.Conforms, r.Verdict, "%+v", r)
			require.True(t, strings.HasPrefix(r.Release, release+"."), r.Release)
			require.Empty(t, r.Notes)
			require.Greater(t, r.Trace.Events, uint64(300))
			require.Contains(t, symbols.String(), "mem_hotplug_lock")
			require.Contains(t, trace.String(), "# memhp-covers: mem_hotplug_lock\n")
			require.Empty(t, children(t))
		})
	}
}

// TestTracingIsRestored looks at the tracing settings of a real kernel before and after a recording.
func TestTracingIsRestored(t *testing.T) {
	g, err := Boot(t.Context(), Config{Kernel: realKernel(t, DefaultRelease)})
	require.NoError(t, err)
	defer g.Close()
	settings := func() []agent.Result {
		var ops []agent.Op
		for _, file := range []string{"kprobe_events", "tracing_on", "trace_clock", "set_event", "current_tracer"} {
			ops = append(ops, agent.Op{Do: agent.Read, Path: "/sys/kernel/tracing/" + file})
		}
		ops = append(ops, agent.Op{Do: agent.List, Path: "/sys/kernel/tracing/instances"})
		r, err := g.Do(t.Context(), time.Minute, "reader", ops...)
		require.NoError(t, err)
		return r
	}
	before := settings()
	for range 2 {
		_, err = g.StartTrace(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, before, settings())
		require.NoError(t, g.StopTrace(t.Context()))
		require.Equal(t, before, settings())
	}
}

// TestGuestHangs: a guest that does not answer is given up, whatever it does, and a host that gives up ends it at once.
func TestGuestHangs(t *testing.T) {
	k := realKernel(t, DefaultRelease)
	t.Run("hang and interrupt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		g, err := Boot(ctx, Config{Kernel: k})
		require.NoError(t, err)
		defer g.Close()
		// A read of a port that nobody writes to waits for ever.
		_, err = g.Do(ctx, time.Second, "A", agent.Op{Do: agent.Read, Path: "/dev/ttyS0"})
		require.ErrorIs(t, err, ErrHang)
		stacks, err := g.Stacks(ctx)
		require.NoError(t, err)
		require.Empty(t, stacks, "it sleeps interruptibly")
		cancel()
		_, err = g.Do(ctx, time.Minute, "B", agent.Op{Do: agent.Read, Path: "/dev/ttyS0"})
		require.Error(t, err)
		require.True(t, errors.Is(err, ErrGone) || errors.Is(err, context.Canceled), err)
		<-g.qemu.exited
	})
	t.Run("no agent", func(t *testing.T) {
		if k.Modules == "" {
			t.Skip("the kernel answers without modules")
		}
		_, err := Boot(t.Context(), Config{Kernel: Kernel{Image: k.Image}, BootTimeout: 5 * time.Second})
		require.ErrorContains(t, err, "did not answer within 5s: it needs virtio_pci and virtio_console")
	})
	require.Empty(t, children(t))
}

func TestNotAKernel(t *testing.T) {
	realKernel(t, DefaultRelease)
	path := filepath.Join(t.TempDir(), "bzImage")
	require.NoError(t, os.WriteFile(path, []byte("not a kernel"), 0o644))
	_, err := Boot(t.Context(), Config{Kernel: Kernel{Image: path}, BootTimeout: 20 * time.Second})
	require.Error(t, err)
	require.Empty(t, children(t))
}
