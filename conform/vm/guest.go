package vm

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"memhp/conform/vm/agent"
)

// Config says what to boot.
type Config struct {
	Kernel Kernel
	// Devices are further arguments of QEMU.
	Devices []string
	// Accel is QEMU's accelerator: SoftwareEmulation, which is the default, or KVM.
	Accel string
	// Modules are further modules for the guest to load, if they are not built in.
	Modules []string
	// Append goes onto the kernel's command line.
	Append string
	// Trace receives the trace; nil means that it is thrown away.
	Trace io.Writer
	// BootTimeout bounds the wait for the guest's first sign of life; 0 means 120 s.
	BootTimeout time.Duration
	// Patience is how long an operation may take until a signal is sent to it, and half of how long after that; 0 means 20 s:
	// offline_pages() retries until a signal comes.
	Patience time.Duration
}

// The accelerators.
const (
	SoftwareEmulation = "tcg"
	KVM               = "kvm"
)

const (
	defaultBootTimeout = 120 * time.Second
	defaultPatience    = 20 * time.Second
	guestMemoryMB      = 512
	guestCPUs          = 2
	dimmSlots          = 16
	virtioMemMB        = 1024
	// commandLine: sizes and zones are those of a machine that onlines nothing by itself, and a panic is the end. The guest's init does
	// without the signals by which the Go runtime preempts, so that they interrupt no system call. The kernel does not test the timer: emulated on a
	// machine that is busy, it comes too late, and the kernel panics (check_timer(), arch/x86/kernel/apic/io_apic.c).
	commandLine = "console=ttyS0 no_timer_check nokaslr no_hash_pointers panic=-1 memhp_default_state=offline GODEBUG=asyncpreemptoff=1"
)

// Guest is a booted kernel.
type Guest struct {
	// Hello says which kernel it is.
	Hello agent.Hello
	// Booted is how long it took until the guest answered.
	Booted time.Duration

	qemu     *qemu
	qmp      *qmp
	patience time.Duration
	console  console
	control  *os.File
	mu       sync.Mutex
	nextID   int
	waiting  map[int]chan agent.Response
	hello    chan agent.Hello
	lost     chan struct{} // closed when the control port is gone
	traced   chan error    // gets the end of each trace
}

// Boot starts a guest and waits until it answers. Close must be called. The guest ends at the latest with ctx.
func Boot(ctx context.Context, c Config) (*Guest, error) {
	path, err := FindQEMU()
	if err != nil {
		return nil, err
	}
	modules, err := loadOrder(c.Kernel.Modules, append(wantedModules(), c.Modules...))
	if err != nil {
		return nil, err
	}
	g := &Guest{qemu: newQEMU(path), waiting: map[int]chan agent.Response{}, hello: make(chan agent.Hello, 1),
		lost: make(chan struct{}), traced: make(chan error, 1), patience: cmp.Or(c.Patience, defaultPatience)}
	start := time.Now()
	if err := g.start(ctx, c, modules); err != nil {
		g.Close()
		return nil, err
	}
	if err := g.awaitHello(ctx, cmp.Or(c.BootTimeout, defaultBootTimeout)); err != nil {
		defer g.Close()
		return nil, fmt.Errorf("%w; the end of its console:\n%s", err, lastLines(g.Console(), 12))
	}
	g.Booted = time.Since(start)
	return g, nil
}

