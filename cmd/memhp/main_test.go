package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"memhp/sim/prove"
)

var update = flag.Bool("update", false, "write the golden files anew")

// memhp runs the command and returns its exit status and what it printed.
func memhp(args ...string) (status int, out, errOut string) {
	var o, e bytes.Buffer
	status = run(context.Background(), args, &o, &e)
	return status, o.String(), e.String()
}

// small makes a check quick.
func small(args ...string) []string { return append(args, "--tasks", "2", "--blocks", "1") }

func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
	}{
		{small("check", "v6.12"), exitHolds},
		{small("check", "v3.18"), exitViolation},
		{small("check", "v6.12", "v3.18"), exitViolation},
		{small("check", "v6.12", "--max-states", "5"), exitInconclusive},
		{small("check", "v4.19", "--max-states", "4500"), exitViolation}, // proved before the limit
		{small("explain", "v6.12"), exitHolds},
		{small("explain", "v4.20", "no-bug"), exitViolation},
		{small("explain", "v4.20", "no-deadlock"), exitHolds},
		{small("explain", "v4.20", "no-bug", "--by", "driver_remove"), exitViolation},
		{small("explain", "v4.20", "no-bug", "--by", "cpu_up,driver_remove"), exitHolds},
		{small("backport", "v4.20+d2ab99403ee0", "--actors", "driver_remove,state_store"), exitHolds},
		{small("backport", "v4.20+d2ab99403ee0", "--actors", "driver_remove,state_store", "--max-states", "5"), exitInconclusive},
		{small("random", "v6.12", "--runs", "5"), exitInconclusive}, // walks prove nothing
		{small("random", "v3.18", "--runs", "20"), exitViolation},
		{[]string{"prove", "v6.12"}, exitHolds},
		{[]string{"prove", "v6.12", "--blocks", "any", "--format", "json"}, exitHolds},
		{[]string{"prove", "v3.18", "--actors", "add_memory"}, exitViolation},
		{[]string{"prove", "v6.12", "--max-ideals", "10"}, exitInconclusive},
		{[]string{"prove", "v6.12", "--timeout", "1ns"}, exitInconclusive},
		{[]string{"order", "v4.20"}, exitHolds},
		{small("export", "promela", "v4.20"), exitHolds},
		{small("export", "tla", "v6.12", "--actors", "online_show"), exitHolds},
		{small("export", "tla", "v6.12", "--actors", "online_show", "--config"), exitHolds},
		{[]string{"contract"}, exitHolds},
		{[]string{"--help"}, exitHolds},
		{[]string{"trace", "check", "../../conform/testdata/stock-6.1-kmin.txt.gz"}, exitHolds},
		{[]string{"trace", "check", "../../conform/testdata/stock-6.12-kmin.txt.gz", "--kernel", "v6.12"}, exitHolds},
		{[]string{"trace", "check", "../../conform/testdata/planted-online-without-mem_hotplug_lock-lockdep.txt.gz"}, exitViolation},
		{[]string{"trace", "check", "../../conform/testdata/stock-6.1-function.txt.gz"}, exitInconclusive},
		{[]string{"trace", "check", "../../conform/testdata/stock-6.1-kmin.txt.gz", "--format", "junit"}, exitHolds},
		{[]string{"trace", "check", "../../conform/testdata/stock-6.1-kmin.txt.gz", "--format", "sarif"}, exitHolds},
		{[]string{"trace", "lockdep", lockdepFile, "--kernel", "v6.1+001002e73712", "--chains", lockdepChains, "--ran", "state_store,acpi_add"}, exitHolds},
		{[]string{"trace", "lockdep", lockdepFile, "--kernel", "v6.1", "--format", "json"}, exitHolds},
		{[]string{"trace", "lockdep", lockdepFile, "--kernel", "v4.12"}, exitViolation},
	} {
		status, _, errOut := memhp(c.args...)
		require.Equal(t, c.status, status, "%v: %s", c.args, errOut)
	}
}

// golden compares output with a file, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run go test ./cmd/memhp -update if this is as it should be")
}

