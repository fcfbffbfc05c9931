package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"memhp/spec"
)

// Order writes the intended lock order of a kernel, as the text that applies to it.
func Order(w io.Writer, st Style, k spec.Kernel) error {
	o, err := spec.OrderOf(k)
	if err != nil {
		return err
	}
	p := &printer{w: w}
	p.line("%s", st.bold("intended lock order of "+k.String()+", outermost first"))
	for _, l := range o.Lines {
		p.line("  %s", wrap(l.Text, 2, "      "))
		if l.Reason != "" {
			p.line("      %s", st.dim("# "+wrap(l.Reason, 8, "      # ")))
		}
	}
	return p.err
}

// OrderGraph writes the intended lock order as a graph in the language of dot or mermaid; exceptions are dashed.
func OrderGraph(w io.Writer, k spec.Kernel, language string) error {
	o, err := spec.OrderOf(k)
	if err != nil {
		return err
	}
	p := &printer{w: w}
	dot := language == "dot"
	if dot {
		p.line("digraph %q {\n\trankdir=LR;\n\tnode [shape=box, fontname=monospace];", k.String())
	} else {
		p.line("graph LR")
	}
	ids := map[*spec.LockClass]string{}
	for i, c := range spec.LockClasses() {
		ids[c] = fmt.Sprintf("l%d", i)
		if !c.ExistsIn(k) {
			continue
		}
		if dot {
			p.line("\t%s [label=%q];", ids[c], c.Name)
		} else {
			p.line("    %s[%q]", ids[c], c.Name)
		}
	}
	p.orderEdges(o, k, ids, dot)
	if dot {
		p.line("}")
	}
	return p.err
}

func (p *printer) orderEdges(o *spec.Order, k spec.Kernel, ids map[*spec.LockClass]string, dot bool) {
	for _, a := range spec.LockClasses() {
		for _, b := range o.Direct(a) {
			if a.ExistsIn(k) && b.ExistsIn(k) {
				p.edge(ids[a], ids[b], "", dot)
			}
		}
	}
	for _, e := range o.Exceptions {
		if e.From.ExistsIn(k) && e.To.ExistsIn(k) {
			p.edge(ids[e.From], ids[e.To], "under "+e.Guard.Name, dot)
		}
	}
}

func (p *printer) edge(from, to, label string, dot bool) {
	switch {
	case dot && label == "":
		p.line("\t%s -> %s;", from, to)
	case dot:
		p.line("\t%s -> %s [style=dashed, label=%q];", from, to, label)
	case label == "":
		p.line("    %s --> %s", from, to)
	default:
		p.line("    %s -. %s .-> %s", from, label, to)
	}
}

// Contract writes what function f demands, takes and returns in kernel k.
func Contract(w io.Writer, st Style, f *spec.Function, k spec.Kernel) error {
	p := &printer{w: w}
	p.line("%s  %s  %s", st.bold(f.Name+"()"), f.File, st.dim("in "+k.String()))
	p.line("  %s", wrap(f.Doc, 2, "  "))
	for _, c := range f.Contract(k) {
		mode := ""
		if c.Lock.Kind.Shared() {
			mode = map[spec.Mode]string{spec.Read: ", in any mode", spec.Write: " for writing"}[c.Mode]
		}
		p.line("  %s %s%s", c.Demand, st.bold(c.Lock.Name), mode)
		p.line("      %s", st.dim(wrap("because "+c.Why+"; rule "+c.Rule.ID, 6, "      ")))
	}
	if len(f.Contract(k)) == 0 {
		p.line("  demands nothing of its caller, and has no clause on what it takes")
	}
	words := []string{"0"}
	for _, e := range f.Returns(k) {
		words = append(words, e.String())
	}
	p.line("  returns %s", strings.Join(words, ", "))
	return p.err
}

// Kernels lists the releases with the versions that were read, and the stable kernels.
func Kernels(w io.Writer) error {
	p := &printer{w: w}
	p.line("# mainline releases, and the versions whose source was read; the others have what is between these")
	for _, r := range spec.Releases() {
		if read := spec.Trees(r); len(read) > 0 {
			p.line("%-11sread: %s", r, strings.Join(read, ", "))
		} else {
			p.line("%s", r)
		}
	}
	p.line("\n# newer releases, of which a part was read: what they are as far as that goes")
	for _, n := range spec.NewerReleases() {
		p.line("%-11s%s", n.Release, n.Kernel())
		p.line("%11s%s", "", wrap("read: "+n.Read, 11, strings.Repeat(" ", 11)))
		p.line("%11s%s", "", wrap("not read: "+n.Unread, 11, strings.Repeat(" ", 11)))
	}
	p.line("\n# stable kernels: a release with changes that came back to it")
	for _, s := range spec.StableKernels() {
		p.line("%-11s%s", s.Name, wrap(fmt.Sprintf("%s with %s; from %s", s.Base, joinStrings(s.Has), s.Source), 11, strings.Repeat(" ", 11)))
		if s.Unverified != "" {
			p.line("%11s%s", "", wrap("not verified: "+s.Unverified, 11, strings.Repeat(" ", 11)))
		}
	}
	p.line("\n# any of them plus or minus changes, for example")
	for _, k := range spec.SeedStory() {
		if strings.ContainsAny(k.String(), "+-") {
			p.line("%s", k)
		}
	}
	return p.err
}

