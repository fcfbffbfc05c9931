package prove_test

import (
	"context"
	"flag"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/sim/prove"
	"memhp/spec"
)

// A longer run is go test ./sim/prove -run Bounded -bounded.states 5000000 -bounded.all
var (
	boundedStates = flag.Int64("bounded.states", 6_000, "hold proofs against checks of up to so many states")
	boundedAll    = flag.Bool("bounded.all", false, "hold proofs against checks for each kernel of the history")
)

// What is said of any number of tasks is what checks of 2 to 6 tasks find, for each right kernel and for some that are not: nothing where it is
// proved, and the proof stands a second look; else the same violations, with as many tasks as it is said that they need.
func TestProofsAgreeWithBoundedChecks(t *testing.T) {
	for _, k := range spec.HistoryKernels() {
		right := len(spec.Expected(k)) == 0
		if !right && !*boundedAll && !slices.Contains([]string{"v3.15", "v4.1", "v4.4.220", "v4.9.204"}, k.String()) {
			continue
		}
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel()
			c := prove.Config{Config: sim.Config{Kernel: k, Blocks: 1}}
			r, cert := proveIt(t, c)
			if !right {
				require.Equal(t, prove.Violated, r.Verdict)
				agreesWithBounded(t, c, r)
				return
			}
			require.Equal(t, prove.Proved, r.Verdict, r.Reason)
			require.NoError(t, check(c, cert))
			agreesWithBounded(t, c, r)
		})
	}
}

func agreesWithBounded(t *testing.T, c prove.Config, r *prove.Result) {
	complete := 0
	states := int64(0)
	for tasks := 2; tasks <= 6 && 5*states < *boundedStates; tasks++ {
		c.Tasks, c.Limits.States = tasks, *boundedStates
		bounded, err := sim.Check(context.Background(), c.Config)
		require.NoError(t, err)
		for _, v := range bounded.Violations {
			require.True(t, slices.ContainsFunc(r.Violations, func(w prove.Violation) bool { return w.Invariant == v.Invariant && w.Tasks <= tasks }),
				"%d tasks break %s, which the answer for any number does not say", tasks, v.Invariant)
		}
		if !bounded.Complete {
			break
		}
		complete, states = complete+1, bounded.States
		for _, v := range r.Violations {
			require.Equal(t, v.Tasks <= tasks, slices.ContainsFunc(bounded.Violations, func(w sim.Violation) bool { return v.Same(w) }),
				"%s needs %d tasks; what do %d show?", v.Invariant, v.Tasks, tasks)
		}
	}
	require.Positive(t, complete, "every check was too big to tell")
}
