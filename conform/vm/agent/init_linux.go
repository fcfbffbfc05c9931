package agent

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// portWait bounds the wait for the virtio-serial ports to appear.
const portWait = 60 * time.Second

// IsInit tells whether this process is the init of a guest. Words of the command line that the kernel does not know come before
// the argument.
func IsInit() bool { return os.Getpid() == 1 && slices.Contains(os.Args[1:], Arg) }

// Main is the init of a guest. It does not return: when it cannot go on it says why on the console and switches the guest off.
func Main() {
	err := run()
	fmt.Println("memhp-guest:", err)
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	select {} // init must not end
}

func run() error {
	problems := mountAll()
	problems = append(problems, loadModules()...)
	control, err := openPort(ControlPort)
	if err != nil {
		return errors.Join(append([]error{err}, asErrors(problems)...)...)
	}
	trace, err := openPort(TracePort)
	if err != nil {
		return err
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	s := newServer(control, trace)
	s.send(Response{Hello: &Hello{text(uts.Release[:]), text(uts.Version[:]), problems}})
	return s.serve()
}

func asErrors(text []string) []error {
	var out []error
	for _, t := range text {
		out = append(out, errors.New(t))
	}
	return out
}

func text(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}

// mountAll mounts the pseudo file systems. debugfs and tracefs may be missing from the kernel.
func mountAll() []string {
	var problems []string
	for _, m := range []struct{ fs, dir string }{
		{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"debugfs", "/sys/kernel/debug"}, {"tracefs", "/sys/kernel/tracing"},
	} {
		if err := unix.Mount(m.fs, m.dir, m.fs, 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
			problems = append(problems, fmt.Sprintf("mount %s: %v", m.dir, err))
		}
	}
	return problems
}

// loadModules loads the modules that the host put into the initramfs, in the order that it found.
func loadModules() []string {
	var problems []string
	list, err := os.ReadFile(ModuleList)
	if err != nil {
		return nil // none
	}
	for _, path := range strings.Fields(string(list)) {
		if err := loadModule(path); err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems
}

func loadModule(path string) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := unix.InitModule(image, ""); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("load %s: %w", filepath.Base(path), err)
	}
	return nil
}

// openPort opens the virtio-serial port with the given name. Plain file descriptors are used from here on: the mutexes of
// epoll would fill the trace.
func openPort(name string) (int, error) {
	for end := time.Now().Add(portWait); ; time.Sleep(5 * time.Millisecond) {
		names, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, file := range names {
			b, err := os.ReadFile(file)
			if err != nil || strings.TrimSpace(string(b)) != name {
				continue
			}
			fd, err := unix.Open("/dev/"+filepath.Base(filepath.Dir(file)), unix.O_RDWR|unix.O_CLOEXEC, 0)
			if err != nil {
				return 0, fmt.Errorf("open port %s: %w", name, err)
			}
			return fd, nil
		}
		if time.Now().After(end) {
			return 0, fmt.Errorf("no virtio-serial port %s: the kernel needs virtio_pci and virtio_console, built in or as modules", name)
		}
	}
}
