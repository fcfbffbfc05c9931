package vm

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/conform"
	"memhp/conform/vm/agent"
)

// fakeMode is the environment variable that makes the test binary a stand-in for QEMU, which fails in some way.
const fakeMode = "MEMHP_FAKE_QEMU"

// fakeOnPath puts the stand-in on PATH, and returns a kernel for it.
func fakeOnPath(t *testing.T, mode string) Kernel {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	script := fmt.Sprintf("#!/bin/sh\n%s=%s exec '%s' \"$@\"\n", fakeMode, mode, self)
	require.NoError(t, os.WriteFile(filepath.Join(dir, qemuProgram), []byte(script), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	image := filepath.Join(dir, "bzImage")
	require.NoError(t, os.WriteFile(image, nil, 0o644))
	return Kernel{Image: image}
}

// fake is a stand-in for QEMU and the guest in it.
type fake struct {
	mode                           string
	console, qmp, control, traceTo *os.File
	grown                          atomic.Bool // virtio-mem was resized
	online                         bool        // the block of the DIMM
}

// fakeQEMU is the main function of the stand-in.
func fakeQEMU(mode string, args []string) int {
	if mode == "refuses" {
		fmt.Fprintln(os.Stderr, "qemu-system-x86_64: -m 512M: there is no memory")
		return 1
	}
	f := &fake{mode: mode}
	fd := regexp.MustCompile(`^socket,id=(\w+),fd=(\d+)$`)
	for _, a := range args {
		m := fd.FindStringSubmatch(a)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		*map[string]**os.File{"console": &f.console, "qmp": &f.qmp, "control": &f.control, "trace": &f.traceTo}[m[1]] = os.NewFile(uintptr(n), m[1])
	}
	go f.monitor()
	if mode == "silent" {
		time.Sleep(time.Hour)
	}
	fmt.Fprint(f.console, "[    0.000000] Linux version 6.1.192\r\n")
	f.send(agent.Response{Hello: &agent.Hello{Release: "6.1.192", Version: "#1 SMP"}})
	return f.guest()
}

// monitor answers every command of QMP.
func (f *fake) monitor() {
	d := json.NewDecoder(f.qmp)
	for {
		var m struct {
			Execute   string
			ID        int
			Arguments struct{ ID, Property string }
		}
		if d.Decode(&m) != nil {
			return
		}
		fmt.Fprintf(f.qmp, "{\"id\":%d,\"return\":%s}\n", m.ID, cmp.Or(map[string]string{"addr": fmt.Sprint(40 * BlockMB << 20), "size": "0"}[m.Arguments.Property], "{}"))
		switch m.Execute {
		case "qom-set":
			f.grown.Store(true)
		case "device_del":
			fmt.Fprintf(f.qmp, "{\"event\":\"DEVICE_DELETED\",\"data\":{\"device\":%q}}\n", m.Arguments.ID)
		case "device_add":
			fmt.Fprintf(f.qmp, "{\"event\":\"ACPI_DEVICE_OST\",\"data\":{\"info\":{\"device\":%q,\"source\":1,\"status\":0}}}\n", m.Arguments.ID)
		}
	}
}

func (f *fake) send(r agent.Response) {
	b, _ := json.Marshal(r)
	f.control.Write(append(b, '\n'))
}

// guest answers requests until the mode says that it fails.
func (f *fake) guest() int {
	in := bufio.NewScanner(f.control)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var req agent.Request
		if json.Unmarshal(in.Bytes(), &req) != nil {
			return 1
		}
		resp := agent.Response{ID: req.ID}
		for _, op := range req.Ops {
			if op.Do == agent.Write && len(req.Task) == 1 { // a task of the workload
				switch f.mode {
				case "panics":
					fmt.Fprint(f.console, "[    9.000000] Kernel panic - not syncing: sysrq triggered crash\r\n")
					return 0
				case "reboots":
					fmt.Fprintln(f.qmp, `{"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-reset"}}`)
					return 0
				case "crashes":
					fmt.Fprintln(os.Stderr, "qemu-system-x86_64: an assertion failed")
					return 134
				case "vanishes":
					return 1
				case "oopses":
					fmt.Fprint(f.console, "[    9.000000] BUG: kernel NULL pointer dereference, address: 0000000000000000\r\n")
				case "floods":
					io.WriteString(f.console, strings.Repeat("x", 1<<20))
				case "hangs":
					resp.ID = 0 // nobody waits for that
				}
			}
			resp.Results = append(resp.Results, f.do(op))
		}
		if resp.ID != 0 {
			f.send(resp)
		}
	}
	return 0
}

func (f *fake) do(op agent.Op) agent.Result {
	if f.validates() && strings.HasPrefix(op.Path, memoryDir+"/memory40/") && op.Do == agent.Write {
		f.online = op.Data == "1" || strings.HasPrefix(op.Data, "online")
	}
	switch op.Do {
	case agent.TraceStart:
		return agent.Result{Data: "{}"}
	case agent.TraceStop:
		io.WriteString(f.traceTo, "# tracer: nop\n"+agent.TraceEnd+"\n")
	case agent.List:
		if f.grown.Load() && f.validates() {
			return agent.Result{Data: "memory0\nmemory40\nmemory41\n"}
		}
		return agent.Result{Data: "memory0\nmemory40\n"}
	case agent.Stacks:
		return agent.Result{Data: `[{"pid":7,"comm":"A","state":"D","text":"[<0>] msleep+0x1/0x2"}]`}
	case agent.Read:
		return f.read(filepath.Base(op.Path))
	}
	return agent.Result{N: len(op.Data)}
}

func (f *fake) read(file string) agent.Result {
	switch {
	case strings.HasPrefix(file, "lockdep"):
		return f.lockdep(file)
	case file == "state" && f.online:
		return agent.Result{Data: "online\n"}
	case file == "state":
		return agent.Result{Data: "offline\n"}
	case f.online:
		return agent.Result{Data: "1\n"}
	}
	return agent.Result{Data: "0\n"}
}

// validates tells whether the guest has lockdep.
func (f *fake) validates() bool { return strings.HasPrefix(f.mode, "validates") }

// lockdep returns what lockdep of a real kernel saw, that of the mode "validates-6.1.192" for example.
func (f *fake) lockdep(file string) agent.Result {
	kernel, ok := strings.CutPrefix(f.mode, "validates-")
	switch {
	case !ok:
		return agent.Result{Errno: 2}
	case file == "lockdep_stats" && kernel == "off":
		return agent.Result{Data: " lock-classes:                          481 [max: 8192]\n debug_locks:                             0\n"}
	case file == "lockdep_stats":
		return agent.Result{Data: " debug_locks:                             1\n"}
	}
	in, err := conform.Open(filepath.Join("..", "lockdep", "testdata", strings.Replace(kernel, "off", "6.1.192", 1)+"-"+file+".gz"), "")
	if err != nil {
		return agent.Result{Failed: true, Data: err.Error()}
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	return agent.Result{Data: string(b), Failed: err != nil}
}
