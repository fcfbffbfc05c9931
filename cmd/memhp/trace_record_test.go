package main

import (
	"bytes"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/conform/vm"
	"memhp/conform/vm/agent"
)

// TestTraceRecord runs the command on real kernels while blocks are switched, where nobody else traces and where somebody does, and ends it
// in every way there is: all settings are as they were, nothing is left behind, and the recording conforms.
func TestTraceRecord(t *testing.T) {
	for _, tt := range []struct {
		release string
		end     []string // signals, one after the other
	}{
		{"6.1", []string{"SIGINT", "SIGINT"}},
		{"6.12", []string{"SIGTERM", "SIGHUP"}},
	} {
		t.Run(tt.release, func(t *testing.T) {
			g := bootGuest(t, tt.release)
			out, err := g.Plug(t.Context(), "dimm", vm.BlockMB)
			require.NoError(t, err)
			require.Equal(t, vm.Done, out)
			before := g.must("show-tracing")
			g.record("/for", nil, "--for", "1s")
			g.requireSame(before, g.must("show-tracing"))
			g.requireConforms("/for")
			g.must("set-up-tracing")
			before = g.must("show-tracing")
			require.Contains(t, before, `p:mine/locks mutex_lock`)
			g.record("/signal", tt.end, "--for", "1h")
			require.Equal(t, before, g.must("show-tracing"))
			g.requireConforms("/signal")
			g.requireRefusals()
			require.Equal(t, before, g.must("show-tracing"))
		})
	}
}

// bufferSize is the size of the top level's buffer. It is small where nobody has traced yet, and a kernel up to v6.5 at least gives it its
// size with the first event of any instance.
var bufferSize = regexp.MustCompile(tracefs + `/(per_cpu/cpu\d+/)?buffer_(total_)?size_kb: "(\d+)( \(expanded: \d+\))?`)

// requireSame demands that settings are the same, where nobody else has traced.
func (g guest) requireSame(before, after string) {
	g.Helper()
	require.Equal(g, bufferSize.ReplaceAllString(before, ""), bufferSize.ReplaceAllString(after, ""))
	for _, m := range bufferSize.FindAllStringSubmatch(after, -1) {
		kb, err := strconv.Atoi(m[3])
		require.NoError(g, err)
		require.True(g, kb >= 1408 || strings.Contains(after, "(expanded: "), m[0]) // TRACE_BUF_SIZE_DEFAULT, kernel/trace/trace.c
	}
}

// record runs trace record while blocks are switched, and sends it signals, if any, when some have been.
func (g guest) record(file string, signals []string, args ...string) {
	g.Helper()
	done, err := g.Send("shell", agent.Op{Do: agent.Exec, Args: append([]string{"trace", "record", file}, args...)})
	require.NoError(g, err)
	for start := time.Now(); !g.recording(); g.toggle() { // the recording begins in the middle of it
		require.Less(g, time.Since(start), time.Minute)
	}
	const enough = 3
	for n := 1; ; n++ {
		g.toggle()
		if n == enough {
			for _, s := range signals {
				g.must(s)
			}
		}
		select {
		case r := <-done:
			require.Zero(g, r.Results[0].N, r.Results[0].Data)
			require.Regexp(g, `^memhp: recording; Ctrl-C ends it\nmemhp: wrote \d+ bytes to `+file+`; check them with memhp trace check `+file+`\n$`, r.Results[0].Data)
			return
		default:
			require.Less(g, n, 1000, "it does not end")
		}
	}
}

// recording tells whether memhp's instance records.
func (g guest) recording() bool {
	const instances = tracefs + "/instances"
	for name := range strings.SplitSeq(g.do("looker", agent.Op{Do: agent.List, Path: instances})[0].Data, "\n") {
		if strings.HasPrefix(name, "memhp_") {
			files := g.do("looker", agent.Op{Do: agent.Read, Path: instances + "/" + name + "/tracing_on"}, agent.Op{Do: agent.Read, Path: instances + "/" + name + "/set_event"})
			return files[0].Data == "1\n" && files[1].Data != "" // a new instance is on, and has no events
		}
	}
	return false
}

// toggle switches the block of the DIMM by both files. It stays in ZONE_MOVABLE, so that it can be offlined again.
func (g guest) toggle() {
	const block = "/sys/devices/system/memory/memory32"
	for _, w := range [][2]string{{"state", "online_movable"}, {"online", "0"}, {"state", "online_movable"}, {"state", "offline"}} {
		require.Zero(g, g.do("toggler", agent.Op{Do: agent.Write, Path: block + "/" + w[0], Data: w[1]})[0].Errno, w)
	}
}

