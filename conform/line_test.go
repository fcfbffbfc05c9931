package conform

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseLine(t *testing.T) {
	for _, tt := range []struct {
		text      string
		comm      string
		pid, cpu  int
		time      string
		name      string
		args      string
		call, bad bool
	}{
		{text: "             ctl-1       [000] .....            5: tracing_mark_write: phase plug", comm: "ctl", pid: 1, time: "5", name: "tracing_mark_write", args: "phase plug"},
		{text: "           <...>-25      [003] d..1.    17.315171: adh: (acpi_device_hotplug+0x0/0x3e0)", comm: "<...>", pid: 25, cpu: 3, time: "17.315171", name: "adh", args: "(acpi_device_hotplug+0x0/0x3e0)"},
		{text: "          <idle>-0       [001] dNh2    17.000001: lock_acquire: ffff try read x y", comm: "<idle>", cpu: 1, time: "17.000001", name: "lock_acquire", args: "ffff try read x y"},
		{text: "          <idle>-0       [001] dNh2.b.    17.000001: x: ", comm: "<idle>", cpu: 1, time: "17.000001", name: "x"},
		{text: "     a b-1 [0] c-1234    [001]            12: online_pages <-memory_subsys_online", comm: "a b-1 [0] c", pid: 1234, cpu: 1, time: "12", name: "online_pages", args: "memory_subsys_online", call: true},
		{text: "   my: prog-7 [1-42      [001] .....           12: e: a", comm: "my: prog-7 [1", pid: 42, cpu: 1, time: "12", name: "e", args: "a"},
		{text: "my: prog-7-42 [001] ..... 12: e: a-1 [002] 5: x", comm: "my: prog-7", pid: 42, cpu: 1, time: "12", name: "e", args: "a-1 [002] 5: x"},
		{text: "            bash-77      (     76) [001] .....    1.5: e: a", comm: "bash", pid: 77, cpu: 1, time: "1.5", name: "e", args: "a"},
		{text: "            bash-77      (-------) [001] .....    1.5: e: a", comm: "bash", pid: 77, cpu: 1, time: "1.5", name: "e", args: "a"},
		{text: "            bash-77    [001]    10.123456789: sched_switch:         prev_comm=x", comm: "bash", pid: 77, cpu: 1, time: "10.123456789", name: "sched_switch", args: "prev_comm=x"},
		{text: "            bash-77    [001]    10.123456: function:             online_pages <-- memory_subsys_online", comm: "bash", pid: 77, cpu: 1, time: "10.123456", name: "online_pages", args: "memory_subsys_online", call: true},
		{text: "", bad: true},
		{text: "# tracer: nop", bad: true},
		{text: "bash-77", bad: true},
		{text: "bash-77 [001", bad: true},
		{text: "bash-77 [001] ..... ", bad: true},
		{text: "bash-77 [001] ..... x: y", bad: true},
		{text: "bash-77 [001] ..... 12: ", bad: true},
		{text: "bash-77 [001] ..... 12: word", bad: true},
		{text: "bash-77 [001] ..... 12.: e: a", bad: true},
		{text: "bash-99999999999999999999 [001] ..... 12: e: a", bad: true},
		{text: "bash [001] ..... 12: e: a", bad: true},
	} {
		var l line
		ok := parseLine([]byte(tt.text), &l)
		require.Equal(t, !tt.bad, ok, tt.text)
		if !ok {
			continue
		}
		require.Equal(t, tt.comm, string(l.comm), tt.text)
		require.Equal(t, []int{tt.pid, tt.cpu}, []int{l.pid, l.cpu}, tt.text)
		require.Equal(t, []string{tt.time, tt.name, tt.args}, []string{l.time.String(), string(l.name), string(l.args)}, tt.text)
		require.Equal(t, tt.call, l.call, tt.text)
	}
}