func TestOutput(t *testing.T) {
	for name, args := range map[string][]string{
		"explain-v3.18-no-deadlock.txt":        small("explain", "v3.18", "no-deadlock"),
		"explain-v4.13-readers.txt":            small("explain", "v4.13", "readers-see-stable-memory"),
		"explain-v4.20-locks-balanced.txt":     small("explain", "v4.20", "locks-balanced"),
		"explain-v4.20-progress.txt":           {"explain", "v4.20", "progress", "--actors", "offline_migrate,page_fault", "--tasks", "2", "--blocks", "1"},
		"explain-v3.18-lock-order.txt":         small("explain", "v3.18", "lock-order"),
		"backport-v4.14.txt":                   small("backport", "v4.14"),
		"export-rv-v6.12.txt":                  {"export", "rv", "v6.12"},
		"export-kerneldoc-v6.12.txt":           {"export", "kerneldoc", "v6.12"},
		"order-v4.20.txt":                      {"order", "v4.20"},
		"order-v4.20.dot":                      {"order", "v4.20", "--format", "dot"},
		"order-v4.20.mermaid":                  {"order", "v4.20", "--format", "mermaid"},
		"contract-add_memory-v4.19.txt":        {"contract", "add_memory", "--kernel", "v4.19"},
		"contract-v6.12.txt":                   {"contract"},
		"list-kernels.txt":                     {"list", "kernels"},
		"list-changes.txt":                     {"list", "changes"},
		"list-proposals.txt":                   {"list", "proposals"},
		"list-actors.txt":                      {"list", "actors"},
		"list-locks.txt":                       {"list", "locks"},
		"list-invariants.txt":                  {"list", "invariants"},
		"list-functions.txt":                   {"list", "functions"},
		"trace-stock-6.1-kmin.txt":             {"trace", "check", "../../conform/testdata/stock-6.1-kmin.txt.gz"},
		"trace-planted.txt":                    {"trace", "check", "../../conform/testdata/planted-online-without-mem_hotplug_lock-lockdep.txt.gz"},
		"trace-planted.ktap":                   {"trace", "check", "../../conform/testdata/planted-online-without-mem_hotplug_lock-lockdep.txt.gz", "--format", "ktap"},
		"check-v4.1-online_store-no-time.ktap": small("check", "v4.1", "--actors", "online_store,online_mems_reader", "--format", "ktap"),
	} {
		_, out, errOut := memhp(args...)
		require.Empty(t, errOut, "%v", args)
		golden(t, name, out)
		for _, line := range strings.Split(out, "\n") {
			if strings.HasSuffix(name, ".txt") {
				require.LessOrEqual(t, utf8.RuneCountInString(line), 100, "%v: %q", args, line)
			}
		}
	}
}

func TestCheckJSON(t *testing.T) {
	_, out, _ := memhp(small("check", "v3.18", "v6.12", "--format", "json")...)
	var got struct {
		Schema  int
		Results []struct {
			Kernel              string
			Actors              []string
			Tasks, Blocks       int
			Complete            bool
			States, Transitions int
			Violations          []struct {
				Invariant, Function, Token string
				Locks, Actors              []string
				Steps                      int
				Trace                      []struct {
					Task                               int
					Actor, Function, Op, Object, Value string
					Held                               []string
				}
			}
		}
	}
	d := json.NewDecoder(strings.NewReader(out))
	require.NoError(t, d.Decode(&got))
	require.Equal(t, 1, got.Schema)
	require.Len(t, got.Results, 2)
	require.True(t, got.Results[0].Complete)
	require.NotEmpty(t, got.Results[0].Violations)
	for _, v := range got.Results[0].Violations {
		require.NotEmpty(t, v.Trace, v.Invariant)
		require.NotEmpty(t, v.Actors)
		require.NotEmpty(t, v.Token)
		for _, s := range v.Trace {
			require.NotNil(t, s.Held)
		}
	}
	require.NotContains(t, out, "null")
	require.Empty(t, got.Results[1].Violations)
}

func TestOtherFormatsParse(t *testing.T) {
	_, junit, _ := memhp(small("check", "v3.18", "--format", "junit")...)
	var suites struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(junit), &suites))
	require.Equal(t, 13, suites.Suites[0].Tests)
	require.Equal(t, 5, suites.Suites[0].Failures)

	_, sarif, _ := memhp(small("check", "v3.18", "--format", "sarif")...)
	var log struct {
		Version string
		Runs    []struct{ Results []struct{ RuleID string } }
	}
	require.NoError(t, json.Unmarshal([]byte(sarif), &log))
	require.Equal(t, "2.1.0", log.Version)
	require.NotEmpty(t, log.Runs[0].Results)

	page := filepath.Join(t.TempDir(), "page.html")
	status, _, _ := memhp(small("check", "v3.18", "--html", page)...)
	require.Equal(t, exitViolation, status)
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "waits for ever")
	require.NotContains(t, string(html), "http://", "the page needs nothing from elsewhere")
}

