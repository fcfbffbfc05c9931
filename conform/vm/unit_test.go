package vm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cavaliergopher/cpio"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"memhp/conform"
	"memhp/conform/lockdep"
	"memhp/conform/vm/agent"
	"memhp/spec"
)

// TestInitramfs reads back what is written: this executable as init, what it is linked against, the modules in order.
func TestInitramfs(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, writeInitramfs(&b, []module{{"virtio", []byte("1")}, {"virtio_pci", []byte("22")}}))
	sizes := map[string]int64{}
	var list []byte
	r := cpio.NewReader(&b)
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		dir := filepath.Dir(h.Name)
		if dir != "." {
			require.Contains(t, sizes, dir, "a directory comes before what is in it")
		}
		require.NotContains(t, sizes, h.Name)
		sizes[h.Name] = h.Size
		if "/"+h.Name == agent.ModuleList {
			list, err = io.ReadAll(r)
			require.NoError(t, err)
		}
	}
	self, err := os.Stat("/proc/self/exe")
	require.NoError(t, err)
	require.Equal(t, self.Size(), sizes["init"])
	require.Equal(t, "/modules/virtio.ko\n/modules/virtio_pci.ko\n", string(list))
	image, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	libs, err := sharedObjects(image)
	require.NoError(t, err)
	for _, lib := range libs {
		require.NotZero(t, sizes[strings.TrimPrefix(lib, "/")], lib)
	}
}

func TestModel(t *testing.T) {
	for _, tt := range []struct{ release, version, want, fails string }{
		{"6.1.0-56-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)", "v6.1+001002e73712", ""},
		{"6.1.71", "#1 SMP", "v6.1", ""},
		{"6.12.117+deb12-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1~deb12u1 (2026-11-14)", "v6.12", ""},
		{"3.2.0", "", "", "older than every release"},
		{"custom", "", "", "no version in it"},
	} {
		k, err := Model(agent.Hello{Release: tt.release, Version: tt.version})
		if tt.fails != "" {
			require.ErrorContains(t, err, tt.fails)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, tt.want, k.String())
	}
}

// TestModelIsTheNewestBefore: a kernel between two releases of the specification is the older of them.
func TestModelIsTheNewestBefore(t *testing.T) {
	releases := spec.Releases()
	for i, r := range releases[1:] {
		for _, version := range []string{fmt.Sprintf("%d.%d.7", r.Major, r.Minor), fmt.Sprintf("%d.%d.0-rc3", r.Major, r.Minor)} {
			k, err := Model(agent.Hello{Release: version})
			require.NoError(t, err)
			require.Equal(t, r.String(), k.String())
		}
		if before := (spec.Release{Major: r.Major, Minor: r.Minor - 1}); r.Minor > 0 && releases[i].Before(before) {
			k, err := Model(agent.Hello{Release: fmt.Sprintf("%d.%d.1", before.Major, before.Minor)})
			require.NoError(t, err)
			require.Equal(t, releases[i].String(), k.String(), before)
		}
	}
	k, err := Model(agent.Hello{Release: "99.1.0"})
	require.NoError(t, err)
	require.Equal(t, releases[len(releases)-1].String(), k.String())
}

func TestTroubles(t *testing.T) {
	console := "[    0.000000] Linux version 6.1\r\n[    1.5] ordinary\r\n[   12.345678] WARNING: CPU: 1 PID: 9 at mm/x.c:3 f+0x1/0x2\r\n" +
		"[   13.000000][  T12] BUG: kernel NULL pointer dereference\r\n[  130.1] INFO: task a:1 blocked for more than 10 seconds.\r\n"
	require.Equal(t, []string{"WARNING: CPU: 1 PID: 9 at mm/x.c:3 f+0x1/0x2", "BUG: kernel NULL pointer dereference",
		"INFO: task a:1 blocked for more than 10 seconds."}, Troubles(console))
	require.Empty(t, Troubles("[    1.5] ordinary\nno WARNING here"))
}

func TestConsoleIsBounded(t *testing.T) {
	var c console
	c.collect(strings.NewReader(strings.Repeat("x\r\n", consoleLimit)))
	require.LessOrEqual(t, len(c.String()), consoleLimit+4096)
	require.Equal(t, "b\nc", lastLines("a\nb\nc\n", 2))
}

