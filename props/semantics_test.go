package props

import (
	"go/ast"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the code says of docs/semantics.md is there: each theorem and lemma that a comment names. And what is said there of the code is here: each
// name in camel case that it puts in a code span is one of the code.
func TestSemanticsAndCodeNameEachOther(t *testing.T) {
	semantics, err := os.ReadFile("../docs/semantics.md")
	require.NoError(t, err)
	text := string(semantics)
	cited := regexp.MustCompile(`(?i)\b(theorem|lemma) ([A-Z]?[0-9]+)`)
	names, theorems := map[string]bool{}, 0
	sources(t, func(path string, _ *token.FileSet, file *ast.File) {
		for _, c := range file.Comments {
			for _, m := range cited.FindAllStringSubmatch(c.Text(), -1) {
				theorems++
				heading := regexp.MustCompile(`\*\*` + strings.ToUpper(m[1][:1]) + m[1][1:] + ` ` + m[2] + `\b[^*]*\.\*\*`)
				require.True(t, heading.MatchString(text), "%s: %s", path, m[0])
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				names[id.Name] = true
			}
			return true
		})
	})
	require.Greater(t, theorems, 20)
	spans := regexp.MustCompile("`(?:[a-z]+\\.)?([a-z]+[A-Z][A-Za-z]*)`").FindAllStringSubmatch(text, -1)
	require.Greater(t, len(spans), 10)
	for _, m := range spans {
		require.True(t, names[m[1]], "docs/semantics.md: %s", m[0])
	}
}
