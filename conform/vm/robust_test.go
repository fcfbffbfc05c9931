package vm

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/conform"
)

// TestGuestsThatFail: whatever a guest does, a run ends, says so with the console, and leaves no process behind.
func TestGuestsThatFail(t *testing.T) {
	for _, tt := range []struct {
		mode, fails       string // the run gives no result, but this error
		failure, trouble  string
		verdict           string
		console, noStacks bool
	}{
		{mode: "refuses", fails: "QEMU: qemu-system-x86_64: -m 512M: there is no memory"},
		{mode: "silent", fails: "the guest did not answer within 300ms"},
		{mode: "panics", failure: "the guest ended", trouble: "Kernel panic - not syncing: sysrq triggered crash", verdict: conform.Violates, console: true, noStacks: true},
		{mode: "crashes", failure: ": QEMU: qemu-system-x86_64: an assertion failed", verdict: conform.Violates, console: true, noStacks: true},
		{mode: "vanishes", failure: ": QEMU: exit status 1", verdict: conform.Violates, console: true, noStacks: true},
		{mode: "reboots", failure: ": it rebooted", verdict: conform.Violates, console: true, noStacks: true},
		{mode: "oopses", trouble: "BUG: kernel NULL pointer dereference, address: 0000000000000000", verdict: conform.Violates, console: true, noStacks: true},
		{mode: "hangs", failure: "the guest does not answer: ", verdict: conform.Violates, console: true},
		{mode: "floods", verdict: conform.Unknown, noStacks: true},
		{mode: "works", verdict: conform.Unknown, noStacks: true}, // its trace is empty
	} {
		t.Run(tt.mode, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp) // other tests make temporary files at the same time
			k := fakeOnPath(t, tt.mode)
			boot := 20 * time.Second
			if tt.mode == "silent" {
				boot = 300 * time.Millisecond
			}
			r, err := Run(t.Context(), RunConfig{Config: Config{Kernel: k, BootTimeout: boot, Patience: 50 * time.Millisecond},
				Workload: Workload{Tasks: 2, Ops: 30, Seed: 3}})
			require.Empty(t, children(t))
			require.Empty(t, filesIn(t, temp))
			if tt.fails != "" {
				require.ErrorContains(t, err, tt.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.verdict, r.Verdict, "%+v", r.Failure)
			require.Contains(t, r.Failure, tt.failure)
			require.Equal(t, tt.failure == "", r.Failure == "", r.Failure)
			require.Equal(t, tt.console, r.Console != "")
			require.Equal(t, tt.noStacks, len(r.Stacks) == 0)
			require.LessOrEqual(t, len(r.Console), consoleLimit+4096)
			if tt.trouble != "" {
				require.Contains(t, r.Troubles, tt.trouble)
			}
		})
	}
}

// filesIn are the names in a directory.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	return names
}

// TestInterrupted: a run that is given up stops the guest at once, and its verdict is not that all is well.
func TestInterrupted(t *testing.T) {
	k := fakeOnPath(t, "works")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	start := time.Now()
	r, err := Run(ctx, RunConfig{Config: Config{Kernel: k}, Workload: Workload{Tasks: 2, Ops: 1_000_000, Seed: 3}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 20*time.Second)
	require.Empty(t, children(t))
	require.Equal(t, conform.Unknown, r.Verdict)
	require.NotEmpty(t, r.Counts)
}

// TestLockdepIsAsked: where the guest has lockdep, entry points are run for it, and what it saw is held against the specification, unless it has
// switched itself off.
func TestLockdepIsAsked(t *testing.T) {
	for _, tt := range []struct {
		mode    string
		verdict string
		derived bool
		note    string
	}{
		{"works", "", false, ""},
		{"validates-6.1.192", conform.Conforms, true, ""},
		{"validates-6.1.192-state-without-device_hotplug_lock", conform.Violates, true, ""},
		{"validates-off", conform.Conforms, false, "lockdep switched itself off after a report: what it has not seen is not judged"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			k := fakeOnPath(t, tt.mode)
			r, err := Run(t.Context(), RunConfig{Config: Config{Kernel: k}, Workload: Workload{Tasks: 1, Ops: 1, Seed: 3}})
			require.NoError(t, err)
			if tt.verdict == "" {
				require.Nil(t, r.Lockdep)
				return
			}
			require.Equal(t, tt.verdict, r.Lockdep.Verdict)
			var by []string
			for _, d := range r.Lockdep.Derived {
				by = append(by, d.By...)
			}
			slices.Sort(by)
			want := []string{"acpi_add", "acpi_eject", "online_store", "state_store", "virtio_mem_worker"}
			require.Equal(t, tt.derived, slices.Equal(want, slices.Compact(by)), by)
			require.Equal(t, tt.note != "", slices.Contains(r.Notes, tt.note), r.Notes)
			require.NotEmpty(t, r.LockdepClasses)
			require.NotEmpty(t, r.LockdepChains)
		})
	}
}
