package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// memhp mutate exits with 1 if a mutant survives, and says in JSON what became of all.
func TestMutate(t *testing.T) {
	status, out, errOut := memhp("mutate", "v6.12", "--actors", "cpu_up", "--format", "json")
	require.Empty(t, errOut)
	var r struct {
		Schema, Mutants, Killed, Equivalent int
		Kernel                              string
		Tolerated, Survived                 []struct{ Kind, Function, Reason string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, 1, r.Schema)
	require.Equal(t, "v6.12", r.Kernel)
	require.NotZero(t, r.Killed)
	require.NotEmpty(t, r.Tolerated)
	require.NotEmpty(t, r.Tolerated[0].Reason)
	require.Equal(t, len(r.Survived) > 0, status == exitViolation)
	require.Equal(t, r.Mutants, r.Killed+r.Equivalent+len(r.Tolerated)+len(r.Survived))

	status, _, errOut = memhp("mutate", "v6.12", "--shard", "3/2")
	require.Equal(t, exitUsage, status)
	require.Contains(t, errOut, `"3/2" is no part`)
}
