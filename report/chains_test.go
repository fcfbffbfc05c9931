package report

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// What differs from the catalogue, and what was not explored to the end, is marked and counted; the first weighs more.
func TestChainsText(t *testing.T) {
	bug := spec.Catalogue()[0]
	fine, stopped, wrong := Link{Bug: bug}, Link{Bug: bug, Limit: "interrupted"}, Link{Bug: bug, Wrong: []string{"it holds"}}
	for _, tt := range []struct {
		links    []Link
		verdict  string
		contains string
	}{
		{[]Link{fine, fine}, "All 2 are as the catalogue says.", "  " + bug.ID + " . "},
		{[]Link{fine, stopped}, "1 of 2 were not explored to the end.", "  " + bug.ID + " ? "},
		{[]Link{stopped, wrong}, "1 of 2 differ from the catalogue.", "  " + bug.ID + " ! "},
	} {
		got := text(t, func(w io.Writer) error { return Chains(w, Style{}, tt.links) })
		require.Contains(t, got, "\n"+tt.verdict+"\n")
		require.Contains(t, got, tt.contains)
	}
}
