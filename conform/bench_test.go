package conform

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkCheck reads a recording over and over; one operation is one pass.
func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"stock-6.1-kmin", "stock-6.1-kplock", "stock-6.1-graph", "provelocking-6.1-lockdep"} {
		b.Run(name, func(b *testing.B) {
			in, err := Open("testdata/"+name+".txt.gz", "")
			require.NoError(b, err)
			text, err := io.ReadAll(in)
			require.NoError(b, err)
			require.NoError(b, in.Close())
			text = bytes.Repeat(text, 1+(4<<20)/len(text))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := Check(b.Context(), bytes.NewReader(text), Options{Symbols: in.Symbols})
				require.NoError(b, err)
			}
		})
	}
}
