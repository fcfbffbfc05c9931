package conform

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var bg = context.Background()

// The lock addresses of the traces below.
const testSymbols = `ffffffff82b5b060 d mem_hotplug_lock
ffffffff82bcbea0 d device_hotplug_lock
ffffffff82bb0680 d acpi_scan_lock
ffffffff81000100 T online_pages
ffffffff81000200 t unrelated
0000000000000000 T offline_pages
not a symbol line
`

var testAddr = strings.NewReplacer("MHL", "0xffffffff82b5b060", "DHL", "0xffffffff82bcbea0", "ASL", "0xffffffff82bb0680")

// shorthand is a probe event for each word of the traces below.
var shorthand = map[string]string{
	"store": "dsto: (dev_attr_store+0x0/0x20) dev=%s attr=\"state\"", "stored": "dsto_ret: (kernfs_fop_write_iter+0x12e/0x200 <- dev_attr_store) ret=%s",
	"acpi": "adh: (acpi_device_hotplug+0x0/0x3e0)", "acpid": "adh_ret: (acpi_hotplug_work_fn+0x1a/0x30 <- acpi_device_hotplug)",
	"lock": "m_req: (mutex_lock+0x0/0x30) lock=%s", "unlock": "m_rel: (mutex_unlock+0x0/0x30) lock=%s",
	"intr": "mi_req: (mutex_lock_interruptible+0x0/0x30) lock=%s", "intrd": "mi_acq: (x+0x1/0x2 <- mutex_lock_interruptible) ret=%s",
	"try": "mt_req: (mutex_trylock+0x0/0x60) lock=%s", "tried": "mt_acq: (lock_device_hotplug_sysfs+0x11/0x40 <- mutex_trylock) ret=%s",
	"down": "pw_req: (percpu_down_write+0x0/0x170) lock=%s", "up": "pw_rel: (percpu_up_write+0x0/0x30) lock=%s",
	"cread": "cr: (cpus_read_lock+0x0/0x50)", "gom": "gom: (get_online_mems+0x0/0x50)",
	"devon": "devon: (device_online+0x0/0x80) dev=%s", "devond": "devon_ret: (state_store+0x93/0xa0 <- device_online) ret=%s",
	"mson": "mson: (memory_subsys_online+0x0/0x170) dev=%s", "msond": "mson_ret: (device_online+0x4b/0x80 <- memory_subsys_online) ret=%s",
	"onl": "onl: (online_pages+0x0/0x2d0) pfn=1 nr=2 zone=0x3", "onld": "onl_ret: (memory_subsys_online+0x98/0x170 <- online_pages) ret=%s",
	"mpz":   "mpz: (move_pfn_range_to_zone+0x0/0x170) zone=0x3 pfn=1 nr=2",
	"addmr": "addmr: (add_memory_resource+0x0/0x2e0) nid=1", "addmrd": "addmr_ret: (__add_memory+0x38/0x80 <- add_memory_resource) ret=%s",
	"aam": "aam: (arch_add_memory+0x0/0x50) nid=0", "cmbd": "cmbd: (create_memory_block_devices+0x0/0x100) start=0x1", "cmbdd": "cmbd_ret: (x+0x1/0x2 <- create_memory_block_devices) ret=%s",
	"dadd": "dadd: (device_add+0x0/0x8d0) dev=%s", "daddd": "dadd_ret: (x+0x1/0x2 <- device_add) ret=%s",
	"ddel": "ddel: (device_del+0x0/0x8d0) dev=%s", "ddeld": "ddel_ret: (x+0x1/0x2 <- device_del)",
}

// trace writes ftrace text from words, one event each: "B:lock:DHL" is mutex_lock(&device_hotplug_lock) by task B.
// A task is a letter; the last one named goes on. "|text" is a line of its own.
func trace(words string) []string {
	var out []string
	task := byte('A')
	for _, w := range strings.FieldsFunc(words, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		if w[0] == '|' {
			out = append(out, strings.ReplaceAll(w[1:], "~", " "))
			continue
		}
		if len(w) > 2 && w[1] == ':' {
			task, w = w[0], w[2:]
		}
		name, value, _ := strings.Cut(w, ":")
		event, ok := shorthand[name]
		if !ok {
			panic("no shorthand " + name)
		}
		if strings.Contains(event, "%s") {
			event = fmt.Sprintf(event, testAddr.Replace(value))
		}
		out = append(out, fmt.Sprintf("%16s-%-7d [%03d] ..... %12d: %s", string(task), task, task%2, 10*len(out)+10, event))
	}
	return out
}