func TestParseNote(t *testing.T) {
	for text, want := range map[string]note{
		"CPU:1 [LOST 523 EVENTS]":         {kind: lost, cpu: 1, n: 523},
		"CPU:12 [LOST EVENTS]":            {kind: lost, cpu: 12, n: 1},
		"CPU:3 [EVENTS DROPPED]":          {kind: lost, cpu: 3, n: 1},
		"CPU:3 [7 EVENTS DROPPED]":        {kind: lost, cpu: 3, n: 7},
		"##### CPU 2 buffer started ####": {kind: started, cpu: 2},
		"# tracer: nop":                   {kind: comment, text: []byte(" tracer: nop")},
		"#":                               {kind: comment, text: []byte{}},
		"":                                {kind: comment},
		" => online_pages":                {kind: comment},
		"cpus=2":                          {kind: comment},
		"what is this":                    {},
		"#           TASK-PID     CPU#  |||||  TIMES ": {kind: comment, text: []byte("           TASK-PID     CPU#  |||||  TIMES")},
	} {
		require.Equal(t, want, parseNote([]byte(text)), text)
	}
}

func TestParseGraph(t *testing.T) {
	for _, tt := range []struct {
		text          string
		pid, cpu      int
		time, name    string
		entered, left bool
		ret           string
		bad           bool
	}{
		{text: "   17.315356 |   1)    <...>-25    |               |    online_pages() {", pid: 25, cpu: 1, time: "17.315356", name: "online_pages", entered: true},
		{text: "   17.315374 |   1)    <...>-25    | + 35.276 us   |      mutex_lock();", pid: 25, cpu: 1, time: "17.315374", name: "mutex_lock", entered: true, left: true},
		{text: "   17.340225 |   1)   kworker-25   | * 15881.93 us |          } /* percpu_down_write */", pid: 25, cpu: 1, time: "17.340225", name: "percpu_down_write", left: true},
		{text: "   17.340225 |   1)   kworker-25   |  d..1 | * 15881.93 us |          } /* f = 0xfffffff0 */", pid: 25, cpu: 1, time: "17.340225", name: "f", left: true, ret: "-16"},
		{text: " 0)   a b-9-31   |               |  f(); /* = 0x0 */", pid: 31, time: "0", name: "f", entered: true, left: true, ret: "0"},
		{text: " 0)   1.673 us    |    mutex_lock();", pid: -1, time: "0", name: "mutex_lock", entered: true, left: true},
		{text: " 0)               |  }", pid: -1, time: "0", left: true},
		{text: "   17.267348 |   0)     ctl-87     |               |  /* phase | plug */", pid: 87, time: "17.267348"},
		{text: " 0)   a-31   |               |  what", bad: true},
		{text: "no bar", bad: true},
		{text: "17.5 no bar | x", bad: true},
	} {
		var g graphCall
		ok := parseGraph([]byte(tt.text), &g)
		require.Equal(t, !tt.bad, ok, tt.text)
		if !ok {
			continue
		}
		require.Equal(t, []int{tt.pid, tt.cpu}, []int{g.pid, g.cpu}, tt.text)
		require.Equal(t, []string{tt.time, tt.name}, []string{g.time.String(), string(g.name)}, tt.text)
		require.Equal(t, []bool{tt.entered, tt.left, tt.ret != ""}, []bool{g.entered, g.left, g.hasRet}, tt.text)
		if tt.ret != "" {
			want, _ := parseInt([]byte(tt.ret))
			require.Equal(t, want, g.ret, tt.text)
		}
	}
	require.True(t, isSwitch([]byte(" ------------------------------------------")))
	require.True(t, isSwitch([]byte(" 0)  bash-123  =>  kworker-5")))
}

// Times with fractions of different lengths are compared as times.
func TestStampsCompare(t *testing.T) {
	var last uint64
	for _, text := range []string{"1.000000999", "1.000001", "1.5", "1.500001", "2.000000000"} {
		s, rest, ok := cutStamp([]byte(text))
		require.True(t, ok)
		require.Empty(t, rest)
		require.Equal(t, text, s.String())
		require.Greater(t, s.key(), last, text)
		last = s.key()
	}
}
