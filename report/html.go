package report

import (
	_ "embed" // page.html
	"html/template"
	"io"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

//go:embed page.html
var page string

// HTML writes one self-contained page: the verdicts, and each violation with its interleaving, a column for each task.
func HTML(w io.Writer, results []*sim.Result) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"phrase": Phrase, "who": Who, "scope": Scope, "platforms": platforms, "interesting": interesting,
		"plural": func(n int, what string) string { return plural(int64(n), what) }, "grouped": grouped,
		"join":   func(s []string) string { return strings.Join(s, ", ") },
		"tasks":  func(v sim.Violation) []int { return upTo(tasksOf(v)) },
		"head":   headOf,
		"broken": func(r *sim.Result, id string) bool { return len(waysOf(r, id)) > 0 },
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		Results    []*sim.Result
		Invariants []*spec.Invariant
	}{results, spec.Invariants()})
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}