// A token that explain prints can be pasted into replay, and shows the same.
func TestReplayShowsTheSame(t *testing.T) {
	_, explained, _ := memhp(small("explain", "v4.19+8df1d0e4a265+d15e59260f62", "locks-balanced")...)
	_, token, found := strings.Cut(explained, "memhp replay ")
	require.True(t, found)
	token, _, _ = strings.Cut(token, "\n\n")
	words := strings.Fields(strings.ReplaceAll(token, "\\\n", "")) // as a shell would read it
	require.Greater(t, len(words), 1, "it takes more than a line")
	status, replayed, _ := memhp(append([]string{"replay"}, words...)...)
	require.Equal(t, exitViolation, status)
	explained, _, _ = strings.Cut(explained, "\n\n18 violations besides")
	require.Equal(t, strings.TrimSpace(explained), strings.TrimSpace(replayed))
}

// A platform is part of what a verdict is about, and of the token.
func TestPlatformIsNamed(t *testing.T) {
	_, out, _ := memhp(small("explain", "v4.13", "readers-see-stable-memory", "--platform", "arm64")...)
	require.Contains(t, out, "group core on arm64, 2 tasks, 1 block")
	require.Contains(t, out, ":core@arm64:")
	_, token, _ := strings.Cut(out, "memhp replay ")
	token, _, _ = strings.Cut(token, "\n\n")
	status, again, _ := memhp(append([]string{"replay"}, strings.Fields(strings.ReplaceAll(token, "\\\n", ""))...)...)
	require.Equal(t, exitViolation, status)
	require.Contains(t, again, "group core on arm64, 2 tasks, 1 block")
}

// Without an invariant, explain shows the violation with the fewest steps.
func TestExplainTakesTheShortest(t *testing.T) {
	_, out, _ := memhp(small("explain", "v3.18")...)
	require.Contains(t, out, "1 scheduling step,")
}

// Needs that a kernel does not have are noted, and the check goes on.
func TestUnmetNeedsAreNoted(t *testing.T) {
	_, _, errOut := memhp(small("check", "v4.19+381eab4a6ee", "--actors", "online_show")...)
	require.Contains(t, errOut, "needs d15e59260f62")
}

// A proof that was written can be checked again, for the kernel that it is about and no other.
func TestProveWritesACertificate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "proof.json.gz")
	status, out, errOut := memhp("prove", "v6.12", "--blocks", "any", "--certificate", file)
	require.Equal(t, exitHolds, status, errOut)
	require.Contains(t, out, "group core, any number of tasks, any number of blocks")
	require.Contains(t, out, "proved: no number of tasks breaks a rule")
	status, out, errOut = memhp("prove", "v6.12", "--check", file, "--format", "json")
	require.Equal(t, exitHolds, status, errOut)
	var answer struct{ Results []prove.Result }
	require.NoError(t, json.Unmarshal([]byte(out), &answer))
	require.Equal(t, prove.Proved, answer.Results[0].Verdict)
	require.True(t, answer.Results[0].AnyBlocks)
	require.Equal(t, []string{"core"}, answer.Results[0].Groups)
	requireRefused(t, []refused{ // another question than the proof answers
		{[]string{"prove", "v6.12", "--check", file, "--blocks", "2"}, "the certificate is not for --blocks 2"},
		{[]string{"prove", "v6.12", "--check", file, "--platform", "x86"}, "the certificate is not for --platform x86"},
		{[]string{"prove", "v6.12", "--check", file, "--actors", "core,platform"}, "the certificate is for --actors core, not core,platform"},
		{[]string{"prove", "v6.12", "--check", file, "--certificate", file}, "can't be used together"},
	})
	status, _, errOut = memhp("prove", "v6.7", "--check", file)
	require.Equal(t, exitUsage, status)
	require.Contains(t, errOut, "the certificate is for kernel v6.12, not v6.7")
}

// All actors are the core and then, each on a machine of its own, the core with each other group.
func TestAllActors(t *testing.T) {
	status, out, _ := memhp("check", "v6.12", "--actors", "all", "--tasks", "1", "--blocks", "1")
	require.Equal(t, exitViolation, status)
	require.Contains(t, out, "  group core, 1 task, 1 block\n")
	require.Contains(t, out, "  group core, suspicions-cxl, 1 task, 1 block\n")
	status, _, errOut := memhp("prove", "v6.12", "--actors", "all", "--certificate", filepath.Join(t.TempDir(), "proof"))
	require.Equal(t, exitUsage, status)
	require.Equal(t, "memhp: --actors all: a proof is of one machine; name groups, for example core,platform\n", errOut)
}