// Changes lists the changes.
func Changes(w io.Writer, st Style) error {
	p := &printer{w: w}
	for _, c := range spec.Changes() {
		p.change(st, c, c.Release.String())
	}
	return p.err
}

// Proposals lists the changes that no release has.
func Proposals(w io.Writer, st Style) error {
	p := &printer{w: w}
	for _, c := range spec.Proposals() {
		p.change(st, c, "none")
	}
	return p.err
}

func (p *printer) change(st Style, c *spec.Change, release string) {
	p.line("%s %-6s %s", st.bold(c.ID), release, wrap(c.Title, len(c.ID)+8, "                    "))
	p.line("                    %s", st.dim(wrap(c.Summary, 20, "                    ")))
	if len(c.Needs) > 0 {
		p.line("                    %s", st.dim("needs "+joinStrings(c.Needs)))
	}
	if len(c.Repairs) > 0 {
		p.line("                    %s", st.dim("repairs "+joinStrings(c.Repairs)))
	}
	if c.Unverified != "" {
		p.line("                    %s", st.amber(wrap("not verified: "+c.Unverified, 20, "                    ")))
	}
}

func joinStrings[T fmt.Stringer](items []T) string {
	out := make([]string, len(items))
	for i, x := range items {
		out[i] = x.String()
	}
	return strings.Join(out, ", ")
}

// Actors lists the actors.
func Actors(w io.Writer, st Style) error {
	p := &printer{w: w}
	for _, a := range spec.Actors() {
		var notes []string
		if a.From != nil {
			notes = append(notes, "since "+a.From.ID)
		}
		if a.Until != nil {
			notes = append(notes, "until "+a.Until.ID)
		}
		if a.Group != "" {
			notes = append(notes, "group "+a.Group)
		}
		if a.Platforms != nil {
			notes = append(notes, "on "+strings.Join(a.Platforms, ", "))
		}
		if a.Single != nil {
			notes = append(notes, "one at a time ("+a.Single.Name+")")
		}
		p.line("%s %s", st.bold(fmt.Sprintf("%-19s", a.Name)), wrap(a.Doc, 20, strings.Repeat(" ", 20)))
		if len(notes) > 0 {
			p.line("%20s%s", "", st.dim(wrap(strings.Join(notes, "; "), 20, strings.Repeat(" ", 20))))
		}
	}
	return p.err
}

// Locks lists the locks.
func Locks(w io.Writer, st Style) error {
	p := &printer{w: w}
	for _, c := range slices.Concat(spec.LockClasses(), spec.CallerLocks()) {
		scope := ""
		if c.Scope == spec.PerBlock {
			scope = ", one for each memory block"
		}
		p.line("%s %s%s", st.bold(c.Name), c.Kind, scope)
		p.line("    %s", wrap(c.Doc, 4, "    "))
		if c.Before != nil {
			p.line("    %s", st.dim(fmt.Sprintf("a %s before %s (%s)", c.Before.Kind, c.Before.Change, c.Before.Change.Release)))
		}
		if c.From != nil {
			p.line("    %s", st.dim(fmt.Sprintf("since %s (%s)", c.From, c.From.Release)))
		}
		if c.Until != nil {
			p.line("    %s", st.dim(fmt.Sprintf("gone since %s (%s)", c.Until, c.Until.Release)))
		}
	}
	return p.err
}

// Invariants lists the invariants.
func Invariants(w io.Writer, st Style) error {
	p := &printer{w: w}
	for _, inv := range spec.Invariants() {
		p.line("%s", st.bold(inv.ID))
		p.line("    %s", wrap(inv.Statement, 4, "    "))
		p.line("    %s", st.dim(wrap("because "+inv.Reason+"; from "+inv.Source, 4, "    ")))
	}
	return p.err
}

// Functions lists the modelled functions.
func Functions(w io.Writer, st Style) error {
	p := &printer{w: w}
	for _, f := range slices.SortedFunc(slices.Values(spec.Functions()), func(a, b *spec.Function) int { return strings.Compare(a.Name, b.Name) }) {
		p.line("%s %s", st.bold(fmt.Sprintf("%-29s", f.Name)), f.File)
		p.line("%30s%s", "", wrap(f.Doc, 30, strings.Repeat(" ", 30)))
	}
	return p.err
}
