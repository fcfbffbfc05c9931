package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// What is broken without a change is not known if the search was stopped before it had looked; it is never nothing.
func TestBackportThatWasStopped(t *testing.T) {
	change := spec.Changes()[0]
	for text, broken := range map[string][]string{"without it: no-bug": {"no-bug"}, "without it: not known, since the search was stopped": nil} {
		var out strings.Builder
		require.NoError(t, Backports(&out, Style{}, &sim.Backport{Kernel: "v4.19", Limit: "interrupted", Sets: []sim.BackportSet{{
			Changes: []*spec.Change{change}, Check: &sim.Result{Complete: true}, Without: []sim.Without{{Change: change, Broken: broken}}}}}))
		require.Contains(t, out.String(), text)
		require.NotContains(t, out.String(), "none")
	}
}
