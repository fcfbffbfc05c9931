package props

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// Every bug of the catalogue is found by exploration on the kernel that has it, broken by the actors that are known to break it, and not on
// the kernel that does not.
func TestCatalogue(t *testing.T) {
	for _, bug := range spec.Catalogue() {
		for i, s := range bug.Scenarios {
			t.Run(fmt.Sprintf("%s/%d", bug.ID, i+1), func(t *testing.T) {
				with, without, err := s.Machines()
				require.NoError(t, err)
				before, after := run(t, with), run(t, without)
				require.NotEmpty(t, s.Breaks)
				for _, inv := range s.Breaks {
					require.Contains(t, before.Broken(), inv.ID, "in %s", s.Before)
					require.NotContains(t, after.Broken(), inv.ID, "in %s", s.After)
				}
				if s.By != nil {
					require.Contains(t, whoBreaks(before, s.Breaks[0]), s.By)
				}
				var opened []string
				for _, id := range after.Broken() {
					if !slices.Contains(before.Broken(), id) {
						opened = append(opened, id)
					}
				}
				require.ElementsMatch(t, ids(s.Opens), opened, "what the repair opens")
			})
		}
	}
}

func run(t *testing.T, m spec.Machine) *sim.Result {
	return check(t, sim.Config{Kernel: m.Kernel, Actors: m.Actors, Selection: m.Selection, Tasks: m.Tasks, Blocks: m.Blocks})
}

func whoBreaks(r *sim.Result, inv *spec.Invariant) [][]string {
	var out [][]string
	for _, v := range r.Violations {
		if v.Invariant == inv.ID {
			out = append(out, sorted(v.Actors))
		}
	}
	return out
}

func ids(invs []*spec.Invariant) []string {
	out := []string{}
	for _, i := range invs {
		out = append(out, i.ID)
	}
	return out
}
