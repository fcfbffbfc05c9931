package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Bad input gets one clear line on standard error, nothing on standard output, and status 2.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	notATrace := filepath.Join(dir, "broken.gz")
	require.NoError(t, os.WriteFile(notATrace, []byte{0x1f, 0x8b, 0, 0}, 0o600))
	const huge = "99999999999999999999"
	requireRefused(t, []refused{
		{[]string{"frobnicate"}, "unexpected argument frobnicate"},
		{[]string{"check"}, `expected "<kernel> ..."`},
		{[]string{"check", "v9.9"}, `unknown release "v9.9"`},
		{[]string{"check", "v7.2.9"}, "v7.2 was read in part only, and is no kernel here; as far as it was read it is v7.1+a7cc262a1135"},
		{[]string{"check", "v4.19+1234567"}, `unknown change "1234567"`},
		{[]string{"check", "v4.19+381"}, "give 7 or more digits"},
		{[]string{"check", "v4.19", "--actors", "me"}, `unknown actor or group "me"`},
		{[]string{"check", "v3.18", "--actors", "memtrace"}, `kernel v3.18 has no actor "memtrace"`},
		{[]string{"check", "v4.19", "--tasks", "0"}, "must be 1 or more"},
		{[]string{"check", "v4.19", "--tasks", "99"}, "from 1 to 8 can be checked"},
		{[]string{"check", "v4.19", "--tasks", "many"}, "expected a valid"},
		{[]string{"check", "v4.19", "--platform", "vax"}, `unknown platform "vax"`},
		{[]string{"check", "v4.19", "--platform", "s390", "--actors", "memtrace"}, "platform s390 has none of the actors memtrace"},
		{[]string{"check", "v3.18", "v4.19", "--actors", "memtrace"}, `kernel v3.18 has no actor "memtrace"`},
		{[]string{"check", "v4.19", "--format", "yaml"}, "must be one of"},
		{[]string{"backport", "v9.9"}, `unknown release "v9.9"`},
		{[]string{"backport", "v4.19", "--timeout", "0s"}, "--timeout more than 0"},
		{[]string{"explain", "v4.19", "no-trouble"}, `unknown invariant "no-trouble"`},
		{[]string{"replay", "nonsense"}, "token: expected KERNEL"},
		{[]string{"contract", "printk"}, `unknown function "printk"`},
		{[]string{"list", "cpus"}, "must be one of"},
		{[]string{"export"}, "expected"},
		{[]string{"export", "promela", "v9.9"}, `unknown release "v9.9"`},
		{[]string{"export", "promela", "v4.20", "--tasks", "9"}, "from 1 to 8 can be checked"},
		{[]string{"export", "promela", "v4.20", "--actors", "me"}, `unknown actor or group "me"`},
		{[]string{"trace", "check", filepath.Join(dir, "nowhere")}, "/nowhere: no such file"},
		{[]string{"trace", "check", notATrace}, "broken.gz"},
		{[]string{"trace", "check", "-", "--kernel", "v1"}, `unknown release "v1"`},
		{[]string{"check", "v4.19", "--tasks", "-1"}, `perhaps try --tasks="-1"`},
		{[]string{"check", "v4.19", "--tasks=-1"}, "must be 1 or more"},
		{[]string{"check", "v4.19", "--blocks", "6"}, "from 1 to 5 can be checked"},
		{[]string{"check", "v4.19", "--blocks", huge}, "--blocks: expected a valid"},
		{[]string{"check", "v4.19", "--max-states=-1"}, "not be negative"},
		{[]string{"check", "v4.19", "--timeout=-1s"}, "not be negative"},
		{[]string{"check", "v4.19", "--timeout", "soon"}, "--timeout: expected duration"},
		{[]string{"check", "v4.19", "--max-memory", "much"}, `"much" is no amount of memory`},
		{[]string{"check", "v4.19", "--max-memory=-1"}, `"-1" is no amount of memory`},
		{[]string{"check", "v4.19", "--max-memory", "9999999999T"}, "more memory than there can be"},
		{[]string{"check", "v4.19", "--html", dir}, "is a directory"},
		{[]string{"check", "v4.19", "--html", filepath.Join(dir, "no", "page.html")}, "no/page.html: no such file"},
		{[]string{"check", "v4.19", "--actors", ","}, `unknown actor or group ""`},
		{[]string{"check", "v4.19", "--actors", "core,"}, `unknown actor or group ""`},
		{[]string{"export", "promela", "v6.12", "--actors", "all", "--blocks", "1"}, "--actors all is more than one machine holds here: name groups"},
		{[]string{"backport", "v6.12", "--actors", "all", "--blocks", "1"}, "--actors all is more than one machine holds here: name groups"},
		{[]string{"explain", "v4.19", "no-bug", "--by", "core"}, `"core" is no actor among those of --actors core`},
		{[]string{"explain", "v4.19", "no-bug", "--by", "memtrace", "--platform", "x86"}, `"memtrace" is no actor`},
		{[]string{"replay", "v4.20:core:0x1:no-bug:605:0.a1"}, `size "0x1"`},
		{[]string{"replay", "v4.20:core:2x1q:no-bug:605:0.a1"}, `size "2x1q"`},
		{[]string{"explain", "v4.19", "no-bug", "too-much"}, "unexpected argument too-much"},
		{[]string{"replay"}, "expected"},
		{[]string{"replay", "v4.20:core:2x1:no-bug:605:0.a"}, `move "a"`},
		{[]string{"replay", "v4.20:core:2x1:no-bug:1:0.a1"}, "made with other procedures"},
		{[]string{"history", "--tasks=-1"}, "from 1 to 8 can be checked"},
		{[]string{"history", "--blocks", "99"}, "from 1 to 5 can be checked"},
		{[]string{"history", "--format", "xml"}, "must be one of"},
		{[]string{"backport"}, "expected"},
		{[]string{"backport", "v4.19", "--tasks", "0"}, "must be 1 or more"},
		{[]string{"backport", "v4.19", "--shard", "3/2"}, `"3/2" is no part: expected K/N`},
		{[]string{"history", "--shard", "0/2"}, `"0/2" is no part`},
		{[]string{"random", "v9.9"}, `unknown release "v9.9"`},
		{[]string{"check", "v4.19", "--jobs=-1"}, "not be negative"},
		{[]string{"random", "v4.19", "--timeout=-1s"}, "--timeout must not be negative"},
		{[]string{"random", "v4.19", "--tasks", "99"}, "from 1 to 8 can be checked"},
		{[]string{"random", "v4.19", "--runs", "0"}, "--runs and --steps must be 1 or more"},
		{[]string{"random", "v4.19", "--steps", "-7"}, "perhaps try"},
		{[]string{"random", "v4.19", "--seed=-1"}, "--seed: expected a valid"},
		{[]string{"prove"}, `expected "<kernel>"`},
		{[]string{"prove", "v6.12", "--blocks", "some"}, "--blocks some: expected a number of 1 or more, or any"},
		{[]string{"prove", "v6.12", "--blocks", "99"}, "from 1 to 5 can be checked"},
		{[]string{"prove", "v6.12", "--max-tasks", "0"}, "--max-tasks must be 1 or more"},
		{[]string{"prove", "v6.12", "--check", notATrace}, "certificate:"},
		{[]string{"prove", "v6.12", "--certificate", dir}, "is a directory"},
		{[]string{"merge"}, "expected"},
	})
}

