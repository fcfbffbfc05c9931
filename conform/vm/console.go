package vm

import (
	"io"
	"regexp"
	"strings"
	"sync"
)

// consoleLimit bounds what is kept of a console.
const consoleLimit = 4 << 20

// console collects the output of the serial port.
type console struct {
	mu   sync.Mutex
	text []byte
}

// collect reads until the guest is gone.
func (c *console) collect(r io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		c.mu.Lock()
		if len(c.text) < consoleLimit {
			c.text = append(c.text, buf[:n]...)
		}
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.ReplaceAll(string(c.text), "\r", "")
}

// trouble matches the lines of a console that are results by themselves: kernel/panic.c, arch/x86/kernel/dumpstack.c, lib/bug.c,
// kernel/hung_task.c, kernel/locking/lockdep.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, mm/slub.c.
var trouble = regexp.MustCompile(`Kernel panic|Oops|BUG: |WARNING: |general protection fault|INFO: task .* blocked for more than|` +
	`INFO: possible |possible recursive locking|soft lockup|rcu: INFO: |self-detected stall`)

// timestamp is "[   12.345678] ", with the CPU or task behind it if the kernel prints that.
var timestamp = regexp.MustCompile(`^\[ *\d+\.\d+\](\[ *[CT]\d+\])? `)

// Troubles returns the lines of a console that report a bug, without their times.
func Troubles(text string) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		line = timestamp.ReplaceAllString(strings.TrimRight(line, "\r"), "")
		if trouble.MatchString(line) {
			out = append(out, line)
		}
	}
	return out
}

// lastLines returns the end of a text, for an error.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
