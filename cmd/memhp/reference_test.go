package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/report"
)

const referenceDir = "../../docs/reference"

// docs/reference is what the specification says: no page is stale, missing or left over.
func TestReferenceIsFresh(t *testing.T) {
	pages, err := report.Pages()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.RemoveAll(referenceDir))
		for name, text := range pages {
			file := filepath.Join(referenceDir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		}
	}
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(referenceDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(referenceDir, path)
		found[filepath.ToSlash(name)] = string(text)
		return err
	}))
	for name, text := range pages {
		require.Equal(t, text, found[name], "%s is stale: run go test ./cmd/memhp -run Reference -update", name)
	}
	require.Len(t, found, len(pages), "pages are left over")
}

var link = regexp.MustCompile(`\]\(([^)]+)\)`)

// Every link of the reference leads somewhere.
func TestReferenceLinks(t *testing.T) {
	pages, err := report.Pages()
	require.NoError(t, err)
	for name, text := range pages {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			_, err := os.Stat(filepath.Join(referenceDir, filepath.Dir(name), m[1]))
			require.NoError(t, err, "%s: %s", name, m[1])
		}
	}
}
