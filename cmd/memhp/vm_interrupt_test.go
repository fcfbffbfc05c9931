package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/conform/vm"
)

// standIn is a QEMU whose guest never answers. It says in a file which process it is.
const standIn = `#!/bin/sh
[ "$1" = --version ] && { echo QEMU emulator version 0; exit; }
echo $$ >"$STARTED.new" && mv "$STARTED.new" "$STARTED"
exec sleep 1000
`

// interrupt runs memhp as a process, sends it a signal when a file is larger than so many bytes, and returns how it ended. It demands that neither
// a process nor a temporary file is left.
func interrupt(t *testing.T, sig syscall.Signal, file string, size int64, environment []string, args ...string) (status int, out, errOut string) {
	t.Helper()
	temp := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	var o, e bytes.Buffer
	c := exec.CommandContext(t.Context(), self, args...)
	c.Stdout, c.Stderr, c.Env = &o, &e, append(append(os.Environ(), asMemhp+"=1", "TMPDIR="+temp), environment...)
	require.NoError(t, c.Start())
	grown := func() bool {
		info, err := os.Stat(file)
		return err == nil && info.Size() > size
	}
	require.Eventually(t, grown, time.Minute, 5*time.Millisecond, &e)
	guests := childrenOf(t, c.Process.Pid)
	require.Len(t, guests, 1)
	start := time.Now()
	require.NoError(t, c.Process.Signal(sig))
	_ = c.Wait() // the status tells
	require.Less(t, time.Since(start), 10*time.Second)
	require.NoFileExists(t, filepath.Join("/proc", guests[0]))
	require.Empty(t, files(t, temp))
	return c.ProcessState.ExitCode(), o.String(), e.String()
}

// childrenOf lists the processes that a process has started.
func childrenOf(t *testing.T, pid int) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var out []string
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it is gone
		}
		if f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])); f[1] == strconv.Itoa(pid) { // "pid (comm) state ppid"
			out = append(out, filepath.Base(filepath.Dir(file)))
		}
	}
	return out
}

// TestInterruptedGuests: Ctrl-C, or a request to end, stops a guest that boots, and leaves nothing.
func TestInterruptedGuests(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "qemu-system-x86_64"), []byte(standIn), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bzImage"), nil, 0o644))
	for _, tt := range []struct {
		sig  syscall.Signal
		args []string
	}{
		{syscall.SIGINT, []string{"vm", "run", "--trace-out", filepath.Join(dir, "trace")}},
		{syscall.SIGTERM, []string{"vm", "reproduce", "virtio-mem-eject-self", "--out", filepath.Join(dir, "new", "evidence")}},
	} {
		started := filepath.Join(t.TempDir(), "started")
		status, out, errOut := interrupt(t, tt.sig, started, 0, []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "STARTED=" + started},
			append(tt.args, "--kernel", filepath.Join(dir, "bzImage"))...)
		require.Equal(t, exitInconclusive, status, errOut)
		require.Empty(t, out)
		require.Equal(t, "memhp: interrupted; the guest is stopped\n", errOut)
		require.Equal(t, []string{"bzImage", "qemu-system-x86_64"}, files(t, dir))
	}
}

// TestInterruptedRun: a real guest is stopped in the middle of its work. What was found so far is shown, and the trace so far can be checked.
func TestInterruptedRun(t *testing.T) {
	k := realKernel(t, vm.DefaultRelease)
	trace := filepath.Join(t.TempDir(), "trace")
	status, out, errOut := interrupt(t, syscall.SIGINT, trace, 100_000, nil, "vm", "run", "--kernel", k.Image, "--modules", k.Modules, "--ops", "100000", "--trace-out", trace)
	require.Equal(t, exitInconclusive, status, errOut)
	require.Equal(t, "memhp: interrupted; the guest is stopped\n", errOut)
	require.Regexp(t, `^unknown  rules of v6\.1`, out)
	require.Regexp(t, `device-hotplug-lock-held +kept \d\d+ times`, out)
	status, out, errOut = memhp("trace", "check", trace)
	require.Zero(t, status, out+errOut)
}
