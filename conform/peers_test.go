package conform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// childSeconds is the processor time of the processes that this one has waited for.
func childSeconds(b *testing.B) float64 {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_CHILDREN, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkPeers compares the check with what one would use instead, on the same events: trace-cmd report makes the text of a trace.dat;
// memhp checks that text, and an awk program looks at each of its lines. MB is of text, the time that of the processor.
func BenchmarkPeers(b *testing.B) {
	dir := b.TempDir()
	dat, text := filepath.Join(dir, "trace.dat"), filepath.Join(dir, "trace.txt")
	require.NoError(b, os.WriteFile(dat, traceDat(400_000), 0o644))
	run := func(args ...string) []byte {
		out, err := exec.Command(args[0], args[1:]...).Output()
		require.NoError(b, err, args)
		return out
	}
	if _, err := exec.LookPath("trace-cmd"); err != nil {
		b.Skip(err)
	}
	require.NoError(b, os.WriteFile(text, run("trace-cmd", "report", "-i", dat), 0o644))
	content, err := os.ReadFile(text)
	require.NoError(b, err)
	syms, err := ReadSymbols(strings.NewReader(testSymbols + lockSymbols))
	require.NoError(b, err)
	lines := 0
	speed := func(name string, seconds func(*testing.B) float64, work func(b *testing.B)) float64 {
		rate := 0.0
		b.Run(name, func(b *testing.B) {
			before, n := seconds(b), 0
			for b.Loop() {
				work(b)
				n++
			}
			rate = float64(n*len(content)) / 1e6 / (seconds(b) - before)
			b.ReportMetric(rate, "MB/cpu-s")
		})
		return rate
	}
	ours := speed("memhp-check", cpuSeconds, func(b *testing.B) {
		r, err := Check(b.Context(), bytes.NewReader(content), Options{Symbols: syms})
		require.NoError(b, err)
		require.Zero(b, r.UnknownLines)
		require.Zero(b, r.Total)
		lines = int(r.Events)
	})
	require.Equal(b, 400_000, lines)
	report := speed("trace-cmd-report", childSeconds, func(*testing.B) { run("trace-cmd", "report", "-i", dat) })
	awk := speed("awk", childSeconds, func(*testing.B) {
		run("awk", `$4 == "m_req:" { n[$1]++ } $4 == "m_rel:" { n[$1]--; if (n[$1] < 0) bad++ } END { print bad + 0 }`, text)
	})
	b.Logf("memhp trace check is %.1f times as fast as trace-cmd report, and %.1f times as fast as awk", ours/report, ours/awk)
}

const lockSymbols = "ffffffff81000300 T mutex_lock\nffffffff81000400 T mutex_unlock\n"

// traceDat is a file of trace-cmd, version 6 (trace-cmd.dat.v6(5)): one CPU, whose tasks lock and unlock device_hotplug_lock, seen by two kprobes.
func traceDat(events int) []byte {
	var b bytes.Buffer
	word := func(x any) { _ = binary.Write(&b, binary.LittleEndian, x) } // a buffer takes everything
	sized := func(size any, s string) { word(size); b.WriteString(s) }
	b.WriteString("\x17\x08\x44tracing6\x00\x00\x08")
	word(uint32(4096))
	header := "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n" +
		"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"
	b.WriteString("header_page\x00")
	sized(uint64(len(header)), header)
	event := "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n" +
		"\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n"
	b.WriteString("header_event\x00")
	sized(uint64(len(event)), event)
	word(uint32(0)) // formats of ftrace itself
	word(uint32(1)) // systems
	b.WriteString("memhp\x00")
	word(uint32(2))
	for id, name := range []string{"m_req", "m_rel"} {
		f := fmt.Sprintf("name: %s\nID: %d\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"+
			"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"+
			"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\tfield:unsigned long __probe_ip;\toffset:8;\tsize:8;\tsigned:0;\n"+
			"\tfield:u64 lock;\toffset:16;\tsize:8;\tsigned:0;\n\nprint fmt: \"(%%lx) lock=0x%%Lx\", REC->__probe_ip, REC->lock\n", name, 1000+id)
		sized(uint64(len(f)), f)
	}
	sized(uint32(len(lockSymbols)), lockSymbols)
	sized(uint32(0), "")
	sized(uint64(0), "") // command lines
	word(uint32(1))      // CPUs
	b.WriteString("options  \x00")
	word(uint16(0))
	b.WriteString("flyrecord\x00")
	offset := (b.Len() + 16 + 4095) &^ 4095
	data := pages(events)
	word(uint64(offset))
	word(uint64(len(data)))
	b.Write(make([]byte, offset-b.Len()))
	b.Write(data)
	return b.Bytes()
}

// pages are the ring buffer's pages: a time and a length, then events of 24 bytes behind a header of type_len and time_delta.
func pages(events int) []byte {
	const perPage = 4080 / 28
	var out bytes.Buffer
	for first := 0; first < events; first += perPage {
		n := min(perPage, events-first)
		page := make([]byte, 4096)
		binary.LittleEndian.PutUint64(page, uint64(first)*1000+1)
		binary.LittleEndian.PutUint64(page[8:], uint64(n*28))
		for i := range n {
			e, at := page[16+28*i:], first+i
			binary.LittleEndian.PutUint32(e, 24/4|1000<<5)
			binary.LittleEndian.PutUint16(e[4:], uint16(1000+at%2))
			binary.LittleEndian.PutUint32(e[8:], uint32(100+at/2%50))
			binary.LittleEndian.PutUint64(e[12:], []uint64{0xffffffff81000300, 0xffffffff81000400}[at%2])
			binary.LittleEndian.PutUint64(e[20:], 0xffffffff82bcbea0)
		}
		out.Write(page)
	}
	return out.Bytes()
}

// TestStream: the memory that a check needs does not grow with the trace. MEMHP_STREAM_MB makes it longer.
func TestStream(t *testing.T) {
	megabytes := 48
	if s := os.Getenv("MEMHP_STREAM_MB"); s != "" {
		_, err := fmt.Sscan(s, &megabytes)
		require.NoError(t, err)
	}
	s := &endless{left: int64(megabytes) << 20}
	r, err := Check(bg, s, Options{Symbols: symbols(t)})
	require.NoError(t, err)
	require.Zero(t, r.UnknownLines)
	require.Greater(t, r.Events, uint64(megabytes*9000))
	require.NotZero(t, s.early)
	require.Less(t, s.late, s.early+4<<20, "live memory after 10 MB and at the end")
}

// endless is a trace in which tasks, devices and names never come again.
type endless struct {
	left, read  int64
	n           uint64
	buf         []byte
	early, late uint64
}

func (s *endless) Read(b []byte) (int, error) {
	if s.left <= 0 && len(s.buf) == 0 {
		s.late = liveMemory()
		return 0, io.EOF
	}
	for s.left > 0 && len(s.buf) < len(b) {
		s.n++
		for i, what := range []string{"m_req: (mutex_lock+0x0/0x30) lock=0xffffffff82bcbea0", "mson: (memory_subsys_online+0x0/0x170) dev=0x%x",
			"onl: (online_pages+0x0/0x2d0) pfn=1 nr=2", "m_rel: (mutex_unlock+0x0/0x30) lock=0xffffffff82bcbea0"} {
			if i == 1 {
				what = fmt.Sprintf(what, 0xff11000000000000+s.n<<11)
			}
			s.buf = fmt.Appendf(s.buf, "%16s-%-7d [%03d] ..... %12d: %s\n", fmt.Sprintf("task%d", s.n), 100+s.n%4_000_000, s.n%64, 10*s.n+uint64(i), what)
		}
	}
	n := copy(b, s.buf)
	s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	s.left, s.read = s.left-int64(n), s.read+int64(n)
	if s.early == 0 && s.read > 10<<20 {
		s.early = liveMemory()
	}
	return n, nil
}

// liveMemory is what is in use after a collection.
func liveMemory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
