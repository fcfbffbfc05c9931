package props

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// replays is how many counterexamples of each invariant are replayed in each kernel, unless MEMHP_ALL is set; those of lock-order all are.
const replays = 1

// Every counterexample of every kernel of the story, pasted as a token, shows the same violation again.
func TestEveryCounterexampleReplays(t *testing.T) {
	t.Parallel()
	for _, k := range spec.SeedStory() {
		t.Run(k.String(), func(t *testing.T) {
			seen := map[string]int{}
			for _, v := range check(t, sim.Config{Kernel: k, Tasks: 2, Blocks: 1}).Violations {
				if seen[v.Invariant]++; os.Getenv("MEMHP_ALL") == "" && seen[v.Invariant] > replays && v.Invariant != spec.LockOrder.ID {
					continue
				}
				again, err := sim.Replay(v.Token, nil)
				require.NoError(t, err, v.Token)
				require.Len(t, again.Violations, 1)
				require.True(t, v.Same(again.Violations[0]), "%s\nfound  %v %v %s\nreplay %v %v %s", v.Token, v.Locks, v.Actors, v.Why,
					again.Violations[0].Locks, again.Violations[0].Actors, again.Violations[0].Why)
				require.Equal(t, v.Trace, again.Violations[0].Trace, v.Token)
			}
		})
	}
}
