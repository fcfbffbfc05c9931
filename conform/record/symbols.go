package record

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"memhp/spec"
)

// symbols are what a recording needs of /proc/kallsyms.
type symbols struct {
	locks map[*spec.LockClass]uint64
	text  string // the lines of the locks, for FILE.symbols
	funcs map[string]int
}

// readSymbols reads /proc/kallsyms: "address type name [module]". The functions that are looked for are counted, because
// a kprobe on a name that occurs twice is refused, or goes to the first.
func readSymbols(r io.Reader, wanted []string) (symbols, error) {
	s := symbols{locks: map[*spec.LockClass]uint64{}, funcs: map[string]int{}}
	classes, hidden := globalLocks(), false
	var text strings.Builder
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		fields := strings.Fields(scan.Text())
		if len(fields) < 3 {
			continue
		}
		name := fields[2]
		if slices.Contains(wanted, name) {
			s.funcs[name]++
		}
		class := classes[name]
		if class == nil || strings.ContainsAny(fields[1], "tTwW") {
			continue
		}
		addr, err := strconv.ParseUint(fields[0], 16, 64)
		if err != nil {
			return s, fmt.Errorf("address of %s: %w", name, err)
		}
		hidden = hidden || addr == 0
		s.locks[class] = addr
		fmt.Fprintln(&text, scan.Text())
	}
	s.text = text.String()
	switch {
	case scan.Err() != nil:
		return s, fmt.Errorf("read kallsyms: %w", scan.Err())
	case hidden:
		return s, fmt.Errorf("/proc/kallsyms hides addresses: this is not root, or kernel.kptr_restrict is 2")
	}
	return s, nil
}

// globalLocks are the locks that have one address, by their symbols.
func globalLocks() map[string]*spec.LockClass {
	out := map[string]*spec.LockClass{}
	for _, c := range spec.LockClasses() {
		if c.Scope == spec.Global {
			out[c.Name] = c
		}
	}
	return out
}