// So is what those commands are given that write the specification in other forms.
func TestBadInputToExports(t *testing.T) {
	dir := t.TempDir()
	notADirectory := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(notADirectory, nil, 0o600))
	requireRefused(t, []refused{
		{[]string{"export", "tla"}, "expected"},
		{[]string{"export", "tla", "v9.9"}, `unknown release "v9.9"`},
		{[]string{"export", "tla", "v4.20", "--blocks", "0"}, "must be 1 or more"},
		{[]string{"export", "rv", "v9.9"}, `unknown release "v9.9"`},
		{[]string{"export", "rv", "v6.12", "nothing"}, `kernel v6.12 has no monitor "nothing"`},
		{[]string{"export", "rv", "v6.12", "nothing", "--out", dir}, "leave nothing out"},
		{[]string{"export", "rv", "v6.12", "--out", notADirectory}, "not a directory"},
		{[]string{"export", "kerneldoc", "v9.9"}, `unknown release "v9.9"`},
		{[]string{"order"}, "expected"},
		{[]string{"order", "v4.20", "--format", "pdf"}, "must be one of"},
		{[]string{"order", "v4.20-1234567"}, `unknown change "1234567"`},
		{[]string{"contract", "add_memory", "--kernel", "linus"}, `unknown release "linus"`},
		{[]string{"list"}, "expected"},
	})
}

// So is what those commands are given that hold real kernels against the specification.
func TestBadInputAboutRealKernels(t *testing.T) {
	dir := t.TempDir()
	requireRefused(t, []refused{
		{[]string{"trace", "check", dir}, "is a directory"},
		{[]string{"trace", "check", "/dev/null", "--symbols", dir}, "is a directory"},
		{[]string{"trace", "check", "/dev/null", "--symbols", filepath.Join(dir, "nowhere")}, "/nowhere: no such file"},
		{[]string{"trace", "record", filepath.Join(dir, "t"), "--for=-1s"}, "--for must be positive"},
		{[]string{"trace", "record", filepath.Join(dir, "t"), "--for", "0s"}, "--for must be positive"},
		{[]string{"trace", "record", filepath.Join(dir, "t"), "--for", "60"}, "--for: expected duration"},
		{[]string{"vm", "run", "--tasks", "0"}, "--tasks must be from 1"},
		{[]string{"vm", "run", "--ops=-5"}, "--ops from 1"},
		{[]string{"vm", "run", "--compare=-1"}, "--compare must be from 0"},
		{[]string{"vm", "run", "--rules", "v1"}, `unknown release "v1"`},
		{[]string{"vm", "fetch", "--release", "5.4"}, `no kernel package is known for release "5.4"`},
		{[]string{"trace", "lockdep", filepath.Join(dir, "nowhere"), "--kernel", "v6.1"}, "/nowhere: no such file"},
		{[]string{"trace", "lockdep", "../../go.mod", "--kernel", "v6.1"}, "go.mod: line 1: "},
		{[]string{"trace", "lockdep", lockdepFile, "--kernel", "v6.1", "--ran", "state_store"}, "--ran needs --chains"},
		{[]string{"trace", "lockdep", lockdepFile, "--kernel", "v6.1", "--chains", lockdepFile}, "6.1.192-lockdep.gz: line 1: "},
		{[]string{"trace", "lockdep", lockdepFile, "--kernel", "v6.1", "--chains", lockdepChains, "--ran", "nobody"}, `unknown actor or group "nobody"`},
		{[]string{"vm", "reproduce", "nothing"}, "nothing"},
	})
}

