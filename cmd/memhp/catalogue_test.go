package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/report"
	"memhp/spec"
)

// docs/catalogue.md is what the table says.
func TestCatalogueDocIsFresh(t *testing.T) {
	const file = "../../docs/catalogue.md"
	var got bytes.Buffer
	require.NoError(t, report.CatalogueDoc(&got))
	if *update {
		require.NoError(t, os.WriteFile(file, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String(), "run go test ./cmd/memhp -update")
}

// Every bug is listed, with a scenario or the reason why there is none.
func TestCatalogueIsListed(t *testing.T) {
	status, out, errOut := memhp("list", "bugs")
	require.Equal(t, exitHolds, status)
	require.Empty(t, errOut)
	for _, b := range spec.Catalogue() {
		require.Contains(t, out, b.ID+" ")
		require.NotEqual(t, len(b.Scenarios) == 0, b.NotReproduced == "", "%s: a scenario or a reason", b.ID)
		require.NotEmpty(t, b.Source, b.ID)
		require.NotEmpty(t, b.Story, b.ID)
	}
}
