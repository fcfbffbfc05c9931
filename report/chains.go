package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"memhp/spec"
)

// Link is a bug of a chain of repairs that caused the next bug, or one that stands alone, with what exploration made of it.
type Link struct {
	Bug spec.Bug
	// Depth counts the bugs before it in its chain.
	Depth int
	// Wrong says where exploration differs from the catalogue.
	Wrong []string
	// Limit says why it was not explored to the end, if it was not.
	Limit string
}

// alone tells whether no repair caused the bug, and its own repair caused none.
func (l Link) alone() bool { return l.Depth == 0 && len(l.Bug.Causes) == 0 }

// Chains writes the chains: each bug below the one whose repair caused it. Bugs that stand alone come after them.
func Chains(w io.Writer, st Style, links []Link) error {
	p := &printer{w: w}
	p.line("")
	p.line("%s", st.bold("Repairs that caused the next bug, each explored with and without its repair"))
	differ, open, others := 0, 0, false
	for _, l := range links {
		if l.alone() && !others {
			others = true
			p.line("\n%s", st.bold("The other bugs of the catalogue, each explored with and without its repair"))
		}
		mark := st.green(".")
		switch {
		case l.Limit != "":
			mark = st.amber("?")
			open++
		case len(l.Wrong) > 0:
			mark = st.red("!")
			differ++
		}
		indent := strings.Repeat("  ", l.Depth)
		head := fmt.Sprintf("  %s%s ", indent, l.Bug.ID)
		p.line("%s%s %s", head, mark, wrap(l.Bug.Title+repair(l.Bug)+opened(l.Bug), len(head)+2, strings.Repeat(" ", len(head)+2)))
		for _, s := range l.Wrong {
			p.line("%s  %s", strings.Repeat(" ", len(head)), st.red(wrap(s, len(head)+2, strings.Repeat(" ", len(head)+4))))
		}
	}
	p.line("")
	switch {
	case differ > 0:
		p.line("%s", st.red(fmt.Sprintf("%d of %d differ from the catalogue.", differ, len(links))))
	case open > 0:
		p.line("%s", st.amber(fmt.Sprintf("%d of %d were not explored to the end.", open, len(links))))
	default:
		p.line("%s", st.green(fmt.Sprintf("All %d are as the catalogue says.", len(links))))
	}
	return p.err
}

// repair names the changes that repair the bug, or that keep it from happening.
func repair(b spec.Bug) string {
	if len(b.Fix) == 0 {
		return map[bool]string{true: "; cannot happen", false: "; not repaired in any release"}[b.Negative]
	}
	return "; " + role(b) + " " + joinStrings(b.Fix)
}

// opened names the rules that the repair breaks.
func opened(b spec.Bug) string {
	var out []*spec.Invariant
	for _, s := range b.Scenarios {
		for _, inv := range s.Opens {
			if !slices.Contains(out, inv) {
				out = append(out, inv)
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ", which opens " + joinStrings(out)
}