func (g *Guest) start(ctx context.Context, c Config, modules []module) error {
	q := g.qemu
	q.add("-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-machine", "pc,hpet=off", "-cpu", "max",
		"-smp", fmt.Sprint(guestCPUs), "-m", fmt.Sprintf("%dM,slots=%d,maxmem=8G", guestMemoryMB, dimmSlots))
	q.add("-accel", c.accelerator())
	initrd, err := q.memory("initramfs", func(f *os.File) error {
		w := bufio.NewWriterSize(f, 1<<20)
		return errors.Join(writeInitramfs(w, modules), w.Flush())
	})
	if err != nil {
		return err
	}
	q.add("-kernel", c.Kernel.Image, "-initrd", initrd, "-append", strings.TrimSpace(commandLine+" "+c.Append)+" -- "+agent.Arg)
	sockets := map[string]*os.File{}
	for _, id := range []string{"console", "qmp", "control", "trace"} {
		if sockets[id], err = q.socket(id); err != nil {
			return err
		}
	}
	q.add("-serial", "chardev:console", "-mon", "chardev=qmp,mode=control", "-device", "virtio-serial-pci,id=ports",
		"-device", "virtserialport,chardev=control,name="+agent.ControlPort,
		"-device", "virtserialport,chardev=trace,name="+agent.TracePort)
	q.add(c.Devices...)
	if err := q.start(ctx); err != nil {
		return err
	}
	g.control = sockets["control"]
	go g.console.collect(sockets["console"])
	go g.receive()
	go g.copyTrace(sockets["trace"], c.Trace)
	g.qmp = newQMP(sockets["qmp"])
	if _, err = g.qmp.run(ctx, "qmp_capabilities", nil); err != nil {
		return g.explain(err)
	}
	return nil
}

// accelerator is software emulation with both CPUs in one thread: with a thread for each, probes that are placed while the other CPU
// runs crashed 6.12 in QEMU 7.2. KVM is only for who asks for it: a /dev/kvm that can be opened may still not work, where the host is a
// guest itself, and the timing sweeps of the findings were tuned without it.
func (c Config) accelerator() string {
	if c.Accel == "" || c.Accel == SoftwareEmulation {
		return "tcg,thread=single"
	}
	return c.Accel
}

