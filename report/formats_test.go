package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// three are a kernel with violations, one that is right, and one whose check was stopped.
func three(t *testing.T) []*sim.Result {
	t.Helper()
	broken := checked1(t, sim.Config{Kernel: kernel(t, "v3.18"), Tasks: 1, Blocks: 1})
	return []*sim.Result{broken,
		{Kernel: "v6.12", Actors: []string{"online_store"}, Tasks: 1, Blocks: 1, Complete: true, Violations: []sim.Violation{}},
		{Kernel: "v6.1", Actors: []string{"online_store"}, Tasks: 1, Blocks: 1, Limit: "more than 5 states", Violations: []sim.Violation{}}}
}

func written(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	return b.Bytes()
}

// has demands that a JSON object has the keys that users rely on; a key may be added, none may go.
func has(t *testing.T, object any, keys string) map[string]any {
	t.Helper()
	m, ok := object.(map[string]any)
	require.True(t, ok, "an object: %v", object)
	for _, key := range strings.Fields(keys) {
		require.Contains(t, m, key)
		require.NotNil(t, m[key], "%s is null", key)
	}
	return m
}

func TestCheckJSONKeys(t *testing.T) {
	var top any
	require.NoError(t, json.Unmarshal(written(t, func(w io.Writer) error { return CheckJSON(w, three(t)) }), &top))
	results := has(t, top, "schema results")["results"].([]any)
	require.Len(t, results, 3)
	for _, r := range results {
		has(t, r, "kernel actors tasks blocks complete states transitions seconds violations")
	}
	violations := results[0].(map[string]any)["violations"].([]any)
	require.NotEmpty(t, violations)
	for _, v := range violations {
		for _, s := range has(t, v, "invariant function locks actors steps token trace")["trace"].([]any) {
			has(t, s, "task actor function op object value held")
		}
	}
}

func TestHistoryJSONKeys(t *testing.T) {
	rows := []Row{{Result: three(t)[0], Expected: []string{"no-bug"}}}
	links := []Link{{Bug: spec.Catalogue()[0]}, {Bug: spec.Catalogue()[1], Limit: "interrupted"}}
	var top any
	require.NoError(t, json.Unmarshal(written(t, func(w io.Writer) error { return HistoryJSON(w, rows, links, nil) }), &top))
	m := has(t, top, "schema results chains")
	require.Equal(t, false, has(t, m["results"].([]any)[0], "kernel violations expected agrees")["agrees"])
	require.Equal(t, true, has(t, m["chains"].([]any)[0], "bug depth causes agrees wrong")["agrees"])
	require.Equal(t, false, m["chains"].([]any)[1].(map[string]any)["agrees"])
}

// A test case for each invariant of each kernel: failed, passed, or skipped since nobody knows.
func TestJUnit(t *testing.T) {
	var suites struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Skipped  int    `xml:"skipped,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:",attr"`
				} `xml:"failure"`
				Skipped *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	results := three(t)
	require.NoError(t, xml.Unmarshal(written(t, func(w io.Writer) error { return CheckJUnit(w, results) }), &suites))
	n := len(spec.Invariants())
	for i, want := range []struct{ failures, skipped int }{{len(results[0].Broken()), 0}, {0, 0}, {0, n}} {
		s := suites.Suites[i]
		require.Equal(t, n, s.Tests)
		require.Equal(t, want.failures, s.Failures, s.Name)
		require.Equal(t, want.skipped, s.Skipped, s.Name)
		for j, c := range s.Cases {
			require.Equal(t, spec.Invariants()[j].ID, c.Name)
		}
	}
	require.Equal(t, "inconclusive: more than 5 states", suites.Suites[2].Cases[0].Skipped.Message)
}

// A result for each violation, in a file of the kernel; that a check was stopped is told, so that no result is not taken for a verdict.
func TestSARIF(t *testing.T) {
	results := three(t)
	var log struct {
		Version string
		Runs    []struct {
			Invocations []struct {
				ExecutionSuccessful        bool
				ToolExecutionNotifications []struct {
					Level   string
					Message struct{ Text string }
				}
			}
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID, Level string
				Message       struct{ Text string }
				Locations     []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(written(t, func(w io.Writer) error { return CheckSARIF(w, results) }), &log))
	run := log.Runs[0]
	require.Equal(t, "2.1.0", log.Version)
	require.Len(t, run.Tool.Driver.Rules, len(spec.Invariants()))
	require.Len(t, run.Results, len(results[0].Violations))
	require.Equal(t, "mm/memory_hotplug.c", run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI)
	require.False(t, run.Invocations[0].ExecutionSuccessful)
	require.Len(t, run.Invocations[0].ToolExecutionNotifications, 1)
	require.Equal(t, "v6.1: inconclusive: more than 5 states", run.Invocations[0].ToolExecutionNotifications[0].Message.Text)

	require.NoError(t, json.Unmarshal(written(t, func(w io.Writer) error { return CheckSARIF(w, results[:2]) }), &log))
	require.True(t, log.Runs[0].Invocations[0].ExecutionSuccessful)
}

// ktapLine is a result line of Documentation/dev-tools/ktap.rst: "ok 1 name # SKIP why".
var ktapLine = regexp.MustCompile(`^(ok|not ok) (\d+) ([^#]*?)(?: # (SKIP|TODO|XFAIL|TIMEOUT|ERROR)(?: (.*))?)?$`)

// parseKTAP reads KTAP as its document has it: a version line, a plan, numbered results, with a nested list before the result that it is of.
// It returns the results, nested ones as parent/name once the parent is known.
func parseKTAP(t *testing.T, lines []string, indent string) (results map[string]string, rest []string) {
	t.Helper()
	results = map[string]string{}
	require.Equal(t, indent+"KTAP version 1", lines[0])
	plan, ok := strings.CutPrefix(lines[1], indent+"1..")
	require.True(t, ok, lines[1])
	n, err := strconv.Atoi(plan)
	require.NoError(t, err)
	lines = lines[2:]
	nested := map[string]string{}
	for i := 1; i <= n; {
		line, ok := strings.CutPrefix(lines[0], indent)
		require.True(t, ok, lines[0])
		switch {
		case strings.HasPrefix(line, "  KTAP"):
			nested, lines = parseKTAP(t, lines, indent+"  ")
			continue
		case !strings.HasPrefix(line, "# "):
			m := ktapLine.FindStringSubmatch(line)
			require.NotNil(t, m, line)
			require.Equal(t, strconv.Itoa(i), m[2])
			results[m[3]] = m[1] + m[4]
			for name, result := range nested {
				results[m[3]+"/"+name] = result
			}
			i++
		}
		lines = lines[1:]
	}
	return results, lines
}

func TestKTAP(t *testing.T) {
	text := string(written(t, func(w io.Writer) error { return CheckKTAP(w, three(t)) }))
	results, rest := parseKTAP(t, strings.Split(text, "\n"), "")
	require.Equal(t, []string{""}, rest)
	require.Equal(t, "not ok", results["v3.18"])
	require.Equal(t, "not ok", results["v3.18/device-hotplug-lock-held"])
	require.Equal(t, "ok", results["v3.18/no-deadlock"])
	require.Equal(t, "ok", results["v6.12"])
	require.Equal(t, "okSKIP", results["v6.1"])
	require.Equal(t, "okSKIP", results["v6.1/no-bug"])
	require.Len(t, results, 3+3*len(spec.Invariants()))
}
