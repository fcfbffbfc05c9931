package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// fakeTracefs has the rules of tracefs that matter: a probe needs a function that exists, an event can be switched only while its
// probe and instance exist, a probe that is on cannot be removed, an instance cannot be removed while its pipe is open. The buffer of the top
// level stays small if the size of a buffer is set before an event is switched on.
type fakeTracefs struct {
	functions []string
	files     map[string]string // settings
	probes    map[string]bool   // group/event: on
	instances map[string]bool
	open      int
	text      string
	fail      string // writes to names that contain it fail
	noOptions bool   // an instance has no files of options
	small     bool   // the buffer of the top level stays small
	waits     func() bool
}

var errNoEnt = errors.New("no such file or directory")

func newFake(functions ...string) *fakeTracefs {
	return &fakeTracefs{functions: functions, probes: map[string]bool{"mine/keep": true}, instances: map[string]bool{"other": true},
		files: map[string]string{"tracing_on": "1", "trace_clock": "local", "set_event": "sched:sched_switch", "kprobe_profile": ""}}
}

func (f *fakeTracefs) Write(name, text string) error {
	if f.fail != "" && strings.Contains(name, f.fail) {
		return errors.New("device or resource busy")
	}
	if name == "kprobe_events" {
		return f.define(strings.TrimSuffix(text, "\n"))
	}
	parts := strings.Split(name, "/")
	if parts[0] != "instances" || !f.instances[parts[1]] {
		return fmt.Errorf("write outside an instance: %s", name)
	}
	if parts[2] == "events" {
		probe := parts[3] + "/" + parts[4]
		on, ok := f.probes[probe]
		if !ok {
			return errNoEnt
		}
		if parts[5] == "enable" {
			on = text == "1"
		}
		f.probes[probe] = on
		return nil
	}
	switch {
	case parts[2] == "options" && f.noOptions:
		return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case parts[2] == "buffer_size_kb" && !slices.Contains(slices.Collect(maps.Values(f.probes)), true):
		f.small = true
	}
	f.files[name] = text
	return nil
}

func (f *fakeTracefs) define(line string) error {
	if name, ok := strings.CutPrefix(line, "-:"); ok {
		on, exists := f.probes[name]
		switch {
		case !exists:
			return errNoEnt
		case on:
			return errors.New("device or resource busy")
		}
		delete(f.probes, name)
		return nil
	}
	fields := strings.Fields(line)
	for _, name := range f.functions {
		if fields[1] == name {
			_, event, _ := strings.Cut(fields[0], ":")
			f.probes[event] = false
			return nil
		}
	}
	return errNoEnt
}

func (f *fakeTracefs) Read(name string) (string, error) { return f.files[name], nil }

func (f *fakeTracefs) Mkdir(name string) error {
	f.instances[strings.TrimPrefix(name, "instances/")] = true
	return nil
}

func (f *fakeTracefs) Rmdir(name string) error {
	if f.open > 0 {
		return errors.New("device or resource busy")
	}
	name = strings.TrimPrefix(name, "instances/")
	if !f.instances[name] {
		return errNoEnt
	}
	delete(f.instances, name)
	for file := range f.files {
		if strings.HasPrefix(file, "instances/"+name+"/") {
			delete(f.files, file)
		}
	}
	return nil
}

func (f *fakeTracefs) Stream(_ string, waits func() bool) (io.ReadCloser, error) {
	f.open++
	f.waits = waits
	return &fakePipe{strings.NewReader(f.text), f}, nil
}

type fakePipe struct {
	io.Reader
	f *fakeTracefs
}

func (p *fakePipe) Close() error { p.f.open--; return nil }

// allSymbols are the lines of kallsyms of a kernel that has everything, each function once.
func allSymbols() (kallsyms string, functions []string) {
	var b strings.Builder
	fmt.Fprintln(&b, "ffffffff81001000 d device_hotplug_lock\nffffffff81002000 d mem_hotplug_lock")
	seen := map[string]bool{}
	for _, p := range append(primitiveProbes(), functionProbes()...) {
		if s := p.symbols[0]; !seen[s] {
			seen[s] = true
			functions = append(functions, s)
			fmt.Fprintf(&b, "ffffffff82000000 t %s\n", s)
		}
	}
	return b.String(), functions
}

func start(t *testing.T, f *fakeTracefs, kallsyms string) (*Session, error) {
	t.Helper()
	return Start(f, strings.NewReader(kallsyms))
}

// TestRestores records and requires that every setting is as it was.
func TestRestores(t *testing.T) {
	kallsyms, functions := allSymbols()
	f := newFake(functions...)
	f.text = "one line\n"
	files, probes, instances := maps.Clone(f.files), maps.Clone(f.probes), maps.Clone(f.instances)
	s, err := start(t, f, kallsyms)
	require.NoError(t, err)
	require.Empty(t, s.Notes)
	require.Greater(t, len(f.probes), 40)
	require.Contains(t, s.Symbols, "device_hotplug_lock")
	require.NotEqual(t, files, f.files)
	var out bytes.Buffer
	require.True(t, f.waits(), "more may come")
	require.NoError(t, s.Stop())
	require.False(t, f.waits(), "what is there is the rest")
	require.NoError(t, s.Copy(&out))
	require.NoError(t, s.Close())
	require.Contains(t, out.String(), "# memhp-covers: device_hotplug_lock\n# memhp-covers: mem_hotplug_lock\none line\n")
	require.Equal(t, files, f.files)
	require.Equal(t, probes, f.probes)
	require.Equal(t, instances, f.instances)
	require.Zero(t, f.open)
	require.False(t, f.small)
}

