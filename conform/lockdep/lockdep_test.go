package lockdep

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/conform"
	"memhp/spec"
)

// ran are the entry points of the workload that the recordings saw.
var ran = []string{"state_store", "online_store", "acpi_add", "acpi_eject", "auto_online_store"}

func recorded(t testing.TB, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", name))
	require.NoError(t, err)
	defer f.Close()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

func kernel(t testing.TB, name string) spec.Kernel {
	t.Helper()
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

// the kernel that was recorded, and its two files.
func witnessed(t testing.TB) (spec.Kernel, string, string) {
	return kernel(t, "v6.1+001002e73712"), recorded(t, "provelocking-6.1-lockdep.gz"), recorded(t, "provelocking-6.1-lockdep_chains.gz")
}

func check(t *testing.T, k spec.Kernel, classes, chains string) Report {
	t.Helper()
	g, err := ReadClasses(strings.NewReader(classes))
	require.NoError(t, err)
	var c []Chain
	if chains != "" {
		c, err = ReadChains(strings.NewReader(chains))
		require.NoError(t, err)
	}
	r, err := Check(k, g, c, ran)
	require.NoError(t, err)
	return r
}

func text(edges []Edge) []string {
	out := []string{}
	for _, e := range edges {
		out = append(out, e.String())
	}
	return out
}

// TestRecording: lockdep's view of a real kernel, and the counts of its own /proc/lockdep_stats.
func TestRecording(t *testing.T) {
	k, classes, chains := witnessed(t)
	r := check(t, k, classes, chains)
	require.Equal(t, conform.Conforms, r.Verdict, "%+v", r)
	require.Equal(t, 2906, r.Chains, "dependency chains")
	require.ElementsMatch(t, []string{
		"acpi_scan_lock -> cpu_hotplug_lock", "cpu_hotplug_lock -> mem_hotplug_lock", "device_hotplug_lock -> acpi_scan_lock",
		"device_hotplug_lock -> cpu_hotplug_lock", "acpi_scan_lock -> mem_hotplug_lock", "device_hotplug_lock -> mem_hotplug_lock",
		"cpu_add_remove_lock -> cpu_hotplug_lock",
	}, text(r.Declared))
	require.Equal(t, []string{
		"acpi_scan_lock -> cpu_hotplug_lock", "cpu_hotplug_lock -> mem_hotplug_lock", "device_hotplug_lock -> acpi_scan_lock",
		"device_hotplug_lock -> cpu_hotplug_lock", "kn->active -> cpu_hotplug_lock",
	}, text(r.Derived))
	require.Positive(t, r.Unjudged)
}

// TestWitnessBites: an edge less, an edge more, a chain more, and another kernel's rules.
func TestWitnessBites(t *testing.T) {
	k, classes, chains := witnessed(t)
	for _, tt := range []struct {
		name                string
		kernel              spec.Kernel
		classes, chains     string
		undeclared, missing []string
	}{
		{name: "as recorded", kernel: k, classes: classes, chains: chains},
		{name: "an edge is missing", kernel: k, classes: strings.ReplaceAll(classes, " -> [ffffffff81aebae8] acpi_scan_lock\n", ""),
			chains: strings.ReplaceAll(chains, "] acpi_scan_lock\n", "] other\n"), missing: []string{"device_hotplug_lock -> acpi_scan_lock"}},
		{name: "a direct edge is not in the order", kernel: k, chains: chains,
			classes:    strings.Replace(classes, " -> [ffffffff81ae01d8] lock#2\n", " -> [ffffffff81af4808] device_hotplug_lock\n", 1),
			undeclared: []string{"mem_hotplug_lock -> device_hotplug_lock"}},
		{name: "a chain is not in the order", kernel: k, classes: classes,
			chains:     chains + "irq_context: 0\n[ffffffff81ae0d30] mem_hotplug_lock\n[ffffffff826c2c00] &k\n[ffffffff81aebae8] acpi_scan_lock\n\n",
			undeclared: []string{"mem_hotplug_lock -> acpi_scan_lock, in the chain mem_hotplug_lock, &k, acpi_scan_lock"}},
		{name: "a lock of no interest in between", kernel: k,
			chains: strings.ReplaceAll(chains, "] device_hotplug_lock\n[ffffffff81aebae8] acpi_scan_lock\n", "] device_hotplug_lock\n"),
			classes: strings.Replace(strings.ReplaceAll(classes, " -> [ffffffff81aebae8] acpi_scan_lock\n", " -> [1] between\n"),
				"all lock classes:\n", "all lock classes:\n1 FD:    1 BD:    1 ....: between\n -> [ffffffff81aebae8] acpi_scan_lock\n\n", 1)},
		// Before 3f906ba23689 the two locks are not nested by mem_hotplug_begin(), and their order is another.
		{name: "the rules of v4.12", kernel: kernel(t, "v4.12"), classes: classes, chains: chains,
			undeclared: []string{"cpu_hotplug_lock -> mem_hotplug_lock"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := check(t, tt.kernel, tt.classes, tt.chains)
			got := []string{}
			for _, f := range r.Undeclared {
				got = append(got, f.String())
			}
			for _, want := range tt.undeclared {
				require.Contains(t, strings.Join(got, "\n"), want)
			}
			require.Equal(t, len(tt.undeclared) > 0, len(got) > 0, got)
			if tt.name != "the rules of v4.12" {
				require.ElementsMatch(t, append([]string{}, tt.missing...), text(r.Missing))
			}
			require.Equal(t, len(tt.undeclared)+len(tt.missing) > 0, r.Verdict == conform.Violates)
		})
	}
}

// TestRules: what lockdep makes an edge of, as check_prevs_add() has it.
func TestRules(t *testing.T) {
	k := kernel(t, "v6.12")
	for _, tt := range []struct {
		entries, want []string
	}{
		// The store tries device_hotplug_lock under an active reference: an edge from both, and none to the lock that was tried. device_lock
		// is passed over.
		{[]string{"online_store"}, []string{"cpu_hotplug_lock -> mem_hotplug_lock", "device_hotplug_lock -> cpu_hotplug_lock", "kn->active -> cpu_hotplug_lock"}},
		// ACPI waits for all, so only the innermost makes an edge.
		{[]string{"acpi_add"}, []string{"acpi_scan_lock -> cpu_hotplug_lock", "cpu_hotplug_lock -> mem_hotplug_lock", "device_hotplug_lock -> acpi_scan_lock"}},
		{[]string{"online_mems_reader", "state_show", "online_show"}, nil},
	} {
		got, err := Derive(k, tt.entries)
		require.NoError(t, err)
		require.Equal(t, append([]string{}, tt.want...), text(got), tt.entries)
	}
	_, err := Derive(k, []string{"nobody"})
	require.ErrorContains(t, err, `unknown actor or group "nobody"`)
}

// TestNothingSeen: a kernel on which nothing was hotplugged shows nothing.
func TestNothingSeen(t *testing.T) {
	g, err := ReadClasses(strings.NewReader("all lock classes:\nffff FD:    1 BD:    1 +.+.: mem_hotplug_lock\n\n"))
	require.NoError(t, err)
	r, err := Check(kernel(t, "v6.12"), g, nil, nil)
	require.NoError(t, err)
	require.Equal(t, conform.Unknown, r.Verdict)
	require.Len(t, r.Reasons, 1)
}

// TestFormats: names with blanks, numbers and colons, the counters of CONFIG_DEBUG_LOCKDEP, and what is not such a file.
func TestFormats(t *testing.T) {
	g, err := ReadClasses(strings.NewReader("all lock classes:\n(____ptrval____) OPS:     123 FD:   19 BD:    6 +.+.: (wq_completion)a: b\n" +
		" -> [(____ptrval____)] subsys mutex#5\n -> [x] subsys mutex#5\n\n(____ptrval____) FD:    1 BD:    1 -...-.: &p->lock/1\n"))
	require.NoError(t, err)
	require.Equal(t, Graph{"(wq_completion)a: b": {"subsys mutex#5"}, "&p->lock/1": {}}, g)
	for _, text := range []string{"", "hello\n", "all lock classes:\n -> [1] x\n", "all lock classes:\nffff FD: 1 BD: 1 ....: a\n -> 1 x\n"} {
		_, err := ReadClasses(strings.NewReader(text))
		require.Error(t, err, text)
	}
	chains, err := ReadChains(strings.NewReader("(buggered) all lock chains:\nirq_context: hardirq|softirq\n[1] a b\n[2] c\n\nirq_context: 0\n\nirq_context: 0\n[1] a\n"))
	require.NoError(t, err)
	require.Equal(t, []Chain{{"a b", "c"}, {"a"}}, chains)
	for _, text := range []string{"", "hello\n", "all lock chains:\nirq_context: 0\nx\n", "[1] a\n"} {
		_, err := ReadChains(strings.NewReader(text))
		require.Error(t, err, text)
	}
}

func FuzzReaders(f *testing.F) {
	f.Add("all lock classes:\nffff FD:    1 BD:    1 ....: a\n -> [1] b\n\n")
	f.Add("all lock chains:\nirq_context: 0\n[1] mem_hotplug_lock\n[2] acpi_scan_lock\n\n")
	k := kernel(f, "v6.12")
	f.Fuzz(func(t *testing.T, text string) {
		g, gerr := ReadClasses(strings.NewReader(text))
		chains, cerr := ReadChains(strings.NewReader(text))
		if gerr != nil && cerr != nil {
			return
		}
		r, err := Check(k, g, chains, ran)
		require.NoError(t, err)
		require.LessOrEqual(t, len(r.Missing), len(r.Derived))
	})
}