func symbols(t require.TestingT) *Symbols {
	s, err := ReadSymbols(strings.NewReader(testSymbols))
	require.NoError(t, err)
	return s
}

// warm shows all lock probes once, so that what follows can be decided.
const warm = `Z:lock:DHL lock:ASL down:MHL up:MHL down:MHL up:MHL unlock:ASL lock:ASL unlock:ASL unlock:DHL
	try:DHL tried:1 unlock:DHL store:0x0 stored:0 `

// good is a sysfs store that onlines a block as v6.7 does.
const good = "store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 down:MHL onl mpz onld:0 up:MHL msond:0 devond:0 unlock:DHL stored:0 "

// rest is the end of one, and covers says that locks are recorded from the beginning.
const (
	rest   = "onl mpz onld:0 up:MHL msond:0 devond:0 unlock:DHL stored:0 "
	covers = "|#~memhp-covers:~mem_hotplug_lock~device_hotplug_lock "
)

// traceCase is a trace and what is to be said of it.
type traceCase struct {
	name, words, kernel string
	verdict             string
	want                []string // invariant:function:line
}

func (tt traceCase) run(t *testing.T) {
	r := checkLines(t, trace(tt.words), Options{Symbols: symbols(t), Kernel: kernel(t, tt.kernel)})
	var got []string
	for _, v := range r.Violations {
		got = append(got, fmt.Sprintf("%s:%s:%d", v.Invariant, v.Function, v.Line))
	}
	require.Equal(t, tt.want, got)
	require.Equal(t, tt.verdict, r.Verdict, r.Reasons)
	require.Zero(t, r.UnknownLines)
}

