package promela_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/report/promela"
	"memhp/sim"
	"memhp/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

// write exports a configuration of kernel v6.12.
func write(t *testing.T, c sim.Config) string {
	t.Helper()
	k, err := spec.ParseKernel("v6.12")
	require.NoError(t, err)
	c.Kernel = k
	m, err := sim.NewModel(c)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, promela.Write(&b, m))
	return b.String()
}

// A model is to be read, too: this is a whole one.
func TestModelOfASmallDriver(t *testing.T) {
	driver := spec.Actor{Name: "driver", Doc: "offlines a block", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t.Lock(spec.DeviceHotplugLock)
		defer t.Unlock(spec.DeviceHotplugLock)
		return spec.DoDeviceOffline(t, b)
	}}
	reader := spec.Actor{Name: "reader", Doc: "a reader of memory", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		t.RLock(spec.MemHotplugLock)
		t.Pin(spec.ZonePages.Of(spec.NoBlock))
		t.Unpin(spec.ZonePages.Of(spec.NoBlock))
		t.RUnlock(spec.MemHotplugLock)
		return spec.OK
	}}
	got := write(t, sim.Config{Actors: []spec.Actor{driver, reader}, Tasks: 2, Blocks: 1})
	file := filepath.Join("testdata", "driver.pml")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
	require.Equal(t, got, write(t, sim.Config{Actors: []spec.Actor{driver, reader}, Tasks: 2, Blocks: 1}), "the same again")
}

// Each node is one labelled location, and each jump goes to one.
func TestLocationsAreNodes(t *testing.T) {
	k, err := spec.ParseKernel("v4.20")
	require.NoError(t, err)
	m, err := sim.NewModel(sim.Config{Kernel: k, Tasks: 2, Blocks: 2})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, promela.Write(&b, m))
	_, task, _ := strings.Cut(b.String(), "proctype task()")
	task, _, _ = strings.Cut(task, "proctype watch()")
	labels := map[string]bool{}
	for line := range strings.Lines(task) {
		if label, _, ok := strings.Cut(line, ":"); ok && line[0] != '\t' && line[0] != '/' {
			require.False(t, labels[label], "%s twice", label)
			labels[label] = true
		}
	}
	require.Len(t, labels, len(m.Nodes))
	for _, jump := range strings.Split(task, "goto ")[1:] {
		target := strings.FieldsFunc(jump, func(r rune) bool { return r == ' ' || r == ';' || r == '\n' })[0]
		require.True(t, labels[target], "no label %s", target)
	}
}

// Names that Promela has for itself, or that look alike once they are identifiers, are told apart; a comment is not ended by a name.
func TestAwkwardNames(t *testing.T) {
	var locks []spec.Lock
	for _, name := range []string{"if", "a->b", "a.b", "7", "writers", "no-bug", "->"} {
		locks = append(locks, (&spec.LockClass{Name: name, Kind: spec.Mutex}).Of(spec.NoBlock))
	}
	awkward := spec.Actor{Name: "do", Doc: "*/ bool", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		for _, l := range locks {
			t.Lock(l)
			t.Unlock(l)
		}
		return spec.OK
	}}
	text := write(t, sim.Config{Actors: []spec.Actor{awkward}, Tasks: 1, Blocks: 1})
	for _, define := range []string{"if_2 0", "a_b 1", "a_b_2 2", "n7 3", "writers_2 4", "no_bug_2 5", "n 6"} {
		require.Contains(t, text, "#define "+define+" ")
	}
	require.NotContains(t, text, "*/ bool")
}
