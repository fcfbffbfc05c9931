package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func hello(w io.Writer) error {
	_, err := io.WriteString(w, "hello")
	return err
}

// An older file stays as it is until the new one is whole.
func TestOutFileReplacesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "page.html")
	require.NoError(t, os.WriteFile(name, []byte("old"), 0o644))
	o, err := createOut(name)
	require.NoError(t, err)
	require.Error(t, o.finish(func(io.Writer) error { return errors.New("interrupted") }))
	o.discard()
	require.Equal(t, []string{"page.html"}, files(t, dir))
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "old", string(text))

	o, err = createOut(name)
	require.NoError(t, err)
	require.NoError(t, o.finish(hello))
	o.discard()
	require.Equal(t, []string{"page.html"}, files(t, dir))
	text, err = os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "hello", string(text))
}

// What was found is printed, whether the file that it should go to can be written or not.
func TestOutputBesideAFileThatCannotBeWritten(t *testing.T) {
	o, err := createOut("/dev/full")
	require.NoError(t, err)
	o.discard()
	require.Equal(t, o.name, o.temp, "a device is written in place, and never replaced")
	for _, c := range []struct {
		args    []string
		printed string
	}{
		{small("check", "v3.18", "--html", "/dev/full"), "broken  no-deadlock"},
		{small("check", "v6.12", "--html", "/dev/full"), "holds   no-deadlock"},
		{[]string{"prove", "v6.12", "--certificate", "/dev/full"}, "proved: no number of tasks breaks a rule"},
	} {
		status, out, errOut := memhp(c.args...)
		require.Equal(t, exitUsage, status)
		require.Contains(t, out, c.printed)
		require.NotContains(t, out, "certificate:")
		require.Equal(t, "memhp: /dev/full: write /dev/full: no space left on device\n", errOut)
	}
}

// A symbolic link stays one, and what is no regular file is written in place.
func TestOutFileFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	link, name := filepath.Join(dir, "link"), filepath.Join(dir, "page.html")
	require.NoError(t, os.WriteFile(name, nil, 0o644))
	require.NoError(t, os.Symlink(name, link))
	o, err := createOut(link)
	require.NoError(t, err)
	require.NoError(t, o.finish(hello))
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "hello", string(text))
	target, err := os.Readlink(link)
	require.NoError(t, err)
	require.Equal(t, name, target)

	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	reader, err := os.OpenFile(fifo, os.O_RDWR, 0)
	require.NoError(t, err)
	defer reader.Close()
	o, err = createOut(fifo)
	require.NoError(t, err)
	require.NoError(t, o.finish(hello))
	got := make([]byte, 5)
	_, err = io.ReadFull(reader, got)
	require.NoError(t, err)
	require.Equal(t, "hello", string(got))
}

// A file that is written while the work is done replaces an older one when there is something to write, and leaves nothing if there is not.
func TestLateFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "trace")
	f, err := openLate(name)
	require.NoError(t, err)
	require.NoError(t, f.close())
	require.Empty(t, files(t, dir))

	require.NoError(t, os.WriteFile(name, []byte("an older one"), 0o644))
	f, err = openLate(name)
	require.NoError(t, err)
	_, err = f.Write(nil)
	require.NoError(t, err)
	require.NoError(t, f.close())
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "an older one", string(text))

	f, err = openLate(name)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, hello(f))
	}
	text, err = os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "hellohello", string(text))
	require.NoError(t, f.close())
	f, err = openLate("/dev/full")
	require.NoError(t, err)
	require.ErrorContains(t, hello(f), "no space left on device")
	require.NoError(t, f.close())
}

// A directory is made before the work, and stays only if something was written into it.
func TestOutDir(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "new", "evidence")
	d, err := createOutDir(name)
	require.NoError(t, err)
	require.DirExists(t, name)
	_, err = createOutDir(name)
	require.EqualError(t, err, name+" exists; --out wants a new directory")
	d.discard()
	require.Empty(t, files(t, dir))

	d, err = createOutDir(name)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(name, "README.md"), nil, 0o644))
	d.discard()
	require.FileExists(t, filepath.Join(name, "README.md"))

	_, err = createOutDir(filepath.Join(name, "README.md", "new"))
	require.ErrorContains(t, err, "not a directory")
	_, err = createOutDir("/proc/new/evidence")
	require.ErrorContains(t, err, "mkdir /proc/new: no such file or directory")
}
