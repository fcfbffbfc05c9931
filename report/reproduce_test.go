package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/conform/vm"
	"memhp/conform/vm/agent"
)

// TestBundle writes evidence and reads it back.
func TestBundle(t *testing.T) {
	f, err := vm.FindFinding("virtio-mem-eject-self")
	require.NoError(t, err)
	s := agent.Stack{PID: 12, Comm: "kworker/u4:0", State: "D", Text: "[<0>] remove_memory+0x12/0x30\n"}
	r := vm.Reproduction{Schema: 1, Finding: f.Name, Release: "6.1.0", QEMU: "QEMU 7.2", Shown: true,
		Trials:  []vm.Trial{{Stuck: true, Before: []agent.Stack{s}, After: []agent.Stack{s}, Store: "did not end", Console: "the console"}},
		Control: vm.Trial{Store: "ended", Console: "another"}}
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, WriteBundle(dir, f, r))
	for name, want := range map[string]string{
		"trial-1/console.log": "the console", "control/console.log": "another",
		"trial-1/stacks-2.txt": "kworker/u4:0 (12), state D\n[<0>] remove_memory+0x12/0x30\n\n",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), "The deadlock was shown")
	var back vm.Reproduction
	b, err := os.ReadFile(filepath.Join(dir, "result.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &back))
	require.True(t, back.Shown)

	var text bytes.Buffer
	require.NoError(t, Reproduction(&text, Style{}, f, r))
	require.Contains(t, text.String(), "shown  virtio-mem-eject-self  6.1.0")
	require.Contains(t, text.String(), "    remove_memory+0x12/0x30")
	r.Shown = false
	text.Reset()
	require.NoError(t, Reproduction(&text, Style{}, f, r))
	require.Contains(t, text.String(), "not shown")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	require.ErrorContains(t, WriteBundle(filepath.Join(dir, "file"), f, r), "write evidence")
}
