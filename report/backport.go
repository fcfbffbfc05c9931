package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// Backports writes the minimal sets of changes that make a kernel right.
func Backports(w io.Writer, st Style, b *sim.Backport) error {
	p := &printer{w: w}
	p.line("%s  %s", st.bold("kernel "+b.Kernel), backportHeadline(b))
	if len(b.Broken) > 0 {
		p.line("it breaks %s", st.red(wrap(strings.Join(b.Broken, ", "), 10, "  ")))
	}
	for i, s := range b.Sets {
		if len(s.Changes) > 0 {
			p.line("")
			p.backportSet(st, i+1, s)
		}
	}
	if !b.Complete {
		p.line("\n%s", st.amber("not complete ("+b.Limit+"): there may be other sets"))
	}
	p.line("%s", st.dim(fmt.Sprintf("%s of all actors, %s of the few in a counterexample", plural(int64(b.Checks), "check"), plural(int64(b.Probes), "check"))))
	return p.err
}

func backportHeadline(b *sim.Backport) string {
	switch n := int64(len(b.Sets)); {
	case n == 1 && len(b.Sets[0].Changes) == 0:
		return "is right as it is"
	case n == 1:
		return "one minimal set of changes makes it right"
	case n > 0:
		return plural(n, "minimal set") + " of changes make it right"
	case b.Complete:
		return "no set of the known changes makes it right"
	}
	return "no set was found so far"
}

func (p *printer) backportSet(st Style, n int, s sim.BackportSet) {
	p.line("%s  %s, the newest of %s", st.bold(fmt.Sprintf("set %d", n)), plural(int64(len(s.Changes)), "commit"), newest(s.Changes))
	for _, w := range s.Without {
		p.line("  %s %-6s %s", st.bold(w.Change.ID), w.Change.Release, wrap(w.Change.Title, 22, strings.Repeat(" ", 22)))
		without := "without it: " + strings.Join(w.Broken, ", ")
		if len(w.Also) > 0 {
			without = "without it, and " + joinStrings(w.Also) + ", which need it: " + strings.Join(w.Broken, ", ")
		}
		p.line("%22s%s", "", st.dim(wrap(without, 22, strings.Repeat(" ", 24))))
	}
	p.line("  %s", st.dim(fmt.Sprintf("nothing fails with it: %s, %s", Scope(s.Check), plural(s.Check.States, "state"))))
}

func newest(changes []*spec.Change) spec.Release {
	out := changes[0].Release
	for _, c := range changes {
		if out.Before(c.Release) {
			out = c.Release
		}
	}
	return out
}

type jsonBackportSet struct {
	Changes []string      `json:"changes"`
	Newest  string        `json:"newest,omitempty"`
	Check   *sim.Result   `json:"check"`
	Without []jsonWithout `json:"without"`
}

type jsonWithout struct {
	Change string   `json:"change"`
	Also   []string `json:"also"`
	Broken []string `json:"broken"`
}

// BackportJSON writes the same as one JSON object.
func BackportJSON(w io.Writer, b *sim.Backport) error {
	sets := []jsonBackportSet{}
	for _, s := range b.Sets {
		out := jsonBackportSet{Changes: ids(s.Changes), Check: s.Check, Without: []jsonWithout{}}
		if len(s.Changes) > 0 {
			out.Newest = newest(s.Changes).String()
		}
		for _, w := range s.Without {
			out.Without = append(out.Without, jsonWithout{w.Change.ID, ids(w.Also), w.Broken})
		}
		sets = append(sets, out)
	}
	return writeJSON(w, struct {
		Schema   int               `json:"schema"`
		Kernel   string            `json:"kernel"`
		Broken   []string          `json:"broken"`
		Sets     []jsonBackportSet `json:"sets"`
		Complete bool              `json:"complete"`
		Limit    string            `json:"limit,omitempty"`
	}{schema, b.Kernel, append([]string{}, b.Broken...), sets, b.Complete, b.Limit})
}

func ids(changes []*spec.Change) []string {
	out := []string{}
	for _, c := range changes {
		out = append(out, c.ID)
	}
	return out
}
