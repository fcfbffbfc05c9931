package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Tracefs are the operations on tracefs that a recording needs. Names are relative to its mount point.
type Tracefs interface {
	// Write writes text with one write(2), as tracefs wants it; files that collect lines are appended to.
	Write(name, text string) error
	// Read returns the contents of a file.
	Read(name string) (string, error)
	// Mkdir and Rmdir make and remove a trace instance.
	Mkdir(name string) error
	Rmdir(name string) error
	// Stream opens a file such as trace_pipe; a read of it may wait, and ends with io.EOF when wait says so.
	Stream(name string, wait func() bool) (io.ReadCloser, error)
}

// mountPoints are where tracefs is found, the newer first.
var mountPoints = []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}

// Mounted returns the tracefs of this machine.
func Mounted() (Tracefs, error) {
	for _, dir := range mountPoints {
		switch _, err := os.Stat(filepath.Join(dir, "kprobe_events")); {
		case err == nil:
			return dirFS(dir), nil
		case errors.Is(err, fs.ErrPermission):
			return nil, fmt.Errorf("tracefs at %s cannot be read: run as root", dir)
		}
	}
	return nil, fmt.Errorf("no kprobe_events in %s: tracefs is not mounted (mount -t tracefs tracefs %s), this is not root, or the kernel is locked down or lacks CONFIG_KPROBE_EVENTS",
		strings.Join(mountPoints, " or "), mountPoints[0])
}

// dirFS is a tracefs mounted at a directory.
type dirFS string

func (d dirFS) Write(name, text string) error {
	f, err := os.OpenFile(filepath.Join(string(d), name), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func (d dirFS) Read(name string) (string, error) {
	b, err := os.ReadFile(filepath.Join(string(d), name))
	return string(b), err
}

func (d dirFS) Mkdir(name string) error { return os.Mkdir(filepath.Join(string(d), name), 0o700) }

func (d dirFS) Rmdir(name string) error { return os.Remove(filepath.Join(string(d), name)) }

func (d dirFS) Stream(name string, wait func() bool) (io.ReadCloser, error) {
	f, err := openNonblock(filepath.Join(string(d), name))
	if err != nil {
		return nil, err
	}
	return &pipe{f, wait}, nil
}

// pollInterval is how often an empty trace_pipe is looked at again.
const pollInterval = 10 * time.Millisecond

// pipe reads a trace_pipe that never blocks, so that a recording can always end.
type pipe struct {
	rawFile
	wait func() bool
}

func (p *pipe) Read(b []byte) (int, error) {
	for {
		n, err := p.rawFile.Read(b)
		if n > 0 || err != nil && !errors.Is(err, errEmpty) {
			return n, err
		}
		if !p.wait() {
			return 0, io.EOF
		}
		time.Sleep(pollInterval)
	}
}

// lines splits the contents of a file, without empty lines.
func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}
