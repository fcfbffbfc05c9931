package props

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/sim/prove"
)

// What is proved for any number of tasks, no number of tasks breaks: exploration finds nothing with 2 to 4 of them, and the independent checker
// agrees. What is violated can be replayed.
func TestProofsAgreeWithExploration(t *testing.T) {
	for name, property := range map[string]func(*rapid.T){
		"programs": func(t *rapid.T) { proofAgrees(t, drawPrograms(t), 4) },
		"writers":  func(t *rapid.T) { proofAgrees(t, drawWriters(t), 4) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, property)
		})
	}
}

// The same for kernels that never were. They have many states, so it is 2 tasks and fewer kernels.
func TestProofsAgreeOnRandomKernels(t *testing.T) {
	oneInChecks(t, 10)
	rapid.Check(t, func(t *rapid.T) { proofAgrees(t, drawKernel(t), 2) })
}

func proofAgrees(t *rapid.T, c sim.Config, upTo int) {
	config := prove.Config{Config: c, MaxTasks: upTo}
	r, cert, err := prove.Prove(context.Background(), config)
	require.NoError(t, err)
	for tasks := 1; tasks <= upTo && r.Verdict != prove.Violated; tasks++ {
		c.Tasks, c.Limits = tasks, sim.Limits{States: tooMany}
		bounded, err := sim.Check(context.Background(), c)
		require.NoError(t, err)
		require.Empty(t, bounded.Violations, "%s, but %d tasks break it", r.Verdict, tasks)
	}
	switch r.Verdict {
	case prove.Proved:
		_, err := prove.Check(config, cert)
		require.NoError(t, err)
	case prove.Violated:
		for _, v := range r.Violations {
			if v.Invariant != rule.ID { // tokens name rules of the specification only
				_, err := sim.Replay(v.Token, c.Actors)
				require.NoError(t, err, v.Token)
			}
		}
	default:
		require.NotEmpty(t, r.Reason)
	}
}