// fakeMonitor answers like QEMU's monitor.
func fakeMonitor(t *testing.T, answer func(command string) []string) *qmp {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	host, far := os.NewFile(uintptr(fds[0]), "host"), os.NewFile(uintptr(fds[1]), "far")
	t.Cleanup(func() { host.Close(); far.Close() })
	go func() {
		d := json.NewDecoder(far)
		for {
			var m struct {
				Execute string
				ID      int
			}
			if d.Decode(&m) != nil {
				return
			}
			for _, line := range answer(m.Execute) {
				io.WriteString(far, strings.ReplaceAll(line, "ID", string(rune('0'+m.ID)))+"\n")
			}
			if m.Execute == "quit" {
				far.Close()
			}
		}
	}()
	return newQMP(host)
}

func TestMonitor(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	m := fakeMonitor(t, func(command string) []string {
		switch command {
		case "device_add":
			return []string{`{"event":"ACPI_DEVICE_OST","data":{"info":{"device":"d0","source":1,"status":0}}}`, `{"id":ID,"return":{}}`}
		case "device_del":
			return []string{`{"id":ID,"return":{}}`, `{"event":"ACPI_DEVICE_OST","data":{"info":{"device":"d0","source":3,"status":132}}}`,
				`{"event":"ACPI_DEVICE_OST","data":{"info":{"device":"d1","source":3,"status":130}}}`,
				`{"event":"ACPI_DEVICE_OST","data":{"info":{"device":"d0","source":3,"status":130}}}`}
		case "qom-set":
			return []string{`{"id":ID,"error":{"class":"GenericError","desc":"no such property"}}`}
		case "quit":
			return nil
		}
		return []string{`{"id":ID,"return":{}}`}
	})
	g := &Guest{qmp: m}
	out, err := g.Plug(ctx, "d0", BlockMB)
	require.NoError(t, err)
	require.Equal(t, Done, out)
	out, err = g.Unplug(ctx, "d0")
	require.NoError(t, err)
	require.Equal(t, Refused, out)
	require.EqualError(t, g.Resize(ctx, 1), "QMP qom-set: GenericError: no such property")
	_, err = m.run(ctx, "quit", nil)
	require.ErrorContains(t, err, "QEMU's monitor is gone")
	_, err = m.wait(ctx, 0, func(qmpMessage) bool { return false })
	require.ErrorContains(t, err, "QEMU's monitor is gone")
}

