package record

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// errEmpty is returned where a read would wait.
var errEmpty = errors.New("nothing to read")

// rawFile reads without the runtime's poller: every mutex that it would take in the kernel is one more event to trace.
type rawFile int

func openNonblock(path string) (rawFile, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", path, err)
	}
	return rawFile(fd), nil
}

func (f rawFile) Read(b []byte) (int, error) {
	n, err := unix.Read(int(f), b)
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		return 0, errEmpty
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

func (f rawFile) Close() error { return unix.Close(int(f)) }
