package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

// checkOf returns the one result of a check.
func checkOf(t *testing.T, args ...string) *sim.Result {
	t.Helper()
	_, out, errOut := memhp(append(args, "--format", "json")...)
	var got struct{ Results []*sim.Result }
	require.NoError(t, json.Unmarshal([]byte(out), &got), errOut)
	require.Len(t, got.Results, 1)
	return got.Results[0]
}

// A check that is smaller than the documented one finds nothing that is not documented, and need not find all.
func TestHistoryOfASmallSize(t *testing.T) {
	a := &app{ctx: context.Background()}
	kernel, err := spec.ParseKernel("v3.18")
	require.NoError(t, err)
	rows, err := a.history([]spec.Kernel{kernel}, spec.Size{Tasks: 1, Blocks: 1})
	require.NoError(t, err)
	require.True(t, rows[0].Smaller)
	require.True(t, rows[0].Agrees())
	require.NotContains(t, rows[0].Result.Broken(), "no-deadlock", "one task alone")
	a.judgeHistory(rows, nil)
	require.Equal(t, exitHolds, a.status)

	rows[0].Expected = []string{"no-bug"}
	a.judgeHistory(rows, nil)
	require.Equal(t, exitViolation, a.status, "something that is not documented")
}

// At the documented size, all that is documented must be found.
func TestHistoryDemandsWhatIsDocumented(t *testing.T) {
	right, wrong := report.Row{Result: &sim.Result{Complete: true}}, report.Row{Result: &sim.Result{Complete: true}, Expected: []string{"no-bug"}}
	cut := report.Row{Result: &sim.Result{Limit: "interrupted"}}
	for _, c := range []struct {
		rows   []report.Row
		links  []report.Link
		status int
	}{
		{[]report.Row{right}, nil, exitHolds},
		{[]report.Row{right, wrong}, nil, exitViolation},
		{[]report.Row{right, cut}, nil, exitInconclusive},
		{[]report.Row{cut, wrong}, nil, exitViolation},
		{[]report.Row{wrong, cut}, nil, exitViolation},
		{[]report.Row{{Result: &sim.Result{Limit: "interrupted", Violations: []sim.Violation{{Invariant: "no-bug"}}}}}, nil, exitViolation}, // whatever else there is
		{[]report.Row{right}, []report.Link{{}}, exitHolds},
		{[]report.Row{right}, []report.Link{{Wrong: []string{"not found"}}}, exitViolation},
		{[]report.Row{right}, []report.Link{{Limit: "interrupted"}}, exitInconclusive},
	} {
		a := &app{}
		a.judgeHistory(c.rows, c.links)
		require.Equal(t, c.status, a.status)
	}
}

// A part of a search that finds no set is no verdict, and a mutant that nobody decided is none that was killed.
func TestStatusOfPartsAndMutants(t *testing.T) {
	for _, c := range []struct {
		show   func(a *app) error
		status int
	}{
		{func(a *app) error { return a.showBackport(&sim.Backport{Complete: true}, shard{}, "json") }, exitViolation},
		{func(a *app) error { return a.showBackport(&sim.Backport{Complete: true}, shard{1, 2}, "json") }, exitHolds},
		{func(a *app) error { return a.showBackport(&sim.Backport{}, shard{1, 2}, "json") }, exitInconclusive},
		{func(a *app) error { return a.showMutants(&sim.MutationReport{}, shard{}, "json") }, exitHolds},
		{func(a *app) error {
			return a.showMutants(&sim.MutationReport{Undecided: make([]sim.Mutant, 1)}, shard{}, "json")
		}, exitInconclusive},
		{func(a *app) error {
			return a.showMutants(&sim.MutationReport{Undecided: make([]sim.Mutant, 1), Survived: make([]sim.Mutant, 1)}, shard{}, "json")
		}, exitViolation},
	} {
		a := &app{out: &bytes.Buffer{}}
		require.NoError(t, c.show(a))
		require.Equal(t, c.status, a.status)
	}
}

// Interrupted, memhp prints what is known so far, and exits with 3.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		args []string
		says string
	}{
		{small("check", "v6.12"), "not complete: interrupted"},
		{small("check", "v6.12", "v4.20"), "kernel v4.20"},
		{small("check", "v6.12", "--format", "ktap"), "# SKIP inconclusive: interrupted"},
		{small("check", "v6.12", "--format", "junit"), "inconclusive: interrupted"},
		{small("check", "v6.12", "--format", "sarif"), `"executionSuccessful": false`},
		{small("explain", "v6.12"), "not complete (interrupted)"},
		{small("backport", "v5.7"), "not complete (interrupted)"},
		{small("history"), "not decided"},
		{small("history", "--format", "json"), `"limit": "interrupted"`},
	} {
		var out, errOut bytes.Buffer
		require.Equal(t, exitInconclusive, run(ctx, c.args, &out, &errOut), "%v: %s", c.args, errOut.String())
		require.Contains(t, out.String(), c.says, "%v", c.args)
	}
}

// Interrupted before there is a kernel to boot, memhp says so, and takes no other kernel instead.
func TestInterruptOfFetch(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errOut bytes.Buffer
	require.Equal(t, exitInconclusive, run(ctx, []string{"vm", "fetch"}, &out, &errOut))
	require.Empty(t, out.String())
	require.Equal(t, "memhp: interrupted\n", errOut.String())
}

// What was found before the interruption counts.
func TestInterruptInTheMiddle(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := &app{ctx: ctx, out: &bytes.Buffer{}, err: &strings.Builder{}}
	configs, err := size{machine: machine{Actors: "core", Tasks: 3, Blocks: 2}}.configs(a, "v4.19")
	require.NoError(t, err)
	config := configs[0]
	config.Progress = func(p sim.Progress) {
		if p.Violations > 0 {
			cancel()
		}
	}
	r, err := a.check(config)
	require.NoError(t, err)
	require.False(t, r.Complete)
	require.NotEmpty(t, r.Violations)
	require.Equal(t, exitViolation, a.status)
}
