package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"memhp/spec"
)

// bufferKB is the size of the trace buffer of each CPU.
const bufferKB = 8192

// Session is one recording under way.
type Session struct {
	// Symbols are the lines of /proc/kallsyms that a check of the recording needs.
	Symbols string
	// Notes say which probes could not be placed.
	Notes []string

	fs       Tracefs
	group    string // of the probes, and the name of the instance
	placed   []placedProbe
	pipe     io.ReadCloser
	stopping atomic.Bool
	covered  []*spec.LockClass
	instance bool
}

type placedProbe struct {
	probe
	on bool // filtered and enabled too
}

// Start makes a trace instance and places the probes. The recording runs when it returns. Close must be called, also
// after an error.
func Start(fs Tracefs, kallsyms io.Reader) (*Session, error) {
	s := &Session{fs: fs, group: fmt.Sprintf("memhp_%d", os.Getpid())}
	probes := append(primitiveProbes(), functionProbes()...)
	var wanted []string
	for _, p := range probes {
		wanted = append(wanted, p.symbols...)
	}
	syms, err := readSymbols(kallsyms, wanted)
	if err != nil {
		return s, err
	}
	s.Symbols = syms.text
	if err := s.makeInstance(); err != nil {
		return s, err
	}
	for _, p := range probes {
		if err := s.place(p, syms); err != nil {
			s.Notes = append(s.Notes, fmt.Sprintf("probe %s is not placed: %v", p.event, err))
		}
	}
	s.covered = s.provenLocks(probes)
	return s, s.begin()
}

func (s *Session) makeInstance() error {
	if err := s.fs.Mkdir(s.path("")); err != nil {
		return fmt.Errorf("make trace instance: %w", err)
	}
	s.instance = true
	for _, setting := range [][2]string{{"tracing_on", "0"}, {"trace_clock", "counter"}} {
		if err := s.fs.Write(s.path(setting[0]), setting[1]); err != nil {
			return fmt.Errorf("set up trace instance: %w", err)
		}
	}
	return s.setOptions()
}

// options are those that a recording depends on: what the check cannot read is off, and what it needs is on.
var options = [][2]string{{"raw", "0"}, {"hex", "0"}, {"bin", "0"}, {"fields", "0"}, {"latency-format", "0"}, {"stacktrace", "0"}, {"userstacktrace", "0"},
	{"context-info", "1"}, {"overwrite", "1"}, {"markers", "1"}}

// setOptions sets the options of the instance: it begins with those that somebody has given the top level (trace_array_create(),
// kernel/trace/trace.c). An instance has no file for an option that the kernel does not know, and none at all before v4.4, where all
// instances share the options.
func (s *Session) setOptions() error {
	for _, o := range options {
		if err := s.fs.Write(s.path("options/"+o[0]), o[1]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set up trace instance: %w", err)
		}
	}
	return nil
}

// path names a file of the instance.
func (s *Session) path(file string) string {
	return strings.TrimSuffix("instances/"+s.group+"/"+file, "/")
}

// place defines, filters and enables a probe.
func (s *Session) place(p probe, syms symbols) error {
	for _, l := range p.locks {
		if syms.locks[l] == 0 {
			return fmt.Errorf("the address of %s is not in kallsyms (CONFIG_KALLSYMS_ALL)", l.Name)
		}
	}
	symbol := ""
	for _, name := range p.symbols {
		if syms.funcs[name] == 1 {
			symbol = name
			break
		}
		if syms.funcs[name] > 1 {
			return fmt.Errorf("kallsyms has %s %d times", name, syms.funcs[name])
		}
	}
	if symbol == "" {
		return fmt.Errorf("the kernel has no function %s", strings.Join(p.symbols, " or "))
	}
	if err := s.fs.Write("kprobe_events", p.define(s.group, symbol)); err != nil {
		return err
	}
	s.placed = append(s.placed, placedProbe{probe: p})
	event := s.path("events/" + s.group + "/" + p.event)
	if len(p.locks) > 0 {
		if err := s.fs.Write(event+"/filter", p.filter(syms.locks)); err != nil {
			return err
		}
	}
	err := s.fs.Write(event+"/enable", "1")
	s.placed[len(s.placed)-1].on = err == nil
	return err
}

