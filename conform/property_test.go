package conform

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// conforming are the recordings of right kernels, whatever they can show.
var conforming = []string{"stock-6.1-kmin", "stock-6.12-kmin", "stock-6.1-stress", "provelocking-6.1-lockdep",
	"stock-6.1-function", "stock-6.1-graph", "stock-6.1-kprobe", "stock-6.1-kplock"}

type recorded struct {
	lines []string
	syms  *Symbols
}

// recordings reads recordings once, and returns a function that draws one of them by its name.
func recordings(t *testing.T, names []string) func(*rapid.T) recorded {
	all := map[string]recorded{}
	for _, name := range names {
		lines, syms := recording(t, name)
		all[name] = recorded{lines, syms}
	}
	return func(t *rapid.T) recorded { return all[rapid.SampledFrom(names).Draw(t, "recording")] }
}

func notViolated(t *rapid.T, lines []string, syms *Symbols) {
	r := checkLines(t, lines, Options{Symbols: syms})
	require.NotEqual(t, Violates, r.Verdict, "%+v", r.Violations)
}

// TestLateStart: a trace that starts at any line of a right one is not taken for a wrong one.
func TestLateStart(t *testing.T) {
	draw := recordings(t, conforming)
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		from := rapid.IntRange(0, len(r.lines)).Draw(t, "from")
		to := rapid.IntRange(from, len(r.lines)).Draw(t, "to")
		notViolated(t, r.lines[from:to], r.syms)
	})
}

// TestLateRecording: a recording may begin in the middle of anything, and what begins in it is decided.
func TestLateRecording(t *testing.T) {
	lines, syms := recording(t, "stock-6.12-kmin")
	cut := uint64(0)
	for from := 0; from < len(lines)/2; from += 19 {
		r := checkLines(t, lines[from:], Options{Symbols: syms, Covered: []string{"device_hotplug_lock", "mem_hotplug_lock"}})
		require.Equal(t, Conforms, r.Verdict, "from line %d: %v", from+1, r.Reasons)
		for _, rule := range r.Rules {
			cut += rule.Before
		}
	}
	require.Positive(t, cut)
}

// TestProbesOneByOne: nor is a trace whose probes were switched on one after the other, at any line.
func TestProbesOneByOne(t *testing.T) {
	draw := recordings(t, conforming)
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		from := map[string]int{}
		var lines []string
		for i, l := range r.lines {
			name := eventName(l)
			start, known := from[name]
			if !known {
				if rapid.Bool().Draw(t, "late "+name) {
					start = rapid.IntRange(0, len(r.lines)).Draw(t, "start of "+name)
				}
				from[name] = start
			}
			if i >= start {
				lines = append(lines, l)
			}
		}
		notViolated(t, lines, r.syms)
	})
}

// eventName is the event of a line; for lock events with the lock's name, which filters go by.
func eventName(l string) string {
	var p line
	if !parseLine([]byte(l), &p) {
		return "graph"
	}
	if strings.HasPrefix(string(p.name), "lock_") {
		fields := strings.Fields(string(p.args))
		return string(p.name) + " " + fields[len(fields)-1]
	}
	return string(p.name)
}

// TestLoss: nor is a trace that lost events of a CPU and says so.
func TestLoss(t *testing.T) {
	draw := recordings(t, conforming)
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		cpu := rapid.IntRange(0, 1).Draw(t, "cpu")
		from := rapid.IntRange(0, len(r.lines)).Draw(t, "from")
		n := rapid.IntRange(1, 200).Draw(t, "n")
		var lines []string
		lost := 0
		for i, l := range r.lines {
			var p line
			mine := parseLine([]byte(l), &p) && p.cpu == cpu
			switch {
			case mine && i >= from && lost < n:
				lost++
				continue
			case mine && lost == n:
				lines = append(lines, fmt.Sprintf("CPU:%d [LOST %d EVENTS]", cpu, lost))
				lost++
			}
			lines = append(lines, l)
		}
		if lost <= n {
			lines = append(lines, fmt.Sprintf("CPU:%d [LOST %d EVENTS]", cpu, lost))
		}
		notViolated(t, lines, r.syms)
	})
}

