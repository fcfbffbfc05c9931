package behave

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the predictions into the scripts")

// predict writes what the model says: for each operation its ends, one a line, with the facts that it changes.
func predict(t *testing.T, s Script) string {
	t.Helper()
	out := strings.Join(s.Comments, "\n") + "\nkernel " + s.Kernel
	if s.MovableNode {
		out += movableNode
	}
	out += "\n\n"
	m := NewModel(kernel(t, s.Kernel), Start{EarlyPages: earlyPages, Zones: true, MovableNode: s.MovableNode})
	for _, o := range s.Ops {
		out += o.String() + "\n"
		var states []state
		lines, known := map[string]bool{}, map[string]bool{}
		for _, from := range m.states {
			one := &Model{m.kernel, m.actors, []state{from}, m.veto, m.zones}
			ends, err := one.ends(o, circumstances{})
			require.NoError(t, err)
			for _, e := range ends {
				lines[changes(e.result, m.facts(from), m.facts(e.state))] = true
				if key := e.state.key(); !known[key] {
					known[key] = true
					states = append(states, e.state)
				}
			}
		}
		m.states = states
		for _, line := range slices.Sorted(maps.Keys(lines)) {
			out += "\t" + line + "\n"
		}
	}
	return out
}

func readFile(t *testing.T, name string) Script {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	s, err := ReadScript(string(b))
	require.NoError(t, err)
	return s
}

func changes(result string, before, after Facts) string {
	out := []string{result}
	for _, about := range slices.Sorted(maps.Keys(after)) {
		if after[about] != before[about] && after[about] != "" {
			out = append(out, about+": "+after[about])
		}
	}
	return strings.Join(out, "; ")
}

// TestScripts: what the model predicts is what was seen on real kernels, on which the same scripts are run (package vm).
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			got := predict(t, readFile(t, filepath.Base(file)))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			require.Equal(t, string(b), got, "run with -update, and look at the difference")
		})
	}
}

func TestOpsAreReadBack(t *testing.T) {
	for kind, on := range map[Kind]string{Plug: "dimm1", Unplug: "dimm0", Resize: BigBlocks, State: "memory41", Online: "memory0", AutoOnline: "", Policy: "", Ratio: "",
		Veto: "", Allow: "", Pin: "", Unpin: ""} {
		words := Words(kind)
		if words == nil {
			words = []string{""}
		}
		for _, word := range words {
			o := Op{kind, on, word}
			got, err := Parse(o.String())
			require.NoError(t, err)
			require.Equal(t, o, got)
		}
	}
	for _, bad := range []string{"", "reboot", "plug dimm7: 128 MiB", "plug dimm0: 1 MiB", "state of memory99 <- online", "resize dimm0 to 128 MiB", "online of memory1",
		"auto_online <- perhaps", "unplug memory1", "pin me"} {
		_, err := Parse(bad)
		require.ErrorContains(t, err, fmt.Sprintf("operation %q", bad), bad)
	}
}
