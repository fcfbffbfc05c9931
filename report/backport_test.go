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

// That there is no set is known only if the search came to its end.
func TestBackportHeadline(t *testing.T) {
	change, check := spec.Changes()[0], &sim.Result{Complete: true}
	set := sim.BackportSet{Changes: []*spec.Change{change}, Check: check}
	for want, b := range map[string]sim.Backport{
		"is right as it is":                          {Complete: true, Sets: []sim.BackportSet{{Check: check}}},
		"one minimal set of changes makes it right":  {Complete: true, Sets: []sim.BackportSet{set}},
		"2 minimal sets of changes make it right":    {Complete: true, Sets: []sim.BackportSet{set, set}},
		"no set of the known changes makes it right": {Complete: true},
		"no set was found so far":                    {},
	} {
		require.Equal(t, want, backportHeadline(&b))
	}
}