// TestDisorder: lines that were printed one or two places late change nothing.
func TestDisorder(t *testing.T) {
	draw := recordings(t, []string{"stock-6.1-kmin", "stock-6.12-kmin", "provelocking-6.1-lockdep", "planted-online-without-mem_hotplug_lock-lockdep"})
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		want := checkLines(t, r.lines, Options{Symbols: r.syms})
		lines := slices.Clone(r.lines)
		for i := rapid.IntRange(0, 50).Draw(t, "first"); i+3 < len(lines); i += rapid.IntRange(3, 100).Draw(t, "gap") {
			l, d := lines[i], rapid.IntRange(1, 2).Draw(t, "late")
			copy(lines[i:], lines[i+1:i+1+d])
			lines[i+d] = l
		}
		got := checkLines(t, lines, Options{Symbols: r.syms})
		require.Equal(t, want.Verdict, got.Verdict)
		require.Equal(t, want.Total, got.Total)
		require.Equal(t, want.Rules, got.Rules)
	})
}

// TestDroppedLock: without the lines that show one acquisition of mem_hotplug_lock, what it protected is
// reported, where a task's past is known: a system call or work item was seen to start after the probes.
func TestDroppedLock(t *testing.T) {
	draw := recordings(t, []string{"stock-6.1-kmin", "stock-6.12-kmin", "stock-6.1-stress", "provelocking-6.1-lockdep"})
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		var at []int
		for i, l := range r.lines[:len(r.lines)-100] {
			if i > 100 && (strings.Contains(l, "pw_req: ") || strings.Contains(l, "lock_acquire: ") && strings.HasSuffix(l, " mem_hotplug_lock")) {
				at = append(at, i)
			}
		}
		i := rapid.SampledFrom(at).Draw(t, "dropped")
		task := strings.Fields(r.lines[i])[0]
		inRoot := false
		for _, l := range r.lines[60:i] {
			if strings.Fields(l)[0] == task && (strings.Contains(l, "dsto: ") || strings.Contains(l, "adh: ")) {
				inRoot = true
			}
		}
		got := checkLines(t, slices.Delete(slices.Clone(r.lines), i, i+1), Options{Symbols: r.syms})
		require.NotEqual(t, Conforms, got.Verdict)
		if inRoot {
			require.Equal(t, Violates, got.Verdict)
			require.Less(t, i, got.Violations[0].Line)
		}
	})
}

// TestConstantMemory feeds very many tasks, devices and orders of locks, and looks at what is kept.
func TestConstantMemory(t *testing.T) {
	c, err := newChecker(Options{Symbols: symbols(t), MaxViolations: 10})
	require.NoError(t, err)
	r, w := io.Pipe()
	go func() {
		for i := range 300_000 {
			fmt.Fprintf(w, "task%d-%d [%03d] ..... %d: m: (mutex_lock+0x0/0x30) lock=0xffffffff82bcbea0\n", i, i+1, i%64, 2*i)
			fmt.Fprintf(w, "task%d-%d [%03d] ..... %d: s: (memory_subsys_online+0x0/0x30) dev=0x%x\n", i, i+1, i%64, 2*i+1, 4096*i)
		}
		w.Close()
	}()
	require.NoError(t, c.read(r))
	require.LessOrEqual(t, len(c.monitor.tasks), maxTasks)
	require.LessOrEqual(t, len(c.monitor.names), maxTasks)
	require.LessOrEqual(t, len(c.monitor.devices.blocks), maxDevices)
}

func FuzzCheck(f *testing.F) {
	for _, name := range []string{"stock-6.1-kmin", "stock-6.1-graph", "provelocking-6.1-lockdep"} {
		lines, _ := recording(f, name)
		f.Add(strings.Join(lines[:8], "\n"))
	}
	f.Add(strings.Join(trace(warm+"A:"+good+"|CPU:1~[LOST~5~EVENTS] |#~memhp-covers:~mem_hotplug_lock"), "\n"))
	f.Add("# tracer: nop\n##### CPU 1 buffer started ####\n 0)  a-1  =>  b-2\n 0)   1.673 us    |    mutex_lock();\ncpus=2\n")
	syms := symbols(f)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Check(bg, strings.NewReader(text), Options{Symbols: syms})
		require.NoError(t, err)
		require.Contains(t, []string{Conforms, Violates, Unknown}, r.Verdict)
		require.Equal(t, r.Total > 0, r.Verdict == Violates)
	})
}