// TestOptions: an instance begins with the options of the top level, so all that matter are set, if the kernel has them.
func TestOptions(t *testing.T) {
	kallsyms, functions := allSymbols()
	for _, none := range []bool{false, true} {
		f := newFake(functions...)
		f.noOptions = none
		s, err := start(t, f, kallsyms)
		require.NoError(t, err)
		got := map[string]string{}
		for name, value := range f.files {
			if option, ok := strings.CutPrefix(name, s.path("options")+"/"); ok {
				got[option] = value
			}
		}
		require.Equal(t, none, len(got) == 0)
		require.True(t, none || got["raw"] == "0" && got["context-info"] == "1" && got["overwrite"] == "1", got)
		require.NoError(t, s.Close())
	}
}

// TestRestoresAfterFailure fails the set-up at each file, and requires that nothing is left.
func TestRestoresAfterFailure(t *testing.T) {
	kallsyms, functions := allSymbols()
	for _, fail := range []string{"trace_clock", "options", "buffer_size_kb", "tracing_on", "filter"} {
		f := newFake(functions...)
		f.fail = fail
		s, err := start(t, f, kallsyms)
		if fail == "filter" {
			require.NoError(t, err)
			require.Empty(t, s.covered, "a probe without its filter covers nothing")
		} else {
			require.ErrorContains(t, err, "busy", fail)
		}
		require.NoError(t, s.Close())
		require.Equal(t, map[string]bool{"mine/keep": true}, f.probes, fail)
		require.Equal(t, map[string]bool{"other": true}, f.instances, fail)
	}
}

// TestCoversWhatIsOn: a probe that cannot be switched on covers nothing.
func TestCoversWhatIsOn(t *testing.T) {
	kallsyms, functions := allSymbols()
	f := newFake(functions...)
	f.fail = "mt_ret/enable"
	s, err := start(t, f, kallsyms)
	require.NoError(t, err)
	require.Len(t, s.Notes, 1)
	require.Equal(t, []*spec.LockClass{spec.MemHotplug}, s.covered, "trylocks of the other are not seen to succeed")
	f.fail = ""
	require.NoError(t, s.Close())
}

// TestCloseReports requires that what cannot be restored is said.
func TestCloseReports(t *testing.T) {
	kallsyms, functions := allSymbols()
	f := newFake(functions...)
	s, err := start(t, f, kallsyms)
	require.NoError(t, err)
	f.fail = "enable"
	require.ErrorContains(t, s.Close(), "restore tracing: ")
}

// TestFallback takes the function that stands in under lockdep, and says what is missing.
func TestFallback(t *testing.T) {
	kallsyms, functions := allSymbols()
	nested := strings.Replace(kallsyms, " t mutex_lock\n", " t mutex_lock_nested\n", 1)
	s, err := start(t, newFake(append(functions, "mutex_lock_nested")...), nested)
	require.NoError(t, err)
	require.Empty(t, s.Notes)
	require.Len(t, s.covered, 2)
	require.NoError(t, s.Close())

	s, err = start(t, newFake(functions...), strings.Replace(kallsyms, " t percpu_down_write\n", " t other\n", 1))
	require.NoError(t, err)
	require.Equal(t, []string{"probe pw_req is not placed: the kernel has no function percpu_down_write"}, s.Notes)
	require.Len(t, s.covered, 1)
	require.Contains(t, s.header(), "# probe pw_req is not placed")
	require.NoError(t, s.Close())
}

// TestRefusals are machines on which nothing can be recorded.
func TestRefusals(t *testing.T) {
	kallsyms, functions := allSymbols()
	_, err := start(t, newFake(functions...), strings.ReplaceAll(kallsyms, "ffffffff81", "0000000000")[:40]+"0000000000000000 d mem_hotplug_lock\n")
	require.ErrorContains(t, err, "hides addresses")
	s, err := start(t, newFake(), kallsyms)
	require.ErrorContains(t, err, "no probe of 45 could be placed; the first: probe m_req is not placed: ")
	require.NoError(t, s.Close())
	s, err = start(t, newFake(functions...), kallsyms+"ffffffff83000000 t online_pages\n")
	require.NoError(t, err)
	require.Contains(t, strings.Join(s.Notes, "\n"), "probe onl is not placed: kallsyms has online_pages 2 times")
	require.NoError(t, s.Close())
}

// TestMissed writes the misses of the probes placed here, and of no others.
func TestMissed(t *testing.T) {
	kallsyms, functions := allSymbols()
	f := newFake(functions...)
	f.files["kprobe_profile"] = "  mt_ret   100   7\n  m_req   5   0\n  stranger   3   9\n"
	s, err := start(t, f, kallsyms)
	require.NoError(t, err)
	got, err := s.missed()
	require.NoError(t, err)
	require.Equal(t, "# memhp-missed: 7 mt_ret\n", got)
	require.NoError(t, s.Mark("x"))
	require.NoError(t, s.Close())
}
