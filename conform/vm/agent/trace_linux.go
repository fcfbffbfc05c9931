package agent

import (
	"encoding/json"
	"errors"
	"os"
	"sync"

	"memhp/conform/record"
)

// tracer is the recording of a guest.
type tracer struct {
	port    int
	mu      sync.Mutex
	session *record.Session
	copied  chan error
}

// portWriter writes to the trace port.
type portWriter int

func (w portWriter) Write(b []byte) (int, error) { return len(b), writeAll(int(w), b) }

func (t *tracer) start() Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session != nil {
		return Result{Failed: true, Data: "the trace runs already"}
	}
	fs, err := record.Mounted()
	if err != nil {
		return fromError(err)
	}
	kallsyms, err := os.Open("/proc/kallsyms")
	if err != nil {
		return fromError(err)
	}
	defer kallsyms.Close()
	s, err := record.Start(fs, kallsyms)
	if err != nil {
		return fromError(errors.Join(err, s.Close()))
	}
	t.session, t.copied = s, make(chan error, 1)
	go func() { t.copied <- s.Copy(portWriter(t.port)) }()
	b, err := json.Marshal(Trace{s.Symbols, s.Notes})
	return Result{Data: string(b), Failed: err != nil}
}

func (t *tracer) mark(text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session == nil {
		return errors.New("no trace runs")
	}
	return t.session.Mark(text)
}

func (t *tracer) stop() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session == nil {
		return errors.New("no trace runs")
	}
	err := t.session.Stop()
	err = errors.Join(err, <-t.copied, t.session.Close())
	t.session = nil
	return errors.Join(err, writeAll(t.port, []byte(TraceEnd+"\n")))
}
