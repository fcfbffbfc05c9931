package lockdep

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/conform"
	"memhp/spec"
)

// ran are the entry points that did their work while the recordings were made.
var ran = []string{"virtio_mem_worker", "acpi_add", "online_store", "state_store", "acpi_eject"}

// recorded returns what a real kernel said, without the "lockdep" of the file's name.
func recorded(t testing.TB, kernel, file string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", kernel+"-"+file+".gz"))
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

// witnessed returns the rules for the kernel that was recorded, and its two files.
func witnessed(t testing.TB) (spec.Kernel, string, string) {
	return kernel(t, "v6.1+001002e73712"), recorded(t, "6.1.192", "lockdep"), recorded(t, "6.1.192", "lockdep_chains")
}

func check(t *testing.T, k spec.Kernel, classes, chains string, ran ...string) Report {
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

func text[T fmt.Stringer](edges []T) []string {
	out := []string{}
	for _, e := range edges {
		out = append(out, e.String())
	}
	return out
}

// What a store requests: both locks, in the order in which mem_hotplug_begin() takes them, by each of the two files.
const storeHolds = " with kn->active, device_hotplug_lock, &dev->mutex"

var storeEdges = []string{
	"cpu_hotplug_lock -> mem_hotplug_lock" + storeHolds + ", cpu_hotplug_lock held",
	"device_hotplug_lock -> cpu_hotplug_lock" + storeHolds + " held", "kn->active -> cpu_hotplug_lock" + storeHolds + " held",
}

// TestRecording: lockdep's view of a real kernel.
func TestRecording(t *testing.T) {
	k, classes, chains := witnessed(t)
	r := check(t, k, classes, chains, ran...)
	require.Equal(t, conform.Conforms, r.Verdict, "%+v", r)
	require.ElementsMatch(t, []string{
		"acpi_scan_lock -> cpu_hotplug_lock", "cpu_hotplug_lock -> mem_hotplug_lock", "device_hotplug_lock -> acpi_scan_lock",
		"device_hotplug_lock -> cpu_hotplug_lock", "acpi_scan_lock -> mem_hotplug_lock", "device_hotplug_lock -> mem_hotplug_lock",
		"cpu_add_remove_lock -> cpu_hotplug_lock",
	}, text(r.Declared))
	require.ElementsMatch(t, append([]string{
		"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock held",
		"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex held",
		"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, cpu_hotplug_lock held",
		"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex, cpu_hotplug_lock held",
		"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, cpu_hotplug_lock held",
		"device_hotplug_lock -> acpi_scan_lock with device_hotplug_lock held",
		"device_hotplug_lock -> cpu_hotplug_lock with device_hotplug_lock held",
	}, storeEdges...), text(r.Derived))
	require.Positive(t, r.Unjudged)
}

// TestPlanted: kernels in each of which a lock was taken out of the source, and lockdep itself reported nothing. What is recorded is what mentions
// locks of the specification.
func TestPlanted(t *testing.T) {
	k := kernel(t, "v6.1+001002e73712")
	for _, tt := range []struct {
		kernel  string
		missing []string
	}{
		// One of the two files of a block requests what is expected, the other does not.
		{"6.1.192-state-without-device_hotplug_lock", storeEdges},
		// Nobody that onlines or offlines does.
		{"6.1.192-online-without-mem_hotplug_lock", append([]string{
			"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex held",
			"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex, cpu_hotplug_lock held",
		}, storeEdges...)},
	} {
		r := check(t, k, recorded(t, tt.kernel, "lockdep"), recorded(t, tt.kernel, "lockdep_chains"), ran...)
		require.Equal(t, conform.Violates, r.Verdict, tt.kernel)
		require.ElementsMatch(t, tt.missing, text(r.Missing), tt.kernel)
		require.Empty(t, r.Undeclared, tt.kernel)
	}
}

// without takes every chain out that has all of some classes.
func without(chains string, classes ...string) string {
	head, rest, _ := strings.Cut(chains, "\n")
	kept := slices.DeleteFunc(strings.Split(rest, "\n\n"), func(c string) bool {
		return !slices.ContainsFunc(classes, func(class string) bool { return !strings.Contains(c, "] "+class) })
	})
	return head + "\n" + strings.Join(kept, "\n\n")
}

// classLine matches the line that begins a class.
func classLine(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[0-9a-f]+ .*: ` + regexp.QuoteMeta(name) + "$")
}

// TestWitnessBites: an edge less, an edge more, a chain more, and another kernel's rules.
func TestWitnessBites(t *testing.T) {
	k, classes, chains := witnessed(t)
	scan := regexp.MustCompile(`\[[0-9a-f]+\] acpi_scan_lock\n`)
	for _, tt := range []struct {
		name                string
		classes, chains     string
		undeclared, missing []string
	}{
		{name: "as recorded", classes: classes, chains: chains},
		{name: "a request is missing", classes: classes, chains: without(chains, "acpi_scan_lock"), missing: []string{
			"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock held",
			"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex held",
			"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, cpu_hotplug_lock held",
			"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex, cpu_hotplug_lock held",
			"device_hotplug_lock -> acpi_scan_lock with device_hotplug_lock held"}},
		{name: "ACPI holds no acpi_scan_lock", classes: classes, chains: scan.ReplaceAllString(chains, "[1] other\n"), missing: []string{
			"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock held",
			"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex held",
			"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, cpu_hotplug_lock held",
			"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, &dev->mutex, cpu_hotplug_lock held",
			"device_hotplug_lock -> acpi_scan_lock with device_hotplug_lock held"}},
		// An attribute of lru_gen requests cpu_hotplug_lock too. It is none of a block's.
		{name: "only another attribute", classes: classes, chains: without(chains, "kn->active", "device_hotplug_lock"), missing: storeEdges},
		{name: "a lock of no interest in between", classes: classes, chains: scan.ReplaceAllString(chains, "[1] between\n$0")},
		{name: "a direct edge is not in the order", chains: chains,
			classes:    classLine("mem_hotplug_lock").ReplaceAllString(classes, "$0\n -> [1] device_hotplug_lock"),
			undeclared: []string{"mem_hotplug_lock -> device_hotplug_lock"}},
		{name: "a lock that the kernel no longer has", chains: chains, classes: classLine("mem_hotplug_lock").ReplaceAllString(classes, "$0\n -> [1] memory_add_remove_lock")},
		{name: "a chain is not in the order", classes: classes,
			chains:     chains + "irq_context: 0\n[1] mem_hotplug_lock\n[2] &k\n[3] acpi_scan_lock\n\n",
			undeclared: []string{"mem_hotplug_lock -> acpi_scan_lock, in the chain mem_hotplug_lock, &k, acpi_scan_lock"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := check(t, k, tt.classes, tt.chains, ran...)
			require.ElementsMatch(t, append([]string{}, tt.undeclared...), text(r.Undeclared))
			require.ElementsMatch(t, append([]string{}, tt.missing...), text(r.Missing))
			require.Equal(t, len(tt.undeclared)+len(tt.missing) > 0, r.Verdict == conform.Violates)
		})
	}
	// Before 3f906ba23689 mem_hotplug_begin() does not nest the two locks, and their order is another.
	r := check(t, kernel(t, "v4.12"), classes, chains)
	require.Contains(t, strings.Join(text(r.Undeclared), "\n"), "cpu_hotplug_lock -> mem_hotplug_lock")
}

// TestRules: what lockdep makes an edge of, as check_prevs_add() has it.
func TestRules(t *testing.T) {
	k := kernel(t, "v6.12")
	for _, tt := range []struct {
		entries, want []string
		chains        int
	}{
		// The store tries device_hotplug_lock under an active reference: an edge from both, and none to the lock that was tried. device_lock
		// is passed over.
		{[]string{"online_store"}, storeEdges, 1},
		// Two files, of which lockdep says kn->active#1 and kn->active#2.
		{[]string{"online_store", "state_store"}, storeEdges, 2},
		// ACPI waits for all, so only the innermost makes an edge.
		{[]string{"acpi_add"}, []string{"acpi_scan_lock -> cpu_hotplug_lock with device_hotplug_lock, acpi_scan_lock held",
			"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, acpi_scan_lock, cpu_hotplug_lock held",
			"device_hotplug_lock -> acpi_scan_lock with device_hotplug_lock held"}, 1},
		{[]string{"online_mems_reader", "state_show", "online_show"}, nil, 0},
		// vm->hotplug_mutex and memory_chain.rwsem are not in the order, and virtio-mem hides them from lockdep.
		{[]string{"virtio_mem_online"}, []string{"cpu_hotplug_lock -> mem_hotplug_lock with device_hotplug_lock, &dev->mutex, cpu_hotplug_lock held",
			"device_hotplug_lock -> cpu_hotplug_lock with device_hotplug_lock, &dev->mutex held"}, 1},
	} {
		got, err := Derive(k, tt.entries)
		require.NoError(t, err)
		require.Equal(t, append([]string{}, tt.want...), text(got), tt.entries)
		for _, d := range got {
			require.Equal(t, tt.chains, d.Chains, d)
		}
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
	for _, n := range []int{1000, 100_000} { // one line says where, however long that of the file is
		long := "all lock classes:\n" + strings.Repeat("x", n)
		_, err := ReadClasses(strings.NewReader(long))
		require.ErrorContains(t, err, "line ")
		require.Less(t, len(err.Error()), 200)
		_, err = ReadChains(strings.NewReader(strings.Replace(long, "classes", "chains", 1)))
		require.ErrorContains(t, err, "line ")
		require.Less(t, len(err.Error()), 200)
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
