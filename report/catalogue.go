package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/spec"
)

// Bugs lists the catalogue: each bug with what repairs it and the commands that show it.
func Bugs(w io.Writer, st Style) error {
	p := &printer{w: w}
	for _, b := range spec.Catalogue() {
		p.line("%s %s", st.bold(fmt.Sprintf("%-5s", b.ID)), wrap(b.Title, 6, "      "))
		if len(b.Fix) > 0 {
			p.line("      %s", st.dim(wrap(role(b)+" "+joinStrings(b.Fix)+caused(b), 6, "      ")))
		}
		for _, s := range b.Scenarios {
			p.line("      %s", shell(command(s), 6))
		}
		if b.NotReproduced != "" {
			p.line("      %s", st.amber(wrap("not reproduced: "+b.NotReproduced, 6, "      ")))
		}
	}
	return p.err
}

func role(b spec.Bug) string {
	if b.Negative {
		return "cannot happen, because of"
	}
	return "repaired by"
}

func caused(b spec.Bug) string {
	if len(b.Causes) == 0 {
		return ""
	}
	return "; then came " + strings.Join(b.Causes, ", ")
}

// command is the check that shows the bug.
func command(s spec.Scenario) string {
	return fmt.Sprintf("memhp check %s --actors %s --tasks %d --blocks %d", s.Before, s.Actors, s.Size().Tasks, s.Size().Blocks)
}

// CatalogueDoc writes docs/catalogue.md.
func CatalogueDoc(w io.Writer) error {
	p := &printer{w: w}
	p.line(`# The bugs of the past

Bugs of memory hotplug that were found in the real world, and what the specification makes of them. For each that is reproduced, exploration finds
the named rules broken on the kernel with the bug, by the named actors, and does not find them broken on the kernel without. "opens" are rules that the
repair breaks: the next bug. An entry marked *no bug* is a report that turned out to be none; its first kernel or actor lacks what keeps it from happening.

This page is generated from the table in spec/catalogue*.go; "go test ./cmd/memhp -update" writes it again, and "go test ./props -run Catalogue" runs it.
`)
	p.line("## Chains: a repair that caused the next bug\n")
	for _, c := range spec.Chains() {
		p.line("- %s", strings.Join(c, " -> "))
	}
	p.line("\n## The bugs")
	for _, b := range spec.Catalogue() {
		p.bug(b)
	}
	p.line("\n## Not reproduced\n")
	for _, b := range spec.Catalogue() {
		if b.NotReproduced != "" {
			p.line("- **%s** %s: %s", b.ID, b.Title, b.NotReproduced)
		}
	}
	p.line("\n## Changes not modelled\n\nCommits of the history and of the bugs above that no kernel of the specification has or lacks.\n")
	for _, c := range spec.UnmodelledChanges() {
		p.line("- %s (%s) %s: %s", c.ID, c.Release, c.Title, c.Reason)
	}
	return p.err
}

func (p *printer) bug(b spec.Bug) {
	p.line("\n### %s %s\n", b.ID, b.Title)
	if b.Negative {
		p.line("*No bug.* %s\n", b.Story)
	} else {
		p.line("%s\n", b.Story)
	}
	for _, c := range b.Fix {
		p.line("- %s %s (%s): %s", role(b), c.ID, c.Release, c.Title)
	}
	for _, s := range b.Scenarios {
		p.reproduction(s)
	}
	if b.NotReproduced != "" {
		p.line("- not reproduced: %s", b.NotReproduced)
	}
	if len(b.Causes) > 0 {
		p.line("- then came %s", strings.Join(b.Causes, ", "))
	}
	p.line("- read: %s", b.Source)
	if b.Unverified != "" {
		p.line("- not verified: %s", b.Unverified)
	}
}

func (p *printer) reproduction(s spec.Scenario) {
	by := ""
	if len(s.By) > 0 {
		by = fmt.Sprintf(", the first by %s", strings.Join(s.By, ", "))
	}
	if len(s.Breaks) > 0 {
		p.line("- `%s` breaks %s%s", command(s), joinStrings(s.Breaks), by)
	} else {
		p.line("- `%s` does not break %s", command(s), joinStrings(s.Opens))
	}
	after := s.After
	if s.AfterActors != "" {
		after += " with " + s.AfterActors
	}
	opens := ""
	if len(s.Opens) > 0 {
		opens = "; opens " + joinStrings(s.Opens)
	}
	p.line("- `%s` holds%s", after, opens)
}
