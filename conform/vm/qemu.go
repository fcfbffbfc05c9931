package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// qemuProgram is what is looked for on PATH.
const qemuProgram = "qemu-system-x86_64"

// FindQEMU returns the path of QEMU, or an error that says what to install.
func FindQEMU() (string, error) {
	path, err := exec.LookPath(qemuProgram)
	if err != nil {
		return "", fmt.Errorf("%s is not on PATH; install it, for example: apt-get install --no-install-recommends qemu-system-x86", qemuProgram)
	}
	return path, nil
}

// qemu is one QEMU process. Its sockets are pairs of descriptors, so that no path is left behind.
type qemu struct {
	cmd     *exec.Cmd
	args    []string
	passed  []*os.File // the process's ends
	stderr  bytes.Buffer
	exited  chan struct{}
	exitErr error // valid when exited is closed
}

func newQEMU(path string) *qemu {
	return &qemu{args: []string{path}, exited: make(chan struct{})}
}

func (q *qemu) add(args ...string) { q.args = append(q.args, args...) }

// pass gives a file to the process and returns its descriptor there.
func (q *qemu) pass(f *os.File) int {
	q.passed = append(q.passed, f)
	return 2 + len(q.passed) // after stdin, stdout and stderr
}

// socket makes a pair of sockets, one of them the character device with the given id.
func (q *qemu) socket(id string) (*os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket for %s: %w", id, err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil { // so that reads can be given up
		return nil, errors.Join(err, unix.Close(fds[0]), unix.Close(fds[1]))
	}
	fd := q.pass(os.NewFile(uintptr(fds[1]), id+" of QEMU"))
	q.add("-chardev", "socket,id="+id+",fd="+strconv.Itoa(fd))
	return os.NewFile(uintptr(fds[0]), id), nil
}

// memory makes a file of memory with the given contents and returns the path by which the process can open it.
func (q *qemu) memory(name string, write func(*os.File) error) (string, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return "", fmt.Errorf("memory for %s: %w", name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	path := "/proc/self/fd/" + strconv.Itoa(q.pass(f))
	return path, write(f)
}

// start runs the process. It is killed when ctx ends, and by the kernel when this process dies. It is in a process group of its
// own, so that a Ctrl-C reaches memhp alone, which then ends it.
func (q *qemu) start(ctx context.Context) error {
	q.cmd = exec.CommandContext(ctx, q.args[0], q.args[1:]...)
	q.cmd.Stderr, q.cmd.ExtraFiles = &q.stderr, q.passed
	q.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	q.cmd.WaitDelay = time.Second
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is sent when the thread that started the process ends
		err := q.cmd.Start()
		started <- err
		if err == nil {
			q.exitErr = q.cmd.Wait()
		}
		close(q.exited)
	}()
	err := <-started
	q.release()
	if err != nil {
		return fmt.Errorf("start QEMU: %w", err)
	}
	return nil
}

// release closes this process's copies of what was passed.
func (q *qemu) release() {
	for _, f := range q.passed {
		_ = f.Close() // it was duplicated into the child
	}
	q.passed = nil
}

// stop kills the process and waits for its end.
func (q *qemu) stop() {
	q.release()
	if q.cmd == nil || q.cmd.Process == nil {
		return
	}
	_ = q.cmd.Process.Kill() // it may be gone already
	<-q.exited
}
