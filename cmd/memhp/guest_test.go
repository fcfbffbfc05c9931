package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"memhp/conform/vm"
	"memhp/conform/vm/agent"
)

// asMemhp is the environment variable that makes the test binary memhp, from main() on.
const asMemhp = "MEMHP_TEST_MAIN"

// TestMain makes the test binary the init of the guests that it boots. In them, and wherever asMemhp is set, it is memhp, or a tester and
// then, if arguments are left, memhp.
func TestMain(m *testing.M) {
	switch {
	case agent.IsInit():
		agent.Main()
	case os.Getenv(asMemhp) == "":
		os.Exit(m.Run())
	}
	if do := testers()[os.Args[1]]; do != nil {
		if err := do(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Args = slices.Delete(os.Args, 1, 2)
	}
	if len(os.Args) > 1 {
		main()
	}
	os.Exit(0)
}

// testers do in a guest what somebody does there before memhp runs, or while it does.
func testers() map[string]func() error {
	return map[string]func() error{
		"as-nobody":       func() error { return syscall.Setuid(65534) },
		"without-tracefs": withoutTracefs,
		"set-up-tracing":  setUpTracing,
		"show-tracing":    showTracing,
		"SIGINT":          func() error { return signalRecorder(unix.SIGINT) },
		"SIGTERM":         func() error { return signalRecorder(unix.SIGTERM) },
		"SIGHUP":          func() error { return signalRecorder(unix.SIGHUP) },
	}
}

// realKernel skips a test that needs QEMU and a kernel that was downloaded before, unless it was asked for, as in conform/vm.
func realKernel(t *testing.T, release string) vm.Kernel {
	t.Helper()
	if os.Getenv("MEMHP_BOOT") != "1" {
		t.Skip("it boots a kernel, which takes a while: set MEMHP_BOOT=1 to run it")
	}
	if _, err := vm.FindQEMU(); err != nil {
		t.Skip(err)
	}
	k, err := vm.CachedKernel(release)
	if err != nil {
		t.Skip(err)
	}
	return k
}

// guest is a guest in which the test binary is memhp and the testers.
type guest struct {
	*testing.T
	*vm.Guest
}

func bootGuest(t *testing.T, release string) guest {
	t.Helper()
	g, err := vm.Boot(t.Context(), vm.Config{Kernel: realKernel(t, release), Append: asMemhp + "=1"})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	return guest{t, g}
}

func (g guest) do(task string, ops ...agent.Op) []agent.Result {
	g.Helper()
	r, err := g.Do(g.Context(), 2*time.Minute, task, ops...)
	require.NoError(g, err)
	return r
}

// memhp runs memhp in the guest, after a tester if the first word names one, and returns its exit status and what it wrote.
func (g guest) memhp(args ...string) (status int, out string) {
	g.Helper()
	r := g.do("memhp", agent.Op{Do: agent.Exec, Args: args})[0]
	return r.N, r.Data
}

// must runs a tester alone.
func (g guest) must(tester string) string {
	g.Helper()
	status, out := g.memhp(tester)
	require.Zero(g, status, "%s: %s", tester, out)
	return out
}

const tracefs = "/sys/kernel/tracing"

// withoutTracefs takes tracefs away from this thread alone.
func withoutTracefs() error {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("a mount namespace: %w", err)
	}
	for _, dir := range []string{tracefs, "/sys/kernel/debug"} {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %s: %w", dir, err)
		}
	}
	return nil
}

// setUpTracing makes settings of somebody who traces something else.
func setUpTracing() error {
	if err := os.Mkdir(tracefs+"/instances/mine", 0o700); err != nil {
		return err
	}
	for _, w := range [][2]string{
		{"kprobe_events", "p:mine/locks mutex_lock lock=$arg1:x64"},
		{"kprobe_events", "r:onl_ret online_pages ret=$retval"},
		{"events/mine/locks/filter", "lock == 0x1234"},
		{"events/mine/locks/enable", "1"},
		{"events/sched/sched_process_exec/enable", "1"},
		{"events/sched/sched_process_fork/trigger", "traceoff:3"},
		{"trace_clock", "mono"},
		{"trace_marker", "mine"},
		{"buffer_size_kb", "321"},
		{"tracing_cpumask", "1"},
		{"set_event_pid", "1"},
		{"trace_options", "raw"}, // a new instance starts with the options of the first: trace_array_create(), kernel/trace/trace.c
		{"trace_options", "stacktrace"},
		{"trace_options", "sym-addr"},
		{"trace_options", "record-tgid"},
		{"trace_options", "nooverwrite"},
		{"trace_options", "nocontext-info"},
		{"trace_options", "latency-format"},
		{"instances/mine/trace_clock", "boot"},
		{"instances/mine/events/kprobes/onl_ret/enable", "1"},
		{"instances/mine/events/power/enable", "1"},
		{"tracing_on", "0"},
	} {
		if err := writeOnce(filepath.Join(tracefs, w[0]), w[1]); err != nil {
			return err
		}
	}
	return nil
}

// writeOnce makes one write(2). What the file has already stays.
func writeOnce(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// showTracing prints the settings of tracefs: every file, but for those that tell what happened or what the kernel has to offer. Of
// events it is those of some systems; set_event lists all that are on.
func showTracing() error {
	err := filepath.WalkDir(tracefs, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir():
			fmt.Println(path)
			if filepath.Base(filepath.Dir(path)) == "events" && !slices.Contains([]string{"mine", "kprobes", "sched", "power"}, name) {
				return fs.SkipDir
			}
		case !slices.Contains(noSettings, name):
			show(path)
		}
		return nil
	})
	for _, path := range []string{tracefs + "/trace", "/sys/kernel/debug/kprobes/list", "/sys/kernel/debug/kprobes/enabled", "/proc/sys/kernel/ftrace_enabled"} {
		show(path)
	}
	return err
}

func show(path string) {
	b, err := os.ReadFile(path)
	fmt.Printf("%s: %q %v\n", path, b, err)
}

// noSettings are the files of tracefs that are no settings. To read some of them takes long, or changes something: free_buffer frees the buffer.
var noSettings = strings.Fields(`README available_events available_filter_functions available_filter_functions_addrs available_tracers error_log format free_buffer
	header_event header_page hist hist_debug id inject kprobe_profile printk_formats saved_cmdlines saved_tgids snapshot snapshot_raw stats timestamp_mode touched_functions
	trace trace_pipe trace_pipe_raw uprobe_profile`)

// signalRecorder sends a signal to the memhp that records.
func signalRecorder(sig unix.Signal) error {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(b), "\x00trace\x00record\x00") {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(file, "/proc/%d/", &pid); err != nil {
			return err
		}
		return unix.Kill(pid, sig)
	}
	return errors.New("nobody records")
}