// TestTraces: what is right, and what breaks which rule where.
func TestTraces(t *testing.T) {
	for _, tt := range []traceCase{
		{name: "online", words: warm + "A:" + good, verdict: Conforms},
		{name: "online twice, by two tasks", words: warm + "A:" + good + good + "B:" + good, verdict: Conforms},
		{name: "online without mem_hotplug_lock", verdict: Violates,
			words: warm + "A:store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 onl mpz onld:0 msond:0 devond:0 unlock:DHL stored:0",
			want:  []string{"pages-under-mem-hotplug-lock:move_pfn_range_to_zone:22", "pages-under-mem-hotplug-lock:online_pages:23"}},
		{name: "online_pages() takes the lock itself", verdict: Conforms, kernel: "v6.1",
			words: warm + "A:store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 onl down:MHL mpz up:MHL onld:0 msond:0 devond:0 unlock:DHL stored:0"},
		{name: "the same in a kernel where the caller must", verdict: Violates, kernel: "v6.12",
			words: warm + "A:store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 onl down:MHL mpz up:MHL onld:0",
			want:  []string{"pages-under-mem-hotplug-lock:online_pages:21"}},
		{name: "common to both", verdict: Conforms,
			words: warm + "A:store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 onl down:MHL mpz up:MHL onld:0"},
		{name: "online_pages() that fails early", verdict: Conforms,
			words: warm + "A:" + good + "store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 onl onld:-22 msond:-22"},
		{name: "device_online() of a block without the gate", verdict: Violates,
			words: warm + "A:store:0x1000 devon:0x1000 mson:0x1000 down:MHL onl mpz onld:0 up:MHL msond:0 devond:0 stored:0",
			want:  []string{"device-hotplug-lock-held:device_online:17"}},
		{name: "of a CPU", verdict: Conforms, words: warm + "A:" + good + "store:0x2000 devon:0x2000 devond:0 stored:0"},
		{name: "trylock that fails", verdict: Violates,
			words: warm + "A:store:0x1000 try:DHL tried:0 devon:0x1000 mson:0x1000",
			want:  []string{"device-hotplug-lock-held:device_online:19"}},
		{name: "orphan return of some other trylock", verdict: Violates,
			words: warm + "A:store:0x1000 tried:1 devon:0x1000 mson:0x1000", want: []string{"device-hotplug-lock-held:device_online:18"}},
		{name: "interruptible wait that is interrupted", verdict: Violates,
			words: warm + "A:store:0x1000 intr:DHL intrd:-4 devon:0x1000 mson:0x1000", want: []string{"device-hotplug-lock-held:device_online:19"}},
		{name: "interruptible wait", verdict: Conforms, words: warm + "A:store:0x1000 intr:DHL intrd:0 devon:0x1000 mson:0x1000"},
		{name: "unlock after a failed trylock", verdict: Violates,
			words: warm + "A:" + good + "store:0x1000 try:DHL tried:0 unlock:DHL stored:-513", want: []string{"locks-balanced:dev_attr_store:33"}},
		{name: "lock held at the end", verdict: Violates,
			words: warm + "A:" + good + "store:0x1000 try:DHL tried:1 stored:0", want: []string{"locks-balanced:dev_attr_store:33"}},
		{name: "recursion", verdict: Violates, words: warm + "A:" + good + "acpi lock:DHL addmr lock:DHL",
			want: []string{"no-recursion:add_memory_resource:33"}},
		{name: "reader inside the writer", verdict: Violates, words: warm + "A:" + good + "acpi lock:DHL addmr down:MHL gom",
			want: []string{"no-recursion:add_memory_resource:34"}},
		{name: "add_memory_resource() under mem_hotplug_lock", verdict: Violates, words: warm + "A:" + good + "acpi lock:DHL down:MHL addmr",
			want: []string{"no-recursion:add_memory_resource:33"}},
		{name: "waiting for the gate under mem_hotplug_lock", verdict: Violates, words: warm + "A:" + good + "acpi down:MHL lock:DHL",
			want: []string{"declared-order:acpi_device_hotplug:32", "lock-order:acpi_device_hotplug:32"}},
		{name: "the same wait, which a signal can end", verdict: Violates, words: warm + "A:" + good + "acpi down:MHL intr:DHL",
			want: []string{"declared-order:acpi_device_hotplug:32", "lock-order:acpi_device_hotplug:32"}},
		{name: "waiting for the gate under an active reference", verdict: Violates, words: warm + "A:" + good + "store:0x1000 lock:DHL",
			want: []string{"declared-order:dev_attr_store:31"}},
		{name: "arch_add_memory() without the lock", verdict: Violates, words: warm + "A:acpi lock:DHL addmr aam",
			want: []string{"add-remove-under-mem-hotplug-lock:arch_add_memory:19"}},
		{name: "the same with a foreign hold", verdict: Violates, words: warm + "B:down:MHL A:acpi lock:DHL addmr aam",
			want: []string{"add-remove-under-mem-hotplug-lock:arch_add_memory:20"}},
		{name: "a kernel that holds the gate around the store", verdict: Conforms,
			words: warm + "A:lock:DHL store:0x1000 devon:0x1000 mson:0x1000 down:MHL onl mpz onld:0 up:MHL msond:0 devond:0 stored:0 store:0x1000 devon:0x1000 devond:1 stored:0 unlock:DHL"},
	} {
		t.Run(tt.name, tt.run)
	}
}

