package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// A row agrees if what was found is what is documented, and if nothing more can be found.
func TestRowAgrees(t *testing.T) {
	found := func(complete bool, ids ...string) *sim.Result {
		r := &sim.Result{Complete: complete}
		for _, id := range ids {
			r.Violations = append(r.Violations, sim.Violation{Invariant: id})
		}
		return r
	}
	var all []string
	for _, inv := range spec.Invariants() {
		all = append(all, inv.ID)
	}
	for name, tt := range map[string]struct {
		row    Row
		agrees bool
	}{
		"nothing":                               {Row{Result: found(true)}, true},
		"what is documented":                    {Row{Result: found(true, "no-bug", "progress"), Expected: []string{"progress", "no-bug"}}, true},
		"less":                                  {Row{Result: found(true, "no-bug"), Expected: []string{"progress", "no-bug"}}, false},
		"more":                                  {Row{Result: found(true, "no-bug")}, false},
		"as much, but there may be more":        {Row{Result: found(false, "no-bug"), Expected: []string{"no-bug"}}, false},
		"everything, so there cannot be more":   {Row{Result: found(false, all...), Expected: all}, true},
		"less, in a smaller check":              {Row{Result: found(true), Expected: []string{"no-bug"}, Smaller: true}, true},
		"more, in a smaller check":              {Row{Result: found(true, "no-bug"), Smaller: true}, false},
		"nothing, in a smaller check, stopped":  {Row{Result: found(false), Smaller: true}, false},
		"a part, in a smaller check that ended": {Row{Result: found(true, "no-bug"), Expected: []string{"progress", "no-bug"}, Smaller: true}, true},
	} {
		require.Equal(t, tt.agrees, tt.row.Agrees(), name)
	}
}
