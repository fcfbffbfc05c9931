package rv_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/report/rv"
	"memhp/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

func monitors(t *testing.T, kernel string) map[string]*rv.Monitor {
	t.Helper()
	k, err := spec.ParseKernel(kernel)
	require.NoError(t, err)
	ms, err := rv.Monitors(k)
	require.NoError(t, err)
	out := map[string]*rv.Monitor{}
	for _, m := range ms {
		require.Nil(t, out[m.Name], "%s twice", m.Name)
		out[m.Name] = m
	}
	return out
}

func text(t *testing.T, m *rv.Monitor) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, m.Write(&b))
	return b.String()
}

func parsed(t *testing.T, m *rv.Monitor) *automaton {
	t.Helper()
	a, err := parse(text(t, m))
	require.NoError(t, err)
	return a
}

// The parser reads the example of the kernel's documentation: an automaton of two states and three events, after
// Documentation/trace/rv/deterministic_automata.rst.
func TestParserKnowsTheFormat(t *testing.T) {
	a, err := parse(`digraph state_automaton {
	{node [shape = circle] "off,state"};
	{node [shape = plaintext, style=invis, label=""] "__init_on"};
	{node [shape = ellipse] "on"};
	"__init_on" -> "on";
	"on" [label = "on", color = green3];
	"on" -> "on" [ label = "e1\ne2" ];
	{ rank = min ;
	}
}
`)
	require.NoError(t, err)
	require.Equal(t, []string{"on", "off_state"}, a.states)
	require.Equal(t, []string{"on"}, a.final)
	require.Equal(t, []string{"e1", "e2"}, a.events)
	for _, bad := range []string{"digraph g {\n}", "digraph state_automaton {\n}", "digraph state_automaton {\n{node [shape = circle] \"a\"};\n\n}"} {
		_, err := parse(bad)
		require.Error(t, err, bad)
	}
}

// identifier is what rvgen can make an enum of the kernel of.
var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// Each monitor of each kernel is read by rvgen as it is meant: deterministic, with names that C allows and no longer than the kernel allows.
func TestMonitorsAreWellFormed(t *testing.T) {
	for _, r := range spec.Releases() {
		for name, m := range monitors(t, r.String()) {
			require.LessOrEqual(t, len(name), 31)
			a := parsed(t, m)
			require.Equal(t, "free", a.states[0])
			require.Equal(t, []string{"free"}, a.final)
			for _, s := range append(append([]string{name}, a.states...), a.events...) {
				require.Regexp(t, identifier, s)
			}
			lock := m.Lock.Name
			require.Equal(t, "held", a.run(lock+"_acquire"))
			require.Equal(t, "free", a.run(lock+"_acquire", lock+"_release"))
			require.Empty(t, a.run(lock+"_release"), "a release without an acquisition")
			require.Empty(t, a.run(lock+"_acquire", lock+"_acquire"), "it does not nest")
		}
	}
}

// online_pages() only while mem_hotplug_lock is held for writing: from 001002e73712 on its callers take the lock, before it does so itself.
func TestOnlinePagesNeedsMemHotplugLock(t *testing.T) {
	a := parsed(t, monitors(t, "v6.12")["pages_under_mem_hotplug"])
	require.Equal(t, "held", a.run("mem_hotplug_lock_acquire", "online_pages", "offline_pages"))
	require.Empty(t, a.run("online_pages"))
	require.Empty(t, a.run("mem_hotplug_lock_acquire", "mem_hotplug_lock_release", "online_pages"))
	require.NotContains(t, monitors(t, "v4.20"), "pages_under_mem_hotplug", "it takes the lock itself")
}

// add_memory() takes device_hotplug_lock, so its caller must not hold it; before 8df1d0e4a265 it must.
func TestWhatIsForbidden(t *testing.T) {
	a := parsed(t, monitors(t, "v6.12")["no_recursion_device_hotplug"])
	require.Equal(t, "free", a.run("add_memory"))
	require.Empty(t, a.run("device_hotplug_lock_acquire", "add_memory"))
	require.Equal(t, "held", parsed(t, monitors(t, "v4.19")["held_device_hotplug"]).run("device_hotplug_lock_acquire", "add_memory"))

	a = parsed(t, monitors(t, "v6.12")["no_recursion_mem_hotplug"])
	require.Empty(t, a.run("mem_hotplug_lock_read_acquire", "mem_hotplug_begin"), "readers count where they do not nest")
	require.Equal(t, "reading", a.run("mem_hotplug_lock_read_acquire"))
	require.Equal(t, "free", a.run("mem_hotplug_lock_read_acquire", "mem_hotplug_lock_read_release", "mem_hotplug_begin"))
	old := monitors(t, "v4.1")["no_recursion_mem_hotplug"]
	require.NotContains(t, parsed(t, old).events, "mem_hotplug_lock_read_acquire")
	require.Contains(t, text(t, old), "in this kernel readers nest")
}

func TestGolden(t *testing.T) {
	got := text(t, monitors(t, "v6.12")["pages_under_mem_hotplug"])
	file := filepath.Join("testdata", "pages_under_mem_hotplug.dot")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteError(t *testing.T) {
	require.ErrorContains(t, monitors(t, "v6.12")["pages_under_mem_hotplug"].Write(broken{}), "disk full")
}