// refused is a command line, and what the message about it has to say.
type refused struct {
	args    []string
	message string
}

// requireRefused demands one line on standard error, and exit status 2.
func requireRefused(t *testing.T, cases []refused) {
	t.Helper()
	for _, c := range cases {
		status, out, errOut := memhp(c.args...)
		require.Equal(t, exitUsage, status, "%v", c.args)
		require.Empty(t, out, "%v", c.args)
		require.Contains(t, errOut, c.message, "%v", c.args)
		require.Equal(t, 1, strings.Count(errOut, "\n"), "one line: %q", errOut)
	}
}

// A command line without a subcommand is told what there is.
func TestUsage(t *testing.T) {
	status, out, errOut := memhp()
	require.Equal(t, exitUsage, status)
	require.Empty(t, out)
	require.Contains(t, errOut, "Usage: memhp <command>")
	require.Contains(t, errOut, "history ")
}

// failing is an output that takes some bytes, and no more.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(b []byte) (int, error) {
	if len(b) > f.left {
		return 0, f.err
	}
	f.left -= len(b)
	return len(b), nil
}

// Nothing is reported as done that could not be printed, whatever the subcommand and wherever its output ends.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{
		small("check", "v3.18"),
		small("check", "v3.18", "--format", "json"),
		small("check", "v3.18", "--format", "junit"),
		small("check", "v3.18", "--format", "sarif"),
		small("check", "v3.18", "--format", "ktap"),
		small("random", "v3.18", "--runs", "20"), small("random", "v3.18", "--runs", "20", "--format", "json"),
		small("explain", "v3.18", "lock-order"),
		small("explain", "v6.12"),
		small("export", "promela", "v6.12", "--actors", "online_show"),
		small("export", "tla", "v6.12", "--actors", "online_show"), small("export", "tla", "v6.12", "--actors", "online_show", "--config"),
		{"order", "v6.12"}, {"order", "v6.12", "--format", "dot"}, {"order", "v6.12", "--format", "mermaid"},
		{"contract"}, {"contract", "add_memory"}, {"export", "rv", "v6.12"}, {"export", "rv", "v6.12", "pages_under_mem_hotplug"}, {"export", "kerneldoc", "v6.12"},
		{"list", "kernels"}, {"list", "changes"}, {"list", "actors"}, {"list", "locks"}, {"list", "invariants"}, {"list", "functions"}, {"list", "bugs"},
		{"trace", "check", "../../conform/testdata/stock-6.1-kmin.txt.gz"},
	} {
		for _, left := range []int{0, 30} {
			full := &failing{left, errors.New("no space left on device")}
			var errOut bytes.Buffer
			require.Equal(t, exitUsage, run(context.Background(), args, full, &errOut), "%v", args)
			require.Equal(t, "memhp: no space left on device\n", errOut.String(), "%v", args)
		}
	}
}

// A reader that has seen enough is no error.
func TestReaderGone(t *testing.T) {
	var errOut bytes.Buffer
	status := run(context.Background(), []string{"list", "bugs"}, &failing{100, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}}, &errOut)
	require.Equal(t, exitHolds, status)
	require.Empty(t, errOut.String())
}

// All automata are written, each to a file of its own.
func TestExportRVToADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	status, out, errOut := memhp("export", "rv", "v6.12", "--out", dir)
	require.Equal(t, exitHolds, status, errOut)
	require.Empty(t, out)
	_, list, _ := memhp("export", "rv", "v6.12")
	for _, file := range files(t, dir) {
		name, ok := strings.CutSuffix(file, ".dot")
		require.True(t, ok, file)
		require.Contains(t, list, name+"\n")
		_, one, _ := memhp("export", "rv", "v6.12", name)
		text, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Equal(t, one, string(text))
	}
	require.Len(t, files(t, dir), strings.Count(list, "\n")-strings.Count(list, "\n    "))
}

// lockdep's two files of a real kernel.
const (
	lockdepFile   = "../../conform/lockdep/testdata/6.1.192-lockdep.gz"
	lockdepChains = "../../conform/lockdep/testdata/6.1.192-lockdep_chains.gz"
)
