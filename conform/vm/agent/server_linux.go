package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// server answers the host.
type server struct {
	control int
	tracer  tracer
	sending sync.Mutex
	mu      sync.Mutex
	tasks   map[string]*task
}

// task is a thread with a queue.
type task struct {
	name    string
	queue   chan Request
	handles map[string]int
	mu      sync.Mutex
	tid     int
}

// queueLength is more than a host ever sends ahead to one task.
const queueLength = 1024

func newServer(control, trace int) *server {
	return &server{control: control, tracer: tracer{port: trace}, tasks: map[string]*task{}}
}

// serve reads requests, one a line. A port without a host reads as its end.
func (s *server) serve() error {
	var pending []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.Read(s.control, buf)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN):
			continue
		case err != nil:
			return fmt.Errorf("read control port: %w", err)
		case n == 0:
			time.Sleep(time.Millisecond)
			continue
		}
		pending = append(pending, buf[:n]...)
		if pending, err = s.takeLines(pending); err != nil {
			return err
		}
	}
}

func (s *server) takeLines(b []byte) ([]byte, error) {
	for {
		end := -1
		for i, c := range b {
			if c == '\n' {
				end = i
				break
			}
		}
		if end < 0 {
			return b, nil
		}
		var req Request
		if err := json.Unmarshal(b[:end], &req); err != nil {
			return nil, fmt.Errorf("request %q: %w", b[:end], err)
		}
		b = b[end+1:]
		s.task(req.Task).queue <- req
	}
}

// task returns the thread with the given name, and starts it if it is new.
func (s *server) task(name string) *task {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[name]
	if t == nil {
		t = &task{name: name, queue: make(chan Request, queueLength), handles: map[string]int{}}
		s.tasks[name] = t
		go s.work(t)
	}
	return t
}

// work is the life of a task. The thread has the task's name, so that the trace shows it.
func (s *server) work(t *task) {
	runtime.LockOSThread()
	comm, err := unix.BytePtrFromString(t.name)
	if err == nil {
		_ = unix.Prctl(unix.PR_SET_NAME, uintptrOf(comm), 0, 0, 0)
	}
	t.mu.Lock()
	t.tid = unix.Gettid()
	t.mu.Unlock()
	for req := range t.queue {
		resp := Response{ID: req.ID, TID: t.tid}
		for _, op := range req.Ops {
			resp.Results = append(resp.Results, s.do(t, op))
		}
		s.send(resp)
	}
}

func (s *server) send(r Response) {
	b, err := json.Marshal(r)
	if err != nil {
		return // a Response always marshals
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	_ = writeAll(s.control, append(b, '\n')) // without a host there is nobody to tell
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN):
			continue
		case err != nil:
			return err
		}
		b = b[n:]
	}
	return nil
}
