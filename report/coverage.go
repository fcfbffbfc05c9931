package report

import (
	"fmt"
	"strings"

	"memhp/sim"
)

// coverage says what a check never came to, if that was asked for.
func (p *printer) coverage(st Style, r *sim.Result) {
	c := r.Coverage
	if c == nil {
		return
	}
	p.line("")
	p.line("  %s", st.bold(fmt.Sprintf("coverage: %d of %s reached", c.Reached, plural(int64(c.Nodes), "place"))))
	p.line("  states are kept whole, so none was taken for another")
	if c.Limit != "" {
		p.line("  %s", st.amber(wrap("not complete: "+c.Limit+"; more may be reached", 2, "  ")))
	}
	p.places("operations that no task came to", c.Unreached)
	p.places("answers that no task got", c.Untaken)
	var never []string
	for _, h := range c.Sometimes {
		switch {
		case h.Happens:
		case h.Reason != "":
			never = append(never, h.What+": "+h.Reason)
		default:
			never = append(never, st.amber(h.What))
		}
	}
	p.items(fmt.Sprintf("not seen, of %d things that should happen sometimes", len(c.Sometimes)), never)
	if len(c.Unasked) > 0 {
		p.items("changes of the kernel that nothing asked about: without them the verdict would be the same", []string{strings.Join(c.Unasked, " ")})
	}
}

func (p *printer) places(title string, places []sim.Place) {
	var lines []string
	for _, x := range places {
		line := fmt.Sprintf("%s: %s of %s in %s()", x.Actor, x.Op, x.Object, x.Function)
		if x.Answer != "" {
			line += ": " + x.Answer
		}
		lines = append(lines, line)
	}
	p.items(title, lines)
}

func (p *printer) items(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("  %s", wrap(title, 2, "  "))
	for _, l := range lines {
		p.line("    %s", wrap(l, 4, "      "))
	}
}