// TestPartsOfTraces: what began before the trace, or was lost of it, is no violation, and makes no verdict better than it is.
func TestPartsOfTraces(t *testing.T) {
	for _, tt := range []traceCase{
		{name: "nothing", words: "", verdict: Unknown},
		{name: "nothing relevant", words: warm, verdict: Unknown},
		{name: "the same before any probe was seen", verdict: Unknown,
			words: "A:store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 onl mpz onld:0 msond:0 devond:0 unlock:DHL stored:0 " + warm},
		{name: "the same, but the trace says what it covers", verdict: Violates,
			words: covers + "A:store:0x1000 try:DHL tried:1 devon:0x1000 mson:0x1000 onl mpz onld:0",
			want:  []string{"pages-under-mem-hotplug-lock:move_pfn_range_to_zone:8", "pages-under-mem-hotplug-lock:online_pages:9"}},
		{name: "one that had begun before", verdict: Conforms, words: covers + "A:" + rest + good},
		{name: "one that had begun before, and nothing else", verdict: Unknown, words: covers + "A:" + rest},
		{name: "one that had begun before, where entries are not recorded", verdict: Unknown, words: covers + "A:" + rest + "B:acpi lock:DHL addmr down:MHL aam up:MHL addmrd:0 unlock:DHL acpid"},
		{name: "one that had begun before, and another", verdict: Violates, words: covers + "A:" + rest + "store:0x1000 try:DHL tried:1 onl mpz onld:0",
			want: []string{"pages-under-mem-hotplug-lock:move_pfn_range_to_zone:14", "pages-under-mem-hotplug-lock:online_pages:15"}},
		{name: "something whose root is not recorded", verdict: Unknown, words: covers + "A:onl mpz onld:0 " + good},
		{name: "something whose root is not recorded, at the end", verdict: Unknown, words: covers + "A:" + good + "B:onl mpz onld:0"},
		{name: "trylock without a return", verdict: Unknown, words: warm + "A:store:0x1000 try:DHL devon:0x1000 mson:0x1000"},
		{name: "recursion where releases are said to be recorded", verdict: Violates, words: covers + "A:acpi lock:DHL addmr lock:DHL",
			want: []string{"no-recursion:add_memory_resource:5"}},
		{name: "recursion where no release was seen", verdict: Unknown, words: "A:acpi lock:DHL addmr lock:DHL"},
		{name: "task seen from the middle", verdict: Unknown, words: warm + "A:aam"},
		{name: "task seen from the middle, whose trylock fails: it may be the holder", verdict: Unknown, words: warm + "A:try:DHL tried:0 devon:0x1000 mson:0x1000"},
		{name: "task seen from the middle, which may have held what it releases", verdict: Unknown, words: warm + "A:onl up:MHL onld:0"},
		{name: "loss before", verdict: Unknown, words: warm + "|CPU:1~[LOST~5~EVENTS] A:acpi lock:DHL addmr aam"},
		{name: "loss in a right trace", verdict: Unknown, words: warm + "A:" + good + "|CPU:0~[LOST~EVENTS]"},
		{name: "loss after, on the same CPU", verdict: Violates, words: warm + "A:acpi lock:DHL addmr aam |CPU:1~[LOST~5~EVENTS]",
			want: []string{"add-remove-under-mem-hotplug-lock:arch_add_memory:19"}},
		{name: "loss maybe before, on another CPU", verdict: Unknown, words: warm + "A:acpi lock:DHL addmr aam |CPU:0~[LOST~5~EVENTS]"},
		{name: "buffer of another CPU starts late", verdict: Unknown, words: warm + "A:acpi lock:DHL addmr |#####~CPU~1~buffer~started~#### aam"},
	} {
		t.Run(tt.name, tt.run)
	}
}

// TestGate has both orders of the device lock and mem_hotplug_lock, with device_hotplug_lock and without.
func TestGate(t *testing.T) {
	const learn = "A:acpi lock:DHL devon:0x1000 lock:0x1080 mson:0x1000 msond:0 unlock:0x1080 devond:0 devon:0x1000 lock:0x1080 down:MHL up:MHL unlock:0x1080 devond:0 "
	r := checkLines(t, trace(warm+learn+"addmr down:MHL lock:0x1080 unlock:0x1080 up:MHL addmrd:0 unlock:DHL acpid"), Options{Symbols: symbols(t)})
	require.Equal(t, Conforms, r.Verdict, r)
	r = checkLines(t, trace(warm+learn+"unlock:DHL addmr down:MHL lock:0x1080"), Options{Symbols: symbols(t)})
	require.Equal(t, Violates, r.Verdict)
	var got []string
	for _, v := range r.Violations {
		got = append(got, v.Invariant)
	}
	require.Equal(t, []string{"device-hotplug-lock-held", "declared-order", "lock-order"}, got)
	// Of a task that is seen from the middle nobody knows whether it holds the gate.
	r = checkLines(t, trace(warm+learn+"unlock:DHL acpid B:down:MHL lock:0x1080"), Options{Symbols: symbols(t)})
	require.Empty(t, r.Violations)
	r = checkLines(t, trace(warm+learn+"unlock:DHL acpid B:acpi down:MHL lock:0x1080"), Options{Symbols: symbols(t)})
	require.NotEmpty(t, r.Violations)
}

// both shows every acquisition and release twice: by a kprobe on the primitive and by a lock event.
func both(lines []string) []string {
	var out []string
	for _, l := range lines {
		head, tail := l[:strings.Index(l, ": ")+2], l[strings.LastIndex(l, "=")+1:]
		name := map[string]string{"0xffffffff82b5b060": "mem_hotplug_lock", "0xffffffff82bcbea0": "device_hotplug_lock", "0xffffffff82bb0680": "acpi_scan_lock"}[tail]
		out = append(out, l)
		switch {
		case strings.Contains(l, " m_req: ") || strings.Contains(l, " pw_req: "):
			out = append(out, head+"lock_acquire: ffffffff00000001 "+name)
		case strings.Contains(l, " mt_req: "):
			out = append(out, head+"lock_acquire: ffffffff00000001 try "+name)
		case strings.Contains(l, " m_rel: ") || strings.Contains(l, " pw_rel: "):
			out = append(out, head+"lock_release: ffffffff00000001 "+name)
		}
	}
	return out
}

