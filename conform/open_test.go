package conform

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, b, 0o600))
		return path
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte("text\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	syms := write("other", []byte(testSymbols))
	write("beside.txt.symbols", []byte(testSymbols))
	write("both.gz.symbols", []byte(testSymbols))

	for _, tt := range []struct {
		name    string
		content []byte
		symbols string
		found   bool
	}{
		{"plain.txt", []byte("text\n"), "", false},
		{"zipped.by.magic", zipped.Bytes(), syms, true},
		{"beside.txt.gz", zipped.Bytes(), "", true},
		{"beside.txt", []byte("text\n"), "", true},
		{"both.gz", zipped.Bytes(), "", true},
	} {
		in, err := Open(write(tt.name, tt.content), tt.symbols)
		require.NoError(t, err, tt.name)
		text, err := io.ReadAll(in)
		require.NoError(t, err)
		require.Equal(t, "text\n", string(text))
		require.NoError(t, in.Close())
		require.Equal(t, tt.found, in.Symbols != nil, tt.name)
		if tt.found {
			require.Equal(t, "mem_hotplug_lock", in.Symbols.lock(0xffffffff82b5b060).Name)
			require.Equal(t, "online_pages", in.Symbols.function(0xffffffff81000104))
			require.Empty(t, in.Symbols.function(0xffffffff81000200))
		}
	}
	_, err = Open(filepath.Join(dir, "absent"), "")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Open(filepath.Join(dir, "plain.txt"), filepath.Join(dir, "absent"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Open(write("broken.gz", []byte("\x1f\x8bnot gzip")), "")
	require.Error(t, err)
	in, err := Open(write("empty", nil), "")
	require.NoError(t, err)
	require.NoError(t, in.Close())
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken pipe")
	text := strings.Join(trace(warm+"A:"+good), "\n") + "\n"
	r, err := Check(bg, io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), Options{Symbols: symbols(t)})
	require.ErrorIs(t, err, broken)
	require.Equal(t, Unknown, r.Verdict)
	require.NotZero(t, r.Events)
}
