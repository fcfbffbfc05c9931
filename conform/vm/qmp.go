package vm

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// qmp is the monitor of a QEMU process: docs/interop/qmp-spec.
type qmp struct {
	f       *os.File
	mu      sync.Mutex
	nextID  int
	waiting map[int]chan qmpMessage
	events  []qmpMessage
	changed chan struct{} // closed and made anew when something arrives
	err     error         // set when the monitor is gone
}

// qmpMessage is an answer or an event.
type qmpMessage struct {
	ID     *int            `json:"id"`
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`
	Event string `json:"event"`
	Data  struct {
		Device string `json:"device"`
		Reason string `json:"reason"`
		Info   struct {
			Device string `json:"device"`
			Slot   string `json:"slot"`
			Source int    `json:"source"`
			Status int    `json:"status"`
		} `json:"info"`
	} `json:"data"`
}

func newQMP(f *os.File) *qmp {
	m := &qmp{f: f, waiting: map[int]chan qmpMessage{}, changed: make(chan struct{})}
	go m.read()
	return m
}

func (m *qmp) read() {
	d := json.NewDecoder(m.f)
	for {
		var msg qmpMessage
		err := d.Decode(&msg)
		m.mu.Lock()
		if err != nil {
			m.err = fmt.Errorf("%w: QEMU's monitor is gone: %v", ErrGone, err)
		} else if msg.ID != nil && m.waiting[*msg.ID] != nil {
			m.waiting[*msg.ID] <- msg
			delete(m.waiting, *msg.ID)
		} else if msg.Event != "" {
			m.events = append(m.events, msg)
		}
		close(m.changed)
		m.changed = make(chan struct{})
		m.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// qmpTimeout bounds the wait for an answer of QEMU itself.
const qmpTimeout = 30 * time.Second

// run executes a command.
func (m *qmp) run(ctx context.Context, command string, args map[string]any) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, qmpTimeout)
	defer cancel()
	answer := make(chan qmpMessage, 1)
	m.mu.Lock()
	m.nextID++
	id := m.nextID
	m.waiting[id] = answer
	request := map[string]any{"execute": command, "id": id}
	if args != nil {
		request["arguments"] = args
	}
	b, err := json.Marshal(request)
	if err == nil {
		_, err = m.f.Write(b)
	}
	m.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("QMP %s: %w: %v", command, ErrGone, err)
	}
	for {
		m.mu.Lock()
		gone, changed := m.err, m.changed
		m.mu.Unlock()
		select {
		case msg := <-answer:
			if msg.Error != nil {
				return nil, &qmpError{command, msg.Error.Class, msg.Error.Desc}
			}
			return msg.Return, nil
		default:
		}
		if gone != nil {
			return nil, fmt.Errorf("QMP %s: %w", command, gone)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("QMP %s: no answer: %w", command, ctx.Err())
		}
	}
}

// qmpError is QEMU's refusal.
type qmpError struct{ command, class, desc string }

func (e *qmpError) Error() string {
	return fmt.Sprintf("QMP %s: %s: %s", e.command, e.class, e.desc)
}

// position is a point in the stream of events.
func (m *qmp) position() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.events)
}

// wait returns the first event since the given position that matches.
func (m *qmp) wait(ctx context.Context, since int, match func(qmpMessage) bool) (qmpMessage, error) {
	for {
		m.mu.Lock()
		events, gone, changed := m.events[since:], m.err, m.changed
		m.mu.Unlock()
		for _, e := range events {
			if match(e) {
				return e, nil
			}
		}
		since += len(events)
		if gone != nil {
			return qmpMessage{}, gone
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return qmpMessage{}, fmt.Errorf("no event from QEMU: %w", context.Cause(ctx))
		}
	}
}
