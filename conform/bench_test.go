package conform

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// cpuSeconds is the processor time of this process: what counts on a machine that others use too.
func cpuSeconds(b *testing.B) float64 {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// counted is the time of a line by the clock `counter`.
var counted = regexp.MustCompile(`(?m)^(.{16}-\d+ +\[\d+\] \S+ +)(\d+): `)

// repeated is a recording so many times over, with a time that goes on: a clock that steps back makes the checker forget.
func repeated(text []byte, times int) []byte {
	var out []byte
	for i := range uint64(times) {
		out = append(out, counted.ReplaceAllFunc(text, func(head []byte) []byte {
			m := counted.FindSubmatch(head)
			n, _ := strconv.ParseUint(string(m[2]), 10, 64)
			return fmt.Appendf(nil, "%s%*d: ", m[1], len(m[2]), n+i*1e6)
		})...)
	}
	return out
}

// BenchmarkCheck reads a recording over and over; one operation is one pass.
func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"stock-6.1-kmin", "stock-6.1-kplock", "stock-6.1-graph", "provelocking-6.1-lockdep"} {
		b.Run(name, func(b *testing.B) {
			in, err := Open("testdata/"+name+".txt.gz", "")
			require.NoError(b, err)
			text, err := io.ReadAll(in)
			require.NoError(b, err)
			require.NoError(b, in.Close())
			text = repeated(text, 1+(4<<20)/len(text))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			before := cpuSeconds(b)
			n := 0
			for b.Loop() {
				n++
				_, err := Check(b.Context(), bytes.NewReader(text), Options{Symbols: in.Symbols})
				require.NoError(b, err)
			}
			b.ReportMetric(float64(n*len(text))/1e6/(cpuSeconds(b)-before), "MB/cpu-s")
		})
	}
}
