package report

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// A history that was made in parts is the history.
func TestMergedHistoryIsTheSame(t *testing.T) {
	var rows []Row
	for i := range 5 {
		rows = append(rows, Row{Result: &sim.Result{Kernel: fmt.Sprint("v6.", i), Actors: []string{}, Complete: i != 3, Limit: map[bool]string{true: "interrupted"}[i == 3], Violations: []sim.Violation{}},
			Expected: []string{"no-bug"}, Smaller: i == 1})
	}
	rows[2] = Row{Result: three(t)[0], Expected: []string{"no-bug"}}
	var links []Link
	for i, b := range spec.Catalogue() {
		links = append(links, Link{Bug: b, Depth: i % 3, Wrong: []string{fmt.Sprint(i)}[:i%2]})
	}
	links[4].Limit = "interrupted"
	whole := written(t, func(w io.Writer) error { return HistoryJSON(w, rows, links, nil) })
	for n := 1; n <= 7; n++ {
		files := make([][]byte, n)
		for k := range n {
			files[k] = written(t, func(w io.Writer) error {
				return HistoryJSON(w, every(rows, k, n), every(links, k, n), &Part{k + 1, n})
			})
			e, err := ReadEnvelope(files[k])
			require.NoError(t, err)
			require.Equal(t, Envelope{1, "history", &Part{k + 1, n}}, e)
		}
		r, l, err := MergeHistory(files)
		require.NoError(t, err)
		require.Equal(t, string(whole), string(written(t, func(w io.Writer) error { return HistoryJSON(w, r, l, nil) })), "%d parts", n)
	}
}

// every returns the kth piece, from 0, and every nth after it.
func every[T any](all []T, k, n int) []T {
	var out []T
	for i := k; i < len(all); i += n {
		out = append(out, all[i])
	}
	return out
}

// Parts of the mutants of different kernels, or by different actors, are no whole.
func TestMergeMutants(t *testing.T) {
	part := func(kernel, actor string) []byte {
		return written(t, func(w io.Writer) error {
			return MutantsJSON(w, &sim.MutationReport{Kernel: kernel, Actors: []string{actor}, Mutants: 2, Killed: make([]sim.Mutant, 1), Survived: make([]sim.Mutant, 1)}, &Part{1, 2})
		})
	}
	whole, err := MergeMutants([][]byte{part("v6.12", "a"), part("v6.12", "a")})
	require.NoError(t, err)
	require.Equal(t, 4, whole.Mutants)
	require.Len(t, whole.Killed, 2)
	require.Len(t, whole.Survived, 2)
	for _, other := range [][]byte{part("v6.1", "a"), part("v6.12", "b")} {
		_, err := MergeMutants([][]byte{part("v6.12", "a"), other})
		require.EqualError(t, err, "part 2 is of another kernel or other actors than part 1")
	}
}

func TestDealt(t *testing.T) {
	got, err := dealt([][]int{{1, 4}, {2, 5}, {3}})
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3, 4, 5}, got)
	got, err = dealt([][]int{nil, nil})
	require.NoError(t, err)
	require.Empty(t, got)
	for _, bad := range [][][]int{{{1, 4}, nil, {3}}, {nil, {2}}, {{1, 2, 3}, {4}}} {
		_, err := dealt(bad)
		require.ErrorContains(t, err, "not of the same work")
	}
}
