package conform

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"memhp/spec"
)

// Symbols tells which address is which: the lines of /proc/kallsyms that a trace needs. The address of a
// percpu rwsem or mutex is that of its symbol. A nil *Symbols knows nothing.
type Symbols struct {
	locks map[uint64]*spec.LockClass
	funcs map[uint64]string
}

// ReadSymbols reads lines of /proc/kallsyms, "address type name [module]", and keeps the locks of the
// specification and the functions that probes are put on. Other lines are passed over.
func ReadSymbols(r io.Reader) (*Symbols, error) {
	s := &Symbols{locks: map[uint64]*spec.LockClass{}, funcs: map[uint64]string{}}
	known := newTable(commonContracts())
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		addr, rest, ok := cutHex(scan.Bytes())
		fields := bytes.Fields(rest)
		if !ok || addr == 0 || len(fields) < 2 { // all addresses are 0 when kptr_restrict hides them
			continue
		}
		name := string(fields[1])
		if c, err := spec.FindLock(name); err == nil && c.Scope == spec.Global {
			s.locks[addr] = c
		} else if known.find(fields[1]).known() {
			s.funcs[addr] = name
		}
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("read symbols: %w", err)
	}
	return s, nil
}

func (s *Symbols) lock(addr uint64) *spec.LockClass {
	if s == nil {
		return nil
	}
	return s.locks[addr]
}

// function names the function at addr, or a few bytes in front of it: see entryOffset.
func (s *Symbols) function(addr uint64) string {
	if s == nil {
		return ""
	}
	for off := uint64(0); off <= entryOffset; off += 4 {
		if name, ok := s.funcs[addr-off]; ok {
			return name
		}
	}
	return ""
}
