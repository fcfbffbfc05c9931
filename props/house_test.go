package props

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// above says which layers of this module a layer may import.
var above = map[string][]string{
	"spec":    nil,
	"sim":     {"spec", "sim"},
	"conform": {"spec", "conform"},
	"report":  {"spec", "sim", "conform", "report"},
	"cmd":     {"spec", "sim", "conform", "report", "cmd"},
	"props":   {"spec", "sim", "conform", "report", "props"},
}

// Imports run one way: cmd, report, sim and conform, spec. conform/vm stands above sim and conform.
func TestImportsRunOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "memhp/...").Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Greater(t, len(lines), 5)
	for _, line := range lines {
		words := strings.Fields(line)
		layer := strings.Split(words[0], "/")[1]
		require.Contains(t, above, layer, "%s belongs to no layer", words[0])
		for _, to := range words[1:] {
			name, ours := strings.CutPrefix(to, "memhp/")
			name, _, _ = strings.Cut(name, "/")
			vm := strings.HasPrefix(words[0], "memhp/conform/") && words[0] != "memhp/conform" && name == "sim"
			require.True(t, !ours || vm || slices.Contains(above[layer], name), "%s imports %s", words[0], to)
		}
	}
}

// sources calls look with each source file of the module.
func sources(t *testing.T, look func(path string, set *token.FileSet, file *ast.File)) {
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err == nil {
			look(path, set, file)
		}
		return err
	})
	require.NoError(t, err)
}

const maxFile, maxFunction = 500, 60

// Files and functions are short enough to be read.
func TestFilesAndFunctionsAreShort(t *testing.T) {
	sources(t, func(path string, set *token.FileSet, file *ast.File) {
		lines := func(n ast.Node) int { return set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1 }
		require.LessOrEqual(t, set.File(file.Pos()).LineCount(), maxFile, path)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && !table(f) && !strings.HasSuffix(path, "_test.go") {
				require.LessOrEqual(t, lines(f), maxFunction, "%s: %s", path, f.Name)
			}
		}
	})
}

// table tells whether a function does nothing but return a table.
func table(f *ast.FuncDecl) bool {
	if len(f.Body.List) != 1 {
		return false
	}
	_, ok := f.Body.List[0].(*ast.ReturnStmt)
	return ok
}

// Every exported name has a comment, of its own or of its group.
func TestExportedNamesHaveComments(t *testing.T) {
	names := 0
	sources(t, func(path string, _ *token.FileSet, file *ast.File) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, d := range file.Decls {
			for _, name := range bare(d) {
				require.Fail(t, "no comment", "%s: %s", path, name)
			}
			names++
		}
	})
	require.Greater(t, names, 100)
}

// bare returns the exported names that a declaration makes without a comment.
func bare(d ast.Decl) []string {
	var out []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			out = append(out, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					out = append(out, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						out = append(out, n.Name)
					}
				}
			}
		}
	}
	return out
}

// exportedReceiver tells whether a function is none of a type that nobody outside sees. String and the like need no comment.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	r := d.Recv.List[0].Type
	if p, ok := r.(*ast.StarExpr); ok {
		r = p.X
	}
	name, ok := r.(*ast.Ident)
	return ok && name.IsExported() && d.Name.Name != "String"
}

// Where the comment of a package lists files, it lists all of them, and none that is not there.
func TestPackageCommentsListTheirFiles(t *testing.T) {
	for _, dir := range []string{"../sim", "../sim/prove"} {
		doc, err := os.ReadFile(filepath.Join(dir, "doc.go"))
		require.NoError(t, err)
		listed := regexp.MustCompile(`\b\w+\.go\b`).FindAllString(string(doc), -1)
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		var there []string
		for _, f := range files {
			if name := filepath.Base(f); name != "doc.go" && !strings.HasSuffix(name, "_test.go") {
				there = append(there, name)
			}
		}
		require.ElementsMatch(t, there, listed, dir)
	}
}

// The checks see what they look for.
func TestBareNamesAreSeen(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
func F() {}
type T struct{}
var V int
// G is told.
func G() {}
func (t T) M() {}
func f() {}
func (u u) N() {}`, parser.ParseComments)
	require.NoError(t, err)
	var names []string
	for _, d := range file.Decls {
		names = append(names, bare(d)...)
	}
	require.Equal(t, []string{"F", "T", "V", "M"}, names)
}
