package props

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed is a line of a list of files in the comment of a package; in it, each name of a file.
var (
	listed   = regexp.MustCompile(`(?m)^\s+- [\w*]+\.go.*$`)
	fileName = regexp.MustCompile(`[\w*]+\.go`)
)

// unlisted returns the files that no name of a list stands for. A list of none is no list.
func unlisted(doc string, files []string) []string {
	patterns := fileName.FindAllString(strings.Join(listed.FindAllString(doc, -1), "\n"), -1)
	if len(patterns) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(files), func(file string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			is, err := filepath.Match(p, file)
			return err == nil && is
		})
	})
}

// A package that lists its files lists all of them, but for its tests.
func TestPackagesListTheirFiles(t *testing.T) {
	docs, files := map[string]string{}, map[string][]string{}
	sources(t, func(path string, _ *token.FileSet, file *ast.File) {
		dir, name := filepath.Split(path)
		switch {
		case strings.HasSuffix(name, "_test.go"):
		case name == "doc.go":
			docs[dir] = file.Doc.Text()
		default:
			files[dir] = append(files[dir], name)
		}
	})
	require.NotEmpty(t, docs)
	for dir, doc := range docs {
		require.Empty(t, unlisted(doc, files[dir]), dir)
	}
	list := "Words about e.go.\n\n  - a.go, b.go  two\n  - d*.go       more\n"
	require.Equal(t, []string{"c.go", "e.go"}, unlisted(list, []string{"a.go", "b.go", "c.go", "dd.go", "e.go"}), "what is left out is noticed")
	require.Empty(t, unlisted("Words about e.go.", []string{"a.go"}), "no list")
}