func (g *Guest) awaitHello(ctx context.Context, timeout time.Duration) error {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case g.Hello = <-g.hello:
		return nil
	case <-g.qemu.exited:
		return g.explain(errors.New("the guest ended while it booted"))
	case <-timer.C:
		return fmt.Errorf("the guest did not answer within %v: it needs virtio_pci and virtio_console, built in or under --modules", timeout)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// explain adds what QEMU said.
func (g *Guest) explain(err error) error {
	select {
	case <-g.qemu.exited:
		if text := strings.TrimSpace(g.qemu.stderr.String()); text != "" {
			return fmt.Errorf("%w: QEMU: %s", err, lastLines(text, 3))
		}
	case <-time.After(100 * time.Millisecond):
	}
	return err
}

// receive hands answers out.
func (g *Guest) receive() {
	defer close(g.lost)
	d := json.NewDecoder(g.control)
	for {
		var r agent.Response
		if d.Decode(&r) != nil {
			return
		}
		if r.Hello != nil {
			g.hello <- *r.Hello
			continue
		}
		g.mu.Lock()
		if answer := g.waiting[r.ID]; answer != nil {
			answer <- r
			delete(g.waiting, r.ID)
		}
		g.mu.Unlock()
	}
}

// copyTrace copies each trace to w, and tells at its end.
func (g *Guest) copyTrace(r io.Reader, w io.Writer) {
	if w == nil {
		w = io.Discard
	}
	lines := bufio.NewReaderSize(r, 1<<20)
	var failed error
	for {
		line, err := lines.ReadString('\n')
		if strings.TrimRight(line, "\n") == agent.TraceEnd {
			g.traced <- failed
			failed = nil
			continue
		}
		if _, werr := io.WriteString(w, line); werr != nil && failed == nil {
			failed = fmt.Errorf("write trace: %w", werr)
		}
		if err != nil {
			return
		}
	}
}

// ErrHang is returned when a guest does not answer in time, ErrGone when it ended.
var (
	ErrHang = errors.New("the guest does not answer")
	ErrGone = errors.New("the guest ended")
)

// Send asks a task for operations and does not wait.
func (g *Guest) Send(task string, ops ...agent.Op) (<-chan agent.Response, error) {
	answer := make(chan agent.Response, 1)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.nextID++
	g.waiting[g.nextID] = answer
	b, err := json.Marshal(agent.Request{ID: g.nextID, Task: task, Ops: ops})
	if err == nil {
		err = g.control.SetWriteDeadline(time.Now().Add(helperTimeout))
	}
	if err == nil {
		_, err = g.control.Write(append(b, '\n'))
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("%w: it reads nothing", ErrHang)
	case err != nil:
		return nil, fmt.Errorf("%w: %v", ErrGone, err)
	}
	return answer, nil
}

// Do asks a task for operations and waits for the results.
func (g *Guest) Do(ctx context.Context, timeout time.Duration, task string, ops ...agent.Op) ([]agent.Result, error) {
	answer, err := g.Send(task, ops...)
	if err != nil {
		return nil, err
	}
	return g.await(ctx, timeout, answer, task, ops)
}

// await waits for the results of operations that were sent.
func (g *Guest) await(ctx context.Context, timeout time.Duration, answer <-chan agent.Response, task string, ops []agent.Op) ([]agent.Result, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case r := <-answer:
		for i, res := range r.Results {
			if res.Failed {
				return r.Results, fmt.Errorf("guest: %s %s: %s", ops[i].Do, ops[i].Path, res.Data)
			}
		}
		return r.Results, nil
	case <-g.qemu.exited:
		return nil, fmt.Errorf("%w during %s %s", ErrGone, ops[0].Do, ops[0].Path)
	case <-timer.C:
		return nil, fmt.Errorf("%w: %s %s by task %s takes more than %v", ErrHang, ops[0].Do, ops[0].Path, task, timeout)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// DoPatiently does one operation, sends its task a signal if it takes long, and tells whether it did: offline_pages() retries until it
// succeeds or a signal comes.
func (g *Guest) DoPatiently(ctx context.Context, task string, op agent.Op) (r agent.Result, interrupted bool, err error) {
	ops := []agent.Op{op}
	answer, err := g.Send(task, ops...)
	if err != nil {
		return r, false, err
	}
	results, err := g.await(ctx, g.patience, answer, task, ops)
	if errors.Is(err, ErrHang) {
		interrupted = true
		if _, err := g.Do(ctx, helperTimeout, "killer", agent.Op{Do: agent.Interrupt, Data: task}); err != nil {
			return r, true, err
		}
		results, err = g.await(ctx, 2*g.patience, answer, task, ops)
	}
	if err != nil {
		return r, interrupted, err
	}
	return results[0], interrupted, nil
}

// Console returns the text of the serial console.
func (g *Guest) Console() string { return g.console.String() }

// helperTimeout bounds the operations of memhp's own tasks in the guest. Software emulation on a busy machine is slow.
const helperTimeout = 90 * time.Second

// StartTrace starts tracing. The trace goes to Config.Trace; the symbols are returned.
func (g *Guest) StartTrace(ctx context.Context) (agent.Trace, error) {
	var t agent.Trace
	r, err := g.Do(ctx, helperTimeout, "tracer", agent.Op{Do: agent.TraceStart})
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(r[0].Data), &t); err != nil {
		return t, fmt.Errorf("start of trace: %w", err)
	}
	return t, nil
}

// StopTrace stops tracing and waits until all of the trace is written.
func (g *Guest) StopTrace(ctx context.Context) error {
	if _, err := g.Do(ctx, helperTimeout, "tracer", agent.Op{Do: agent.TraceStop}); err != nil {
		return err
	}
	timer := time.NewTimer(helperTimeout)
	defer timer.Stop()
	select {
	case err := <-g.traced:
		return err
	case <-g.lost:
		return fmt.Errorf("%w before the end of the trace", ErrGone)
	case <-timer.C:
		return fmt.Errorf("%w: the trace does not end", ErrHang)
	}
}

// Stacks returns where the guest's uninterruptible tasks wait.
func (g *Guest) Stacks(ctx context.Context) ([]agent.Stack, error) {
	r, err := g.Do(ctx, helperTimeout, "stacks", agent.Op{Do: agent.Stacks})
	if err != nil {
		return nil, err
	}
	var out []agent.Stack
	if err := json.Unmarshal([]byte(r[0].Data), &out); err != nil {
		return nil, fmt.Errorf("stacks: %w", err)
	}
	return out, nil
}

// Close ends the guest, whatever it is doing.
func (g *Guest) Close() { g.qemu.stop() }
