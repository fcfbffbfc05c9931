package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const driftTree = "../../conform/drift/testdata/v7.1"

func TestDrift(t *testing.T) {
	other := t.TempDir()
	require.NoError(t, os.CopyFS(other, os.DirFS(driftTree)))
	require.NoError(t, os.WriteFile(filepath.Join(other, "kernel/cpu.c"), []byte("int cpu_up(int c) { return 0; }\n"), 0o644))
	for _, c := range []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{"--source", driftTree}, exitHolds, "The lock calls of 32 functions are what the specification says."},
		{[]string{"--source", driftTree, "--format", "json"}, exitHolds, `"drifts": []`},
		{[]string{"--source", driftTree, "--kernel", "v6.5"}, exitViolation, "online_pages()  mm/memory_hotplug.c:5"},
		{[]string{"--source", other}, exitViolation, "the specification alone: lock cpu_add_remove_lock"},
		{[]string{"--source", other, "--format", "json"}, exitViolation, `"function": "cpu_up"`},
	} {
		status, out, errOut := memhp(append([]string{"drift"}, c.args...)...)
		require.Equal(t, c.status, status, "%v: %s", c.args, errOut)
		require.Contains(t, out, c.out, "%v", c.args)
	}
	for _, c := range []struct {
		args    []string
		message string
	}{
		{nil, "missing flags: --source"},
		{[]string{"--source", t.TempDir()}, "which kernel is this"},
		{[]string{"--source", t.TempDir(), "--kernel", "v7.1"}, "is no kernel source"},
		{[]string{"--source", driftTree, "--kernel", "v1"}, `--kernel: kernel "v1": unknown release`},
	} {
		status, out, errOut := memhp(append([]string{"drift"}, c.args...)...)
		require.Equal(t, exitUsage, status, "%v", c.args)
		require.Empty(t, out, "%v", c.args)
		require.Contains(t, errOut, c.message, "%v", c.args)
	}
}