// provenLocks are the locks of which every probe that is needed was placed.
func (s *Session) provenLocks(probes []probe) []*spec.LockClass {
	var out []*spec.LockClass
	for _, class := range []*spec.LockClass{spec.DeviceHotplug, spec.MemHotplug} {
		need, have := 0, 0
		for _, p := range probes {
			if p.proves == class {
				need++
			}
		}
		for _, p := range s.placed {
			if p.proves == class && p.on {
				have++
			}
		}
		if need == have {
			out = append(out, class)
		}
	}
	return out
}

func (s *Session) begin() error {
	if len(s.placed) == 0 {
		return fmt.Errorf("no probe of %d could be placed; the first: %s", len(s.Notes), s.Notes[0])
	}
	// Only now, when events are on: up to v6.5 at least, the buffer of the top level is small until the first event is switched on, and stays
	// so if somebody sets the size of any buffer before (ring_buffer_expanded in kernel/trace/trace.c, v6.8 has one for each instance).
	if err := s.fs.Write(s.path("buffer_size_kb"), strconv.Itoa(bufferKB)); err != nil {
		return fmt.Errorf("set up trace instance: %w", err)
	}
	pipe, err := s.fs.Stream(s.path("trace_pipe"), func() bool { return !s.stopping.Load() })
	if err != nil {
		return fmt.Errorf("read trace: %w", err)
	}
	s.pipe = pipe
	if err := s.fs.Write(s.path("tracing_on"), "1"); err != nil {
		return fmt.Errorf("start tracing: %w", err)
	}
	return nil
}

// Copy writes the recording to w until Stop is called and everything recorded is written. What it covers comes first, what
// was missed last.
func (s *Session) Copy(w io.Writer) error {
	if _, err := io.WriteString(w, s.header()); err != nil {
		return err
	}
	if _, err := io.Copy(w, s.pipe); err != nil {
		return fmt.Errorf("copy trace: %w", err)
	}
	missed, err := s.missed()
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, missed)
	return err
}

// header says of which locks all is recorded: their probes were enabled before the recording began.
func (s *Session) header() string {
	out := "# memhp-record: 1\n"
	for _, l := range s.covered {
		out += "# memhp-covers: " + l.Name + "\n"
	}
	for _, n := range s.Notes {
		out += "# " + n + "\n"
	}
	return out
}

// missed reads the hits that kretprobes missed from kprobe_profile: "event hits misses".
func (s *Session) missed() (string, error) {
	text, err := s.fs.Read("kprobe_profile")
	if err != nil {
		return "", fmt.Errorf("read missed probes: %w", err)
	}
	out := ""
	for _, line := range lines(text) {
		f := strings.Fields(line)
		if len(f) < 3 || f[2] == "0" || !s.has(f[0]) {
			continue
		}
		out += fmt.Sprintf("# memhp-missed: %s %s\n", f[2], f[0])
	}
	return out, nil
}

// has tells whether one of the probes placed here is called so; kprobe_profile names the group since v5.11 or later, or not at all.
func (s *Session) has(event string) bool {
	event = strings.TrimPrefix(event, s.group+"/")
	for _, p := range s.placed {
		if p.event == event {
			return true
		}
	}
	return false
}

// Mark writes a line into the recording.
func (s *Session) Mark(text string) error { return s.fs.Write(s.path("trace_marker"), text) }

// Stop ends the recording; Copy returns when it has written the rest.
func (s *Session) Stop() error {
	defer s.stopping.Store(true)
	return s.fs.Write(s.path("tracing_on"), "0")
}

// Close removes the probes and the instance. It is to be called when Copy has returned.
func (s *Session) Close() error {
	s.stopping.Store(true)
	var errs []error
	if s.pipe != nil {
		errs = append(errs, s.pipe.Close())
	}
	for _, p := range s.placed {
		errs = append(errs, s.fs.Write(s.path("events/"+s.group+"/"+p.event+"/enable"), "0"))
	}
	if s.instance {
		errs = append(errs, s.fs.Rmdir(s.path("")))
	}
	for _, p := range s.placed {
		errs = append(errs, s.fs.Write("kprobe_events", fmt.Sprintf("-:%s/%s\n", s.group, p.event)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("restore tracing: %w", err)
	}
	return nil
}