func TestTwoSources(t *testing.T) {
	r := checkLines(t, both(trace(warm+"A:"+good+good+"B:"+good+"acpi lock:DHL addmr down:MHL aam up:MHL unlock:DHL acpid")), Options{Symbols: symbols(t)})
	require.Equal(t, Conforms, r.Verdict, r)
	r = checkLines(t, both(trace(warm+"A:"+good+"acpi lock:DHL addmr aam")), Options{Symbols: symbols(t)})
	require.Equal(t, Violates, r.Verdict, r)
	r = checkLines(t, both(trace(warm+"A:"+good+"acpi lock:DHL addmr lock:DHL")), Options{Symbols: symbols(t)})
	require.Equal(t, Violates, r.Verdict, r)
}

// TestLockEvents has what only lock events show: reading, possession after contention, other locks.
func TestLockEvents(t *testing.T) {
	const head = "               A-65      [001] ..... "
	base := []string{"1: lock_acquire: 1 mem_hotplug_lock", "2: lock_release: 1 mem_hotplug_lock", "3: lock_acquire: 2 device_hotplug_lock",
		"4: lock_release: 2 device_hotplug_lock", "5: workqueue_execute_start: work struct 1: function f", "6: lock_acquire: 9 (memory_chain).rwsem",
		"7: contention_begin: ffffffff82bcbea0 (flags=MUTEX)", "8: contention_end: ffffffff82bcbea0 (ret=0)"}
	for _, tt := range []struct {
		lines   []string
		verdict string
	}{
		{[]string{"10: lock_acquire: 1 mem_hotplug_lock", "11: aam: (arch_add_memory+0x0/0x50)"}, Conforms},
		{[]string{"10: lock_acquire: 1 read mem_hotplug_lock", "11: aam: (arch_add_memory+0x0/0x50)"}, Violates},
		{[]string{"10: lock_acquire: 1 read mem_hotplug_lock", "11: lock_acquire: 1 read mem_hotplug_lock"}, Violates},
		{[]string{"10: lock_acquired: 1 mem_hotplug_lock", "11: aam: (arch_add_memory+0x0/0x50)"}, Violates}, // it does not say in which mode
		{[]string{"9: lock_release: 2 device_hotplug_lock", "10: lock_acquired: 2 device_hotplug_lock", "11: cmbd: (create_memory_block_devices+0x0/0x100)"}, Conforms},
		{[]string{"9: lock_release: 2 device_hotplug_lock", "10: contention_end: ffffffff82bcbea0 (ret=-4)", "11: cmbd: (create_memory_block_devices+0x0/0x100)"}, Violates},
		{[]string{"11: aam: (arch_add_memory+0x0/0x50)"}, Violates},
		{[]string{"11: arch_add_memory <-add_memory_resource"}, Violates},
		{[]string{"11: arch_add_memory.part.0 <-add_memory_resource"}, Unknown},
		{[]string{"11: aam: (arch_add_memory+0x1c/0x50)"}, Unknown},
		{[]string{"11: dev: (device_online+0x0/0x50) dev=0x10", "12: ms: (memory_subsys_online+0x0/0x50) dev=0x10"}, Conforms},
		{[]string{"10: workqueue_execute_end: work struct 1"}, Violates},
		{[]string{"10: lock_release: 2 device_hotplug_lock", "11: workqueue_execute_end: work struct 1", "12: aam: (arch_add_memory+0x0/0x50)"}, Violates},
		{[]string{"9: lock_release: 2 device_hotplug_lock", "10: sys_enter: NR 1 (1, 2, 3)", "11: add: (add_memory_resource+0x0/0x2e0)"}, Violates},
	} {
		var lines []string
		for _, l := range slices.Concat(base, tt.lines) {
			lines = append(lines, head+l)
		}
		r := checkLines(t, lines, Options{Symbols: symbols(t)})
		require.Equal(t, tt.verdict, r.Verdict, "%v %+v", tt.lines, r)
	}
}

