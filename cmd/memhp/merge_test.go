package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// timeless takes out what differs from run to run.
func timeless(json string) string {
	return regexp.MustCompile(`"seconds": [0-9.e-]+`).ReplaceAllString(json, `"seconds": 0`)
}

// parts runs a subcommand in n parts, and returns the files.
func parts(t *testing.T, n int, args ...string) []string {
	t.Helper()
	dir := t.TempDir()
	var out []string
	for k := n; k >= 1; k-- { // any order will do
		_, json, errOut := memhp(append(args, "--shard", fmt.Sprintf("%d/%d", k, n))...)
		require.Empty(t, errOut)
		file := filepath.Join(dir, fmt.Sprintf("%d.json", k))
		require.NoError(t, os.WriteFile(file, []byte(json), 0o600))
		out = append(out, file)
	}
	return out
}

// What is merged is what one run prints, with the same exit status.
func TestMergedIsTheSameAsWhole(t *testing.T) {
	for _, c := range []struct {
		n    int
		args []string
	}{
		{2, small("backport", "v4.20+d2ab99403ee0", "--actors", "driver_remove,state_store")},
		{3, []string{"mutate", "v6.12", "--actors", "cpu_up,online_mems_reader"}},
		{2, small("random", "v4.1", "--runs", "200")},
		{5, small("random", "v6.12", "--runs", "13", "--steps", "50", "--seed", "7")},
	} {
		status, whole, _ := memhp(append(c.args, "--format", "json")...)
		mergedStatus, merged, errOut := memhp(append([]string{"merge", "--format", "json"}, parts(t, c.n, c.args...)...)...)
		require.Equal(t, timeless(whole), timeless(merged), "%v: %s", c.args, errOut)
		require.Equal(t, status, mergedStatus, "%v", c.args)
	}
}

// A history is merged as text, too. (That of all kernels takes long; report has the test of its parts.)
func TestPartOfHistory(t *testing.T) {
	n := len(spec.HistoryKernels())
	status, json, errOut := memhp("history", "--tasks", "1", "--blocks", "1", "--shard", fmt.Sprintf("%d/%d", n, n))
	require.Equal(t, exitHolds, status, errOut)
	require.Contains(t, json, `"command": "history"`)
	require.Contains(t, json, fmt.Sprintf(`"n": %d`, n))
	require.Contains(t, json, `"kernel": "v7.1"`)
}

// Parts that do not make a whole are refused, with what is wrong.
func TestPartsThatDoNotMerge(t *testing.T) {
	files := parts(t, 2, small("random", "v6.12", "--runs", "4")...)
	other := parts(t, 2, small("random", "v6.12", "--runs", "4", "--seed", "2")...)
	backport := parts(t, 2, small("backport", "v6.12")...)
	check := filepath.Join(t.TempDir(), "check.json")
	_, json, _ := memhp(small("check", "v6.12", "--format", "json")...)
	require.NoError(t, os.WriteFile(check, []byte(json), 0o600))
	cut := filepath.Join(t.TempDir(), "cut.json")
	require.NoError(t, os.WriteFile(cut, []byte(json[:20]), 0o600))
	for _, c := range []struct {
		files   []string
		message string
	}{
		{files[:1], "part 1/2 is missing"},
		{[]string{files[0], files[0]}, "part 2/2 is given twice"},
		{[]string{files[0], other[1]}, "differ in more than their walks"},
		{[]string{files[0], backport[1]}, "memhp random and of memhp backport cannot be merged"},
		{[]string{check}, "is not the result of a part"},
		{[]string{cut}, "is no JSON of memhp"},
		{[]string{filepath.Join(t.TempDir(), "nowhere")}, "/nowhere: no such file"},
		{[]string{t.TempDir()}, "is a directory"},
	} {
		status, out, errOut := memhp(append([]string{"merge"}, c.files...)...)
		require.Equal(t, exitUsage, status)
		require.Empty(t, out)
		require.Contains(t, errOut, c.message)
	}
}

// What no memhp of this version wrote is not printed.
func TestStrangeHistories(t *testing.T) {
	for _, c := range []struct{ json, message string }{
		{`"results":[],"chains":[]`, "has 0 kernels and 0 bugs, and that of this memhp"},
		{`"results":[{"kernel":"v3.18"}],"chains":[]`, "has 1 kernels"},
		{`"results":[{"kernel":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"chains":[]`, `part 1: kernel "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`},
		{`"results":[{"kernel":"v3.18","tasks":1000000}]`, "part 1: 1000000 tasks: from 1 to 8"},
		{`"results":[{"kernel":"v3.18","violations":[{"trace":[{"task":0}]}]}]`, "part 1: a violation by task 0"},
		{`"results":[{"kernel":"v3.18","violations":[{"trace":[{"task":1000000}]}]}]`, "part 1: a violation by task 1000000"},
	} {
		file := filepath.Join(t.TempDir(), "strange.json")
		require.NoError(t, os.WriteFile(file, []byte(`{"schema":1,"command":"history","part":{"k":1,"n":1},`+c.json+"}"), 0o600))
		requireRefused(t, []refused{{[]string{"merge", file}, c.message}, {[]string{"merge", "--verbose", file}, c.message}})
	}
}

func TestShard(t *testing.T) {
	for _, bad := range []string{"", "1", "0/3", "4/3", "1/0", "-1/3", "a/b", "1/3/5", "1/10001", "99999999999999999999/3"} {
		var s shard
		require.Error(t, s.UnmarshalText([]byte(bad)), bad)
	}
	count := make([]int, 20)
	for k := 1; k <= 6; k++ {
		var s shard
		require.NoError(t, s.UnmarshalText(fmt.Appendf(nil, "%d/6", k)))
		for i := range count {
			if s.has(i) {
				count[i]++
			}
		}
	}
	for i := range count {
		require.Equal(t, 1, count[i], "piece %d is in one part", i)
	}
	require.True(t, shard{}.has(5), "all of it, if it is not split")
}