// requireConforms checks a recording of the guest with memhp trace check.
func (g guest) requireConforms(file string) {
	g.Helper()
	dir := g.TempDir()
	for _, suffix := range []string{"", ".symbols"} {
		r := g.do("reader", agent.Op{Do: agent.Read, Path: file + suffix})[0]
		require.Zero(g, r.Errno, file+suffix)
		require.NoError(g, os.WriteFile(filepath.Join(dir, "trace"+suffix), []byte(r.Data), 0o600))
	}
	k, err := vm.Model(g.Hello)
	require.NoError(g, err)
	status, out, errOut := memhp("trace", "check", filepath.Join(dir, "trace"), "--kernel", k.String())
	require.Zero(g, status, "%s%s", out, errOut)
	require.Regexp(g, `(?m)^conforms `, out)
	require.Contains(g, out, " 0 lost, 0 lines not understood")
	for _, rule := range []string{"pages-under-mem-hotplug-lock", "device-hotplug-lock-held", "lock-order"} {
		require.Regexp(g, rule+` +kept \d\d+ times`, out)
	}
}

// requireRefusals: what cannot be recorded is said in one line, with exit status 2, and no file is left or lost.
func (g guest) requireRefusals() {
	g.Helper()
	restrict := func(n string) {
		require.Zero(g, g.do("shell", agent.Op{Do: agent.Write, Path: "/proc/sys/kernel/kptr_restrict", Data: n})[0].Errno)
	}
	files := g.do("looker", agent.Op{Do: agent.List, Path: "/"}, agent.Op{Do: agent.Read, Path: "/for"})
	for _, tt := range []struct {
		args    []string
		message string
	}{
		{[]string{"trace", "record", "/for"}, "/for exists; a recording wants a new file"},
		{[]string{"trace", "record", "/nowhere/new"}, "open /nowhere/new: no such file or directory"},
		{[]string{"trace", "record", "/proc"}, "open /proc: is a directory"},
		{[]string{"trace", "record", "/dev/full"}, "write /dev/full: no space left on device"},
		{[]string{"as-nobody", "trace", "record", "/new"}, "tracefs at " + tracefs + " cannot be read: run as root"},
		{[]string{"without-tracefs", "trace", "record", "/new"}, "tracefs is not mounted"},
	} {
		status, out := g.memhp(tt.args...)
		require.Equal(g, exitUsage, status, tt.args)
		require.Contains(g, out, tt.message)
		require.Equal(g, strings.Count(out, "recording; Ctrl-C ends it\n")+1, strings.Count(out, "\n"), out)
	}
	restrict("2")
	status, out := g.memhp("trace", "record", "/new")
	require.Equal(g, exitUsage, status)
	require.Equal(g, "memhp: record: /proc/kallsyms hides addresses: this is not root, or kernel.kptr_restrict is 2\n", out)
	restrict("0")
	require.Equal(g, files, g.do("looker", agent.Op{Do: agent.List, Path: "/"}, agent.Op{Do: agent.Read, Path: "/for"}))
}

// TestHeldSignals: the first signal ends a recording, and no other ends memhp until the probes are removed.
func TestHeldSignals(t *testing.T) {
	for _, first := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if signal.Ignored(first) { // this runs under nohup
			continue
		}
		ctx, release := holdSignals(t.Context())
		send(t, syscall.SIGPIPE)
		require.NoError(t, ctx.Err())
		for _, s := range []syscall.Signal{first, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE} {
			send(t, s)
			<-ctx.Done()
		}
		release()
	}
}

// send sends a signal to this process, and waits until it has come.
func send(t *testing.T, s syscall.Signal) {
	t.Helper()
	require.NoError(t, syscall.Kill(os.Getpid(), s))
	come := func() bool {
		status, err := os.ReadFile("/proc/self/status")
		return err == nil && bytes.Contains(status, []byte("ShdPnd:\t0000000000000000\n"))
	}
	require.Eventually(t, come, 10*time.Second, 5*time.Millisecond) // its handler runs in the meantime
}

// TestRestOfARecording: what is left is waited for as long as some of it is written.
func TestRestOfARecording(t *testing.T) {
	n, copied := &counter{w: &failing{left: 100}}, make(chan error, 1)
	require.ErrorContains(t, n.await(copied, time.Millisecond), "nothing of it could be written for 1ms")
	go func() {
		for range 50 {
			n.Write([]byte("x"))
			time.Sleep(2 * time.Millisecond)
		}
		copied <- errors.New("its error")
	}()
	require.EqualError(t, n.await(copied, 5*time.Second), "its error")
	require.Equal(t, int64(50), n.bytes.Load())
}