// TestLeak: a lock that is held at the end of a work item is told once.
func TestLeak(t *testing.T) {
	const head = "               A-65      [001] ..... "
	var lines []string
	for i, l := range []string{"lock_acquire: 2 device_hotplug_lock", "lock_release: 2 device_hotplug_lock", "workqueue_execute_start: work struct 1: function f",
		"lock_acquire: 2 device_hotplug_lock", "workqueue_execute_end: work struct 1", "workqueue_execute_end: work struct 2"} {
		lines = append(lines, fmt.Sprintf("%s%d: %s", head, i+1, l))
	}
	r := checkLines(t, lines, Options{})
	require.Len(t, r.Violations, 1)
	require.Equal(t, 5, r.Violations[0].Line)
}

// TestReadIsNoWrite: what a function is to take for writing it has not taken by reading.
func TestReadIsNoWrite(t *testing.T) {
	const head = "               A-65      [001] ..... "
	var lines []string
	for i, l := range []string{"lock_acquire: 1 mem_hotplug_lock", "lock_release: 1 mem_hotplug_lock", "workqueue_execute_start: work struct 1: function f",
		"onl: (online_pages+0x0/0x2d0) pfn=1", "lock_acquire: 1 read mem_hotplug_lock", "lock_release: 1 mem_hotplug_lock",
		"onl_ret: (memory_subsys_online+0x98/0x170 <- online_pages) ret=0"} {
		lines = append(lines, fmt.Sprintf("%s%d: %s", head, i+1, l))
	}
	r := checkLines(t, lines, Options{})
	require.Equal(t, Violates, r.Verdict)
	require.Zero(t, r.Rules[0].Kept)
}

// TestLateLine: a line that is later than the window can mend takes back what was found of its task since.
func TestLateLine(t *testing.T) {
	found := trace(warm + "A:acpi lock:DHL addmr aam" + strings.Repeat(" B:store:0x0 stored:0", windowSize))
	r := checkLines(t, found, Options{Symbols: symbols(t)})
	require.Equal(t, Violates, r.Verdict)
	at := slices.IndexFunc(found, func(l string) bool { return strings.Contains(l, "arch_add_memory") })
	late := trace(strings.Repeat("|x ", at) + "A:down:MHL")[at]
	late = strings.Replace(late, fmt.Sprintf("%d: ", 10*at+10), fmt.Sprintf("%d: ", 10*at+5), 1)
	r = checkLines(t, append(found, late), Options{Symbols: symbols(t)})
	require.Equal(t, Unknown, r.Verdict, "%+v", r.Violations)
	require.Zero(t, r.Total)
	require.Zero(t, r.Rules[1].Broken)
}

// TestNameComesLater: ftrace knows the comm of a task only from some event on.
func TestNameComesLater(t *testing.T) {
	lines := trace(warm + "A:acpi lock:DHL addmr aam")
	for i, first := len(lines)-4, "               A-65 "; i < len(lines)-2; i++ {
		require.Contains(t, lines[i], first)
		lines[i] = strings.Replace(lines[i], first, "           <...>-65 ", 1)
	}
	r := checkLines(t, lines, Options{Symbols: symbols(t)})
	require.Len(t, r.Violations, 1)
	require.Equal(t, "A-65", r.Violations[0].Task)
}

// TestGraphSwitches has no task column: the task is known from the last switch on the CPU.
func TestGraphSwitches(t *testing.T) {
	r := checkLines(t, []string{"# tracer: function_graph", " 0)               |  arch_add_memory() {", " ------------------------------------------",
		" 0)  bash-123  =>  kworker-5 ", " ------------------------------------------", "", " 0)               |  arch_add_memory() {", " 0) + 12.5 us     |  }"}, Options{})
	require.Equal(t, Unknown, r.Verdict)
	require.Equal(t, "function_graph", r.Tracer)
	require.Equal(t, uint64(3), r.Events)
	require.Zero(t, r.UnknownLines)
	require.Equal(t, uint64(1), r.Rules[1].Undecided)
}

func TestAfterLoss(t *testing.T) {
	r := checkLines(t, trace(warm+"|CPU:1~[LOST~5~EVENTS] A:acpi lock:DHL addmr aam"), Options{Symbols: symbols(t)})
	require.Equal(t, uint64(5), r.Lost)
	require.Empty(t, r.Violations)
	require.Len(t, r.AfterLoss, 1)
}

