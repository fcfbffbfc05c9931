package report

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/sim/prove"
	"memhp/spec"
)

func text(t *testing.T, write func(io.Writer) error) string { return string(written(t, write)) }

// What holds, what is broken and what is not known are told apart, for each rule and as a whole.
func TestCheckText(t *testing.T) {
	n := len(spec.Invariants())
	for i, r := range three(t) {
		got := text(t, func(w io.Writer) error { return Check(w, Style{}, []*sim.Result{r}) })
		count := map[string]int{}
		for _, line := range strings.Split(got, "\n") {
			if words := strings.Fields(line); len(words) > 1 && strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   ") {
				count[words[0]]++
			}
		}
		broken := len(r.Broken())
		want := []map[string]int{{"broken": broken, "holds": n - broken, "?": 0}, {"broken": 0, "holds": n, "?": 0}, {"broken": 0, "holds": 0, "?": n}}[i]
		for verdict, times := range want {
			require.Equal(t, times, count[verdict], "%s: %s\n%s", r.Kernel, verdict, got)
		}
		require.Equal(t, r.Complete, strings.Contains(got, "complete: every reachable state was seen"), r.Kernel)
		require.Equal(t, !r.Complete, strings.Contains(got, "not complete: more than 5 states; what is not broken below is inconclusive"), r.Kernel)
	}
}

// Coverage lists what was not seen, and nothing that was.
func TestCoverageText(t *testing.T) {
	r := &sim.Result{Kernel: "v6.12", Complete: true, Coverage: &sim.Coverage{Nodes: 10, Reached: 7, Limit: "interrupted", Sometimes: []sim.Happening{
		{What: "it was seen", Happens: true}, {What: "it cannot be", Reason: "no kernel has it"}, {What: "it was not seen"}}}}
	got := text(t, func(w io.Writer) error { return Check(w, Style{}, []*sim.Result{r}) })
	require.Contains(t, got, "coverage: 7 of 10 places reached")
	require.Contains(t, got, "not complete: interrupted; more may be reached")
	require.Contains(t, got, "not seen, of 3 things that should happen sometimes\n    it cannot be: no kernel has it\n    it was not seen\n")
	require.NotContains(t, got, "it was seen")
}

// A proof that was not written is not offered for a check.
func TestProveText(t *testing.T) {
	r := &prove.Result{Kernel: "v6.12", Groups: []string{"core"}, AnyBlocks: true, Verdict: prove.Proved}
	got := text(t, func(w io.Writer) error { return Prove(w, Style{}, []*prove.Result{r}) })
	require.Contains(t, got, "proved: no number of tasks breaks a rule")
	require.NotContains(t, got, "--check")
	r.Certificate = "proof.json"
	require.Contains(t, text(t, func(w io.Writer) error { return Prove(w, Style{}, []*prove.Result{r}) }), "memhp prove --check proof.json v6.12")
	r.Verdict, r.Reason = prove.Unknown, "interrupted"
	got = text(t, func(w io.Writer) error { return Prove(w, Style{}, []*prove.Result{r}) })
	require.Contains(t, got, "unknown: interrupted")
	require.NotContains(t, got, "proved")
}