func TestMonitorIsBounded(t *testing.T) {
	m := fakeMonitor(t, func(string) []string { return nil })
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := m.run(ctx, "stop", nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = m.wait(ctx, 0, func(qmpMessage) bool { return true })
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// TestKernelErrors are kernels that cannot be had.
func TestKernelErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := LocalKernel(dir, "")
	require.ErrorContains(t, err, "a kernel is a file")
	_, err = LocalKernel(filepath.Join(dir, "none"), "")
	require.ErrorContains(t, err, "kernel: stat ")
	note := func(string, ...any) {}
	_, err = FetchKernel(t.Context(), "5.4", note)
	require.ErrorContains(t, err, `no kernel package is known for release "5.4"; known are 6.1 and 6.12`)
	t.Setenv("PATH", dir)
	t.Setenv("XDG_CACHE_HOME", dir)
	_, err = FetchKernel(t.Context(), "6.1", note)
	require.ErrorContains(t, err, "apt-cache is not on PATH")
	_, err = FindQEMU()
	require.ErrorContains(t, err, "apt-get install --no-install-recommends qemu-system-x86")

	// One that was downloaded before is used; the newest name of the release.
	for _, name := range []string{"linux-image-6.1.0-9-x", "linux-image-6.1.0-10-x", "linux-image-6.12.9-x"} {
		root := filepath.Join(dir, "memhp", "kernels", name)
		require.NoError(t, os.MkdirAll(filepath.Join(root, "lib", "modules"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "boot"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, "boot", "vmlinuz-"+name), nil, 0o644))
	}
	k, err := FetchKernel(t.Context(), "6.1", note)
	require.NoError(t, err)
	require.Contains(t, k.Image, "linux-image-6.1.0-")
}

// TestSweep: what a download that was killed left is removed, what one that goes on works on is not.
func TestSweep(t *testing.T) {
	cache := t.TempDir()
	old := time.Now().Add(-3 * aptTimeout)
	for name, at := range map[string]time.Time{"incomplete-1": old, "incomplete-2": time.Now(), "linux-image-6.1.0": old} {
		require.NoError(t, os.MkdirAll(filepath.Join(cache, name, "root"), 0o755))
		require.NoError(t, os.Chtimes(filepath.Join(cache, name), at, at))
	}
	require.NoError(t, sweep(cache))
	left := filesIn(t, cache)
	require.Equal(t, []string{filepath.Join(cache, "incomplete-2"), filepath.Join(cache, "linux-image-6.1.0")}, left)
}

func TestModules(t *testing.T) {
	_, err := loadOrder(t.TempDir(), wantedModules())
	require.ErrorContains(t, err, "no .ko files under")
	require.Equal(t, "virtio_rng", moduleName("a/virtio-rng.ko.xz"))
	path := filepath.Join(t.TempDir(), "virtio_pci.ko")
	require.NoError(t, os.WriteFile(path, []byte("this is no module"), 0o644))
	_, err = loadOrder(filepath.Dir(path), wantedModules())
	require.ErrorContains(t, err, "virtio_pci.ko: bad magic number")
	require.NoError(t, os.Rename(path, path+".zst"))
	_, err = loadOrder(filepath.Dir(path), wantedModules())
	require.ErrorContains(t, err, "compression .zst is not supported")
}

// TestAfter: a block that nobody works on has one state.
func TestAfter(t *testing.T) {
	for _, tt := range []struct {
		state, online string
		want          bool
	}{{"online\n", "1\n", true}, {"offline\n", "0\n", true}, {"online\n", "0\n", false}, {"offline\n", "1\n", false}, {"going-offline\n", "0\n", true}} {
		require.Equal(t, tt.want, agree(tt.state, tt.online), tt)
	}
}

// TestJudge: any of the witnesses is enough.
func TestJudge(t *testing.T) {
	bad := lockdep.Report{Verdict: conform.Violates}
	for _, tt := range []struct {
		name    string
		r       Result
		console string
		want    string
	}{
		{"all well", Result{Trace: conform.Report{Verdict: conform.Conforms}}, "", conform.Conforms},
		{"no trace", Result{}, "", conform.Unknown},
		{"trace", Result{Trace: conform.Report{Verdict: conform.Violates}}, "", conform.Violates},
		{"blocks", Result{Trace: conform.Report{Verdict: conform.Conforms}, Disagree: []string{"memory32"}}, "", conform.Violates},
		{"lockdep", Result{Trace: conform.Report{Verdict: conform.Conforms}, Lockdep: &bad}, "", conform.Violates},
		{"console", Result{Trace: conform.Report{Verdict: conform.Conforms}}, "[    1.0] BUG: x\n", conform.Violates},
		{"hang", Result{Trace: conform.Report{Verdict: conform.Conforms}, Failure: "hangs"}, "", conform.Violates},
	} {
		tt.r.judge(tt.console)
		require.Equal(t, tt.want, tt.r.Verdict, tt.name)
		require.Equal(t, tt.console, tt.r.Console, tt.name)
	}
}

func TestPresentPages(t *testing.T) {
	pages, err := presentPages("Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 0\n  pages free     3840\n        present  3998\n        managed  3840\n" +
		"Node 0, zone    DMA32\n        present  126943\nNode 0, zone   Normal\n        present  0\nNode 1, zone    DMA32\n        present  1\n")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"DMA": 3998, "DMA32": 126944, "Normal": 0}, pages)
	for _, bad := range []string{"", "Node 0, zone DMA\n present x\n"} {
		_, err := presentPages(bad)
		require.ErrorContains(t, err, "/proc/zoneinfo")
	}
}

// TestEjectIsOverAtItsReport: a DIMM is gone for QEMU before the guest is done with it, and says so by its slot.
func TestEjectIsOverAtItsReport(t *testing.T) {
	m := fakeMonitor(t, func(command string) []string {
		switch command {
		case "device_add":
			return []string{`{"event":"ACPI_DEVICE_OST","data":{"info":{"device":"d0","slot":"5","source":1,"status":0}}}`, `{"id":ID,"return":{}}`}
		case "device_del":
			late := `{"event":"ACPI_DEVICE_OST","data":{"info":{"slot":"5","source":3,"status":0}}}`
			return []string{`{"id":ID,"return":{}}`, `{"event":"DEVICE_DELETED","data":{"device":"d0"}}`,
				`{"event":"ACPI_DEVICE_OST","data":{"info":{"slot":"4","source":3,"status":0}}}`, strings.Repeat(" ", 1<<20), late}
		}
		return []string{`{"id":ID,"return":{}}`}
	})
	g := &Guest{qmp: m}
	_, err := g.Plug(t.Context(), "d0", BlockMB)
	require.NoError(t, err)
	out, err := g.Unplug(t.Context(), "d0")
	require.NoError(t, err)
	require.Equal(t, Done, out)
	require.Equal(t, 4, m.position(), "all events had come")
}
