package spec_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// lines returns the words of each line of a file that is no comment.
func lines(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var out [][]string
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 0 && words[0] != "#" {
			out = append(out, words)
		}
	}
	return out
}

// Every bug that is known is in the catalogue: one that can be expressed has scenarios, or the reason why not; a report that was none fails without
// what keeps it from happening. The catalogue knows no other.
func TestEveryKnownBugIsInTheCatalogue(t *testing.T) {
	var ids []string
	for _, words := range lines(t, "testdata/bugs.txt") {
		ids = append(ids, words[0])
		b, err := spec.FindBug(words[0])
		require.NoError(t, err)
		require.Contains(t, []string{"Y", "Y+", "P"}, words[1], words[0])
		require.NotEqual(t, len(b.Scenarios) == 0, b.NotReproduced == "", "%s: scenarios, or a reason", b.ID)
		if len(words) > 2 {
			require.True(t, b.Negative, "%s is no bug", b.ID)
		}
		if b.Negative {
			require.True(t, slices.ContainsFunc(b.Scenarios, func(s spec.Scenario) bool { return len(s.Breaks) > 0 }), "%s: what breaks without its protection", b.ID)
		}
	}
	for _, b := range spec.Catalogue() {
		require.Contains(t, ids, b.ID)
	}
	require.Len(t, ids, len(spec.Catalogue()))
}

// Every commit that the history names is a change, or is said not to be modelled, and why; none is both.
func TestEveryCommitIsAChangeOrHasAReason(t *testing.T) {
	reasons := map[string]bool{}
	for _, u := range spec.UnmodelledChanges() {
		require.NotEmpty(t, u.Reason, u.ID)
		require.NotEmpty(t, u.Title, u.ID)
		require.Regexp(t, `^v\d+\.\d+$`, u.Release, u.ID)
		_, err := spec.FindChange(u.ID)
		require.Error(t, err, "%s is a change", u.ID)
		reasons[u.ID] = true
	}
	for _, words := range lines(t, "testdata/commits.txt") {
		if _, err := spec.FindChange(words[0]); err != nil {
			require.True(t, reasons[words[0]], "%s is no change, and nobody says why", words[0])
		}
		delete(reasons, words[0])
	}
	require.Empty(t, reasons, "reasons for commits that nobody names")
}