func TestViolationLimit(t *testing.T) {
	r := checkLines(t, trace(warm+"A:acpi lock:DHL addmr"+strings.Repeat(" aam", 10)), Options{Symbols: symbols(t), MaxViolations: 3})
	require.Len(t, r.Violations, 3)
	require.Equal(t, 10, r.Total)
}

func TestWithoutSymbols(t *testing.T) {
	r := checkLines(t, trace(warm+"A:"+good+"aam"), Options{})
	require.Equal(t, Unknown, r.Verdict)
	require.Contains(t, strings.Join(r.Reasons, "\n"), "is recorded with the lock's address or name")
}

func TestUnknownLines(t *testing.T) {
	lines := trace(warm + "A:" + good)
	lines = append(lines[:3:3], append([]string{"garbage", strings.Repeat("long", bufferSize)}, lines[3:]...)...)
	r := checkLines(t, lines, Options{Symbols: symbols(t)})
	require.Equal(t, Conforms, r.Verdict)
	require.Equal(t, 2, r.UnknownLines)
	require.Equal(t, 4, r.FirstUnknown)
}

// TestCutValue has a trace that ends inside the value of ret=0xfffffff0: the return is not taken for success.
func TestCutValue(t *testing.T) {
	text := strings.Join(trace(warm+"A:acpi lock:DHL addmr addmrd:0"), "\n")
	r, err := Check(bg, strings.NewReader(text), Options{Symbols: symbols(t)})
	require.NoError(t, err)
	require.Empty(t, r.Violations)
	r, err = Check(bg, strings.NewReader(text+"\n"), Options{Symbols: symbols(t)})
	require.NoError(t, err)
	require.Len(t, r.Violations, 1)
}

// TestTraceCmd has addresses instead of symbols, as trace-cmd report prints kprobes.
func TestTraceCmd(t *testing.T) {
	lines := append([]string{"cpus=2"}, trace(warm+"A:acpi lock:DHL")...)
	lines = append(lines, "               A-65    [001]     1.000001: onl:                  (ffffffff81000104) pfn=1",
		"               A-65    [001]     1.000002: onl_ret:              (ffffffff81000300 <- ffffffff81000100) ret=0")
	r := checkLines(t, lines, Options{Symbols: symbols(t)})
	require.Equal(t, Violates, r.Verdict)
	require.Equal(t, "online_pages", r.Violations[0].Function)
	require.Equal(t, "1.000002", r.Violations[0].Time)
}

// waiting is a reader that gives its text and then waits for ever, as a pipe does whose writer is silent.
type waiting struct {
	text  *strings.Reader
	waits func()
}

func (w waiting) Read(b []byte) (int, error) {
	if w.text.Len() > 0 {
		return w.text.Read(b)
	}
	w.waits()
	select {}
}

// TestInterrupted: the end of the context ends a check that waits for more, at the end of a line or within one, and what was found counts.
func TestInterrupted(t *testing.T) {
	for _, rest := range []string{"", strings.Repeat("\x00", 3*bufferSize)} {
		ctx, cancel := context.WithCancel(bg)
		text := strings.Join(trace(warm+"A:acpi lock:DHL addmr aam"), "\n") + "\n" + rest
		r, err := Check(ctx, waiting{strings.NewReader(text), cancel}, Options{Symbols: symbols(t)})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, Violates, r.Verdict, "what was proved before counts")
		require.Contains(t, r.Reasons, "the trace was not read to its end")
	}
}

func TestCoveredOption(t *testing.T) {
	_, err := Check(bg, strings.NewReader(""), Options{Covered: []string{"no_such_lock"}})
	require.ErrorContains(t, err, "no_such_lock")
}

// TestMissed: what is found in a trace whose probes missed hits is not proved.
func TestMissed(t *testing.T) {
	lines, syms := recording(t, "planted-online-without-mem_hotplug_lock-lockdep")
	require.Equal(t, Violates, checkLines(t, lines, Options{Symbols: syms}).Verdict)
	r := checkLines(t, append(lines, "# memhp-missed: 3 mt_ret"), Options{Symbols: syms})
	require.Equal(t, Unknown, r.Verdict)
	require.Equal(t, uint64(3), r.Lost)
	require.Contains(t, r.Reasons, "3 events were lost")
	r = checkLines(t, append(lines, "# memhp-missed: many"), Options{Symbols: syms})
	require.Equal(t, 1, r.UnknownLines)
}
