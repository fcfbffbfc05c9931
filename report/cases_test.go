package report

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/conform"
	"memhp/conform/behave"
	"memhp/conform/lockdep"
	"memhp/conform/vm"
)

// planted is the report on the recording of a kernel with the bug put back.
func planted(t *testing.T) conform.Report {
	t.Helper()
	in, err := conform.Open("../conform/testdata/planted-online-without-mem_hotplug_lock-lockdep.txt.gz", "")
	require.NoError(t, err)
	defer in.Close()
	r, err := conform.Check(t.Context(), in, conform.Options{Symbols: in.Symbols, MaxViolations: 2})
	require.NoError(t, err)
	return r
}

func TestTraceFormats(t *testing.T) {
	r := planted(t)
	var suites struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Skipped  int `xml:"skipped,attr"`
			Cases    []struct {
				Name    string  `xml:"name,attr"`
				Failure *string `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(written(t, func(w io.Writer) error { return TraceJUnit(w, "a.txt", r) }), &suites))
	s := suites.Suites[0]
	require.Equal(t, []int{7, 1, 0}, []int{s.Tests, s.Failures, s.Skipped})
	require.Equal(t, "pages-under-mem-hotplug-lock", s.Cases[0].Name)
	require.Contains(t, *s.Cases[0].Failure, "line ")

	var sarif struct {
		Runs []struct {
			Invocations []struct{ ExecutionSuccessful bool }
			Results     []struct {
				RuleID    string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(written(t, func(w io.Writer) error { return TraceSARIF(w, "a.txt", r) }), &sarif))
	require.Len(t, sarif.Runs[0].Results, 2)
	require.True(t, sarif.Runs[0].Invocations[0].ExecutionSuccessful)
	place := sarif.Runs[0].Results[0].Locations[0].PhysicalLocation
	require.Equal(t, "a.txt", place.ArtifactLocation.URI)
	require.Equal(t, r.Violations[0].Line, place.Region.StartLine)
	unknown := conform.Report{Verdict: conform.Unknown, Reasons: []string{"3 events were lost"}}
	require.Contains(t, string(written(t, func(w io.Writer) error { return TraceSARIF(w, "a.txt", unknown) })), `"executionSuccessful": false`)
}

// TestRunFormats: each witness of a run is a test of its own, and what is not there is none.
func TestRunFormats(t *testing.T) {
	r := vm.Result{Verdict: conform.Violates, Trace: conform.Report{Verdict: conform.Conforms, Rules: []conform.RuleReport{{Invariant: "lock-order", Kept: 1}}}}
	ktap := func() string { return string(written(t, func(w io.Writer) error { return RunKTAP(w, r) })) }
	require.Equal(t, "KTAP version 1\n1..3\nok 1 lock-order\nok 2 console\nok 3 block-device-agree\n", ktap())
	r.Failure, r.Troubles, r.Disagree = "the guest does not answer", []string{"BUG: x"}, []string{"memory32: y"}
	r.Behaviour = &vm.Behaviour{Difference: &behave.Difference{Kernel: "v6.1", Seen: "0", Predicted: []string{"-EINVAL"}, Ops: []behave.Op{{Kind: behave.AutoOnline, Word: "bogus"}}}}
	missing := []lockdep.Derived{{Edge: lockdep.Edge{From: "a", To: "b"}, Held: []string{"h", "a"}, By: []string{"c", "d"}, Chains: 1}}
	r.Lockdep = &lockdep.Report{Verdict: conform.Violates, Missing: missing, Derived: missing}
	require.Equal(t, `KTAP version 1
1..5
ok 1 lock-order
# the guest does not answer
# BUG: x
not ok 2 console
# memory32: y
not ok 3 block-device-agree
# after auto_online <- bogus: the kernel: 0; v6.1 predicts: -EINVAL
not ok 4 behaviour
# a -> b with h, a held was never seen
not ok 5 lockdep
`, ktap())
	text := string(written(t, func(w io.Writer) error { return Run(w, Style{}, r) }))
	for _, want := range []string{"a difference after\n      auto_online <- bogus", "seen       0", "predicted  -EINVAL", "never seen     a -> b with h, a held, which c or d makes", "memory32: y"} {
		require.Contains(t, text, want)
	}
	require.Contains(t, string(written(t, func(w io.Writer) error { return RunJUnit(w, r) })), `tests="5" failures="4" skipped="0"`)
}

// What is not known is no pass: a rule of a trace whose verdict is unknown, and a lock validator that saw nothing.
func TestUnknownIsNoPass(t *testing.T) {
	got := text(t, func(w io.Writer) error {
		return TraceKTAP(w, conform.Report{Verdict: conform.Unknown, Rules: []conform.RuleReport{{Invariant: "a", Kept: 1}, {Invariant: "b", NotCovered: "why"}}})
	})
	require.Equal(t, "KTAP version 1\n1..2\nok 1 a # SKIP not decided\nok 2 b # SKIP why\n", got)
	got = text(t, func(w io.Writer) error {
		return RunKTAP(w, vm.Result{Trace: conform.Report{Verdict: conform.Conforms}, Lockdep: &lockdep.Report{Verdict: conform.Unknown, Reasons: []string{"it saw nothing", "at all"}}})
	})
	require.Contains(t, got, "lockdep # SKIP it saw nothing; at all\n")
}
