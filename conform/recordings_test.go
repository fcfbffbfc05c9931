package conform

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// recording reads a recorded trace from testdata.
func recording(t require.TestingT, name string) ([]string, *Symbols) {
	in, err := Open(filepath.Join("testdata", name+".txt.gz"), "")
	require.NoError(t, err)
	text, err := io.ReadAll(in)
	require.NoError(t, err)
	require.NoError(t, in.Close())
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), in.Symbols
}

// checkLines checks a trace given as lines.
func checkLines(t require.TestingT, lines []string, opts Options) Report {
	r, err := Check(bg, strings.NewReader(strings.Join(lines, "\n")+"\n"), opts)
	require.NoError(t, err)
	return r
}

func kernel(t require.TestingT, name string) *spec.Kernel {
	if name == "" {
		return nil
	}
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return &k
}

// TestRecordings checks every recording against the common rules and against those of its kernel.
func TestRecordings(t *testing.T) {
	for _, tt := range []struct{ name, kernel, verdict string }{
		{"stock-6.1-kmin", "v6.1+001002e73712", Conforms},
		{"stock-6.1-kplock", "v6.1+001002e73712", Conforms},
		{"stock-6.1-stress", "v6.1+001002e73712", Conforms},
		{"stock-6.12-kmin", "v6.12", Conforms},
		{"provelocking-6.1-lockdep", "v6.1+001002e73712", Conforms},
		{"planted-online-without-mem_hotplug_lock-lockdep", "v6.1+001002e73712", Violates},
		{"stock-6.1-function", "v6.1+001002e73712", Unknown},
		{"stock-6.1-graph", "v6.1+001002e73712", Unknown},
		{"stock-6.1-kprobe", "v6.1+001002e73712", Unknown},
	} {
		for _, k := range []string{"", tt.kernel} {
			t.Run(tt.name+"/"+k, func(t *testing.T) {
				lines, syms := recording(t, tt.name)
				r := checkLines(t, lines, Options{Symbols: syms, Kernel: kernel(t, k), MaxViolations: 8})
				require.Equal(t, tt.verdict, r.Verdict, r.Reasons)
				require.Zero(t, r.UnknownLines)
				golden(t, filepath.Join("testdata", "golden", tt.name+suffix(k)+".json"), r)
			})
		}
	}
}

func suffix(kernel string) string {
	if kernel == "" {
		return ""
	}
	return "-" + kernel
}

func golden(t *testing.T, path string, r Report) {
	t.Helper()
	got, err := json.MarshalIndent(r, "", "  ")
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(path, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}

// TestPlantedLines compares what is found in the planted recording with a look at its text: between
// the entry and the return of online_pages() no task has mem_hotplug_lock.
func TestPlantedLines(t *testing.T) {
	lines, syms := recording(t, "planted-online-without-mem_hotplug_lock-lockdep")
	r := checkLines(t, lines, Options{Symbols: syms})
	inside := map[string]bool{} // by task
	var want []int
	for i, l := range lines {
		task := strings.Fields(l)[0]
		switch {
		case strings.Contains(l, " onl: "):
			inside[task] = true
		case strings.Contains(l, " onl_ret: ") && strings.HasSuffix(l, "ret=0"):
			want = append(want, i+1)
			inside[task] = false
		case inside[task] && (strings.Contains(l, " mpz: ") || strings.Contains(l, " mnot: ")):
			want = append(want, i+1)
		}
	}
	var got []int
	for _, v := range r.Violations {
		require.Equal(t, spec.PagesUnderMemHotplug.ID, v.Invariant)
		got = append(got, v.Line)
	}
	require.Equal(t, want, got)
	require.Equal(t, len(want), r.Total)
}

func TestDeviceMutexOffset(t *testing.T) {
	for _, tt := range []struct {
		name   string
		src    source
		offset uint64
	}{
		{"stock-6.1-kplock", fromProbe, 128},
		{"provelocking-6.1-lockdep", fromLockdep, 0xe8},
	} {
		lines, syms := recording(t, tt.name)
		c, err := newChecker(Options{Symbols: syms})
		require.NoError(t, err)
		require.NoError(t, c.read(strings.NewReader(strings.Join(lines, "\n"))))
		require.Equal(t, tt.offset, c.monitor.devices.offset[tt.src], tt.name)
		require.NotZero(t, c.monitor.order.edges, tt.name)
	}
}

// TestAddressesBesideSymbols: with the option sym-addr there is an address behind each symbol of a probe's place. Nothing else is found.
func TestAddressesBesideSymbols(t *testing.T) {
	lines, syms := recording(t, "stock-6.1-kmin")
	options := Options{Symbols: syms}
	want := checkLines(t, lines, options)
	require.Equal(t, Conforms, want.Verdict)
	place := regexp.MustCompile(`(: \([^ ()]+)( <- \w+)?\)`)
	for i, l := range lines {
		lines[i] = place.ReplaceAllStringFunc(l, func(s string) string {
			return strings.NewReplacer(" <- ", " <ffffffff81a0a87d> <- ", ")", " <ffffffff81719910>)").Replace(s)
		})
	}
	require.Contains(t, strings.Join(lines, "\n"), " <ffffffff81a0a87d> <- mutex_trylock <ffffffff81719910>)")
	require.Equal(t, want, checkLines(t, lines, options))
}
