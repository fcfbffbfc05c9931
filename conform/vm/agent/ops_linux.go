package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxRead bounds what is read of one file. /proc/lockdep_chains of a large kernel has several megabytes.
const maxRead = 16 << 20

func uintptrOf(p *byte) uintptr { return uintptr(unsafe.Pointer(p)) }

// do runs one operation.
func (s *server) do(t *task, op Op) Result {
	switch op.Do {
	case Write:
		return withFile(op.Path, unix.O_WRONLY, func(fd int) Result { return writeOnce(fd, op.Data) })
	case WriteSoon:
		return writeSoon(op.Path, op.Data, time.Now().Add(soon))
	case Read:
		return withFile(op.Path, unix.O_RDONLY, readAll)
	case List:
		return list(op.Path)
	case Open:
		fd, err := unix.Open(op.Path, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return failedCall(err)
		}
		t.handles[op.Handle] = fd
		return Result{}
	case WriteTo, ReadFrom, Close:
		return t.useHandle(op)
	case Load:
		return fromError(loadModule(op.Path))
	case Pin:
		return pin(op.Data)
	case Stacks:
		return stacks()
	case TraceStart:
		return s.tracer.start()
	case TraceMark:
		return fromError(s.tracer.mark(op.Data))
	case TraceStop:
		return fromError(s.tracer.stop())
	case Interrupt:
		return s.interrupt(op.Data)
	case Exec:
		return execSelf(op.Args, execTime)
	case PowerOff:
		unix.Sync()
		return failedCall(unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF))
	}
	return Result{Failed: true, Data: fmt.Sprintf("unknown operation %q", op.Do)}
}

func (t *task) useHandle(op Op) Result {
	fd, ok := t.handles[op.Handle]
	if !ok {
		return Result{Failed: true, Data: fmt.Sprintf("no open file %q", op.Handle)}
	}
	switch op.Do {
	case WriteTo:
		return writeOnce(fd, op.Data)
	case ReadFrom:
		if _, err := unix.Seek(fd, 0, unix.SEEK_SET); err != nil {
			return failedCall(err)
		}
		return readAll(fd)
	}
	delete(t.handles, op.Handle)
	if err := unix.Close(fd); err != nil {
		return failedCall(err)
	}
	return Result{}
}

// failedCall is the result of a system call that failed.
func failedCall(err error) Result {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return Result{Errno: int(errno), N: -1}
	}
	return fromError(err)
}

func fromError(err error) Result {
	if err == nil {
		return Result{}
	}
	return Result{Failed: true, Data: err.Error()}
}

func withFile(path string, flags int, use func(fd int) Result) Result {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return failedCall(err)
	}
	r := use(fd)
	_ = unix.Close(fd) // sysfs reports everything at write
	return r
}

// writeOnce makes one write(2): a store of an attribute is one call. The name of a signal's errno is kept, never retried.
func writeOnce(fd int, data string) Result {
	n, err := unix.Write(fd, []byte(data))
	if err != nil {
		return failedCall(err)
	}
	return Result{N: n}
}

// soon bounds how long a file is waited for.
const soon = 20 * time.Second

// writeSoon writes to a file in the moment in which it appears. It does not sleep in between: what is to be met lasts for less than a millisecond.
func writeSoon(path, data string, end time.Time) Result {
	for {
		r := withFile(path, unix.O_WRONLY, func(fd int) Result { return writeOnce(fd, data) })
		if r.Errno != int(unix.ENOENT) || time.Now().After(end) {
			return r
		}
	}
}

func readAll(fd int) Result {
	var out []byte
	buf := make([]byte, 16<<10)
	for len(out) < maxRead {
		n, err := unix.Read(fd, buf)
		if err != nil {
			return failedCall(err)
		}
		if n == 0 {
			break
		}
		out = append(out, buf[:n]...)
	}
	return Result{N: len(out), Data: string(out)}
}

func list(path string) Result {
	entries, err := os.ReadDir(path)
	if err != nil {
		return failedCall(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return Result{N: len(names), Data: strings.Join(names, "\n")}
}

// pin binds the calling thread, which is the task's, to a CPU.
func pin(cpu string) Result {
	n, err := strconv.Atoi(cpu)
	if err != nil {
		return fromError(err)
	}
	var set unix.CPUSet
	set.Set(n)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return failedCall(err)
	}
	return Result{}
}

// stacks looks at every task in uninterruptible sleep.
func stacks() Result {
	var out []Stack
	dirs, _ := filepath.Glob("/proc/[0-9]*/task/[0-9]*")
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue // it is gone
		}
		pid, comm, state := parseStat(string(stat))
		if state != "D" {
			continue
		}
		text, err := os.ReadFile(dir + "/stack")
		if err != nil {
			text = []byte(err.Error())
		}
		out = append(out, Stack{pid, comm, state, string(text)})
	}
	b, err := json.Marshal(out)
	if err != nil {
		return fromError(err)
	}
	return Result{N: len(out), Data: string(b)}
}

// parseStat reads "pid (comm) state ...", /proc/PID/stat; the comm may hold anything.
func parseStat(s string) (pid int, comm, state string) {
	open, end := strings.IndexByte(s, '('), strings.LastIndexByte(s, ')')
	if open < 0 || end < open || end+3 > len(s) {
		return 0, "", ""
	}
	pid, _ = strconv.Atoi(strings.TrimSpace(s[:open]))
	return pid, s[open+1 : end], s[end+2 : end+3]
}

// interrupt ends an endless system call of another task, such as offlining pages that never become free.
func (s *server) interrupt(name string) Result {
	s.mu.Lock()
	t := s.tasks[name]
	s.mu.Unlock()
	if t == nil {
		return Result{Failed: true, Data: fmt.Sprintf("no task %q", name)}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := unix.Tgkill(os.Getpid(), t.tid, unix.SIGURG); err != nil { // the runtime takes SIGURG for its own and goes on
		return failedCall(err)
	}
	return Result{}
}
