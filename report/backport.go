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
	p.line("%s", st.dim(fmt.Sprintf("chosen from all %s that it lacks", plural(int64(b.Candidates), "change"))))
	if b.Checks > 0 {
		p.line("%s", st.dim(fmt.Sprintf("%s of all actors, %s of the few in a counterexample", plural(int64(b.Checks), "check"), plural(int64(b.Probes), "check"))))
	}
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
		broken := list(w.Broken)
		if len(w.Broken) == 0 { // a part of a minimal set is not right
			broken = "not known, since the search was stopped"
		}
		without := "without it: " + broken
		if len(w.Also) > 0 {
			without = "without it, and " + joinStrings(w.Also) + ", which need it: " + broken
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
