package report

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/conform"
)

// TestKindsOfViolations: what differs in time, task and block only is said once; another lock that is held, or another function, is something else.
func TestKindsOfViolations(t *testing.T) {
	v := func(line int, function, task string, held ...string) conform.Violation {
		return conform.Violation{Invariant: "pages-under-mem-hotplug-lock", Function: function, Task: task, Line: line, Time: "1", Held: held, Detail: "no lock"}
	}
	r := conform.Report{Verdict: conform.Violates, Total: 9, Violations: []conform.Violation{
		v(5, "online_pages", "A-1", "kn->active#state(memory5) (R)", "device_hotplug_lock"), v(6, "memory_notify", "A-1", "device_hotplug_lock"),
		v(7, "online_pages", "B-2", "kn->active#state(memory12) (R)", "device_hotplug_lock"), v(8, "online_pages", "B-2", "device_hotplug_lock"),
		v(9, "online_pages", "C-3", "kn->active#state(memory5) (R)", "device_hotplug_lock"),
	}}
	var lines []string
	for _, line := range strings.Split(string(written(t, func(w io.Writer) error { return Trace(w, Style{}, "a.txt", r) })), "\n") {
		if strings.HasPrefix(line, "  line ") || strings.HasPrefix(line, "  and ") {
			lines = append(lines, line)
		}
	}
	require.Equal(t, []string{
		"  line 5, time 1, and 2 more: pages-under-mem-hotplug-lock in online_pages()",
		"  line 6, time 1: pages-under-mem-hotplug-lock in memory_notify()",
		"  line 8, time 1: pages-under-mem-hotplug-lock in online_pages()",
		"  and 4 more violations",
	}, lines)
}

// Where a trace is not understood is told.
func TestTraceNotUnderstood(t *testing.T) {
	for text, want := range map[string]string{
		"\n# tracer: nop\n":         "0 events in 2 lines, 0 lost, 0 lines not understood\n",
		"\nno line of ftrace\nno\n": "0 events in 3 lines, 0 lost, 2 lines not understood, line 2 the first\n",
	} {
		r, err := conform.Check(t.Context(), strings.NewReader(text), conform.Options{})
		require.NoError(t, err)
		require.Contains(t, string(written(t, func(w io.Writer) error { return Trace(w, Style{}, "x", r) })), want)
	}
}
