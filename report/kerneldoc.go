package report

import (
	"io"
	"slices"
	"strings"

	"memhp/spec"
)

// KernelDoc writes, for each function that has a contract in kernel k, the parts of its kernel-doc comment that the contract tells: what it
// does, its context and what it returns, in the words of Documentation/doc-guide/kernel-doc.rst. Parameters are not modelled.
func KernelDoc(w io.Writer, k spec.Kernel) error {
	p := &printer{w: w}
	file := ""
	for _, f := range byFile(spec.Functions()) {
		clauses := f.Contract(k)
		if len(clauses) == 0 {
			continue
		}
		if f.File != file {
			p.line("/* %s, %s */\n", f.File, k)
			file = f.File
		}
		p.line("/**")
		p.comment(f.Name+"() - ", f.Doc)
		p.line(" *")
		p.comment("Context: ", contextOf(clauses, k))
		if len(f.Returns(k)) > 0 {
			p.comment("Return: ", returnsOf(f, k))
		}
		p.line(" */\n")
	}
	return p.err
}

// byFile sorts the functions of a file together, files in the order in which they come first.
func byFile(fs []*spec.Function) []*spec.Function {
	first := func(f *spec.Function) int {
		return slices.IndexFunc(fs, func(g *spec.Function) bool { return g.File == f.File })
	}
	return slices.SortedStableFunc(slices.Values(fs), func(f, g *spec.Function) int { return first(f) - first(g) })
}

// commentWidth is the width of comments in the kernel.
const commentWidth = 80

// comment writes a section of a kernel-doc comment; the lines after the first are indented below its text.
func (p *printer) comment(head, text string) {
	indent := strings.Repeat(" ", min(len(head), 9))
	line := head
	for _, word := range strings.Fields(text) {
		if len(" * ")+len(line)+len(word) > commentWidth && strings.TrimSpace(line) != "" {
			p.line(" * %s", strings.TrimRight(line, " "))
			line = indent
		}
		line += word + " "
	}
	p.line(" * %s", strings.TrimRight(line, " "))
}

// contextOf says from where a function may be called. All locks of the specification sleep, so who takes or holds one is in process context.
func contextOf(clauses []spec.Clause, k spec.Kernel) string {
	out := []string{"Process context."}
	for _, c := range clauses {
		writing := ""
		if c.Mode == spec.Write && c.Lock.KindIn(k).Shared() {
			writing = " for writing"
		}
		switch c.Demand {
		case spec.Requires:
			out = append(out, "Expects "+c.Lock.Name+" to be held"+writing+" by the caller.")
		case spec.Takes:
			out = append(out, "Takes and releases "+c.Lock.Name+writing+".")
		}
	}
	if locks := forbidden(clauses); locks != "" {
		out = append(out, "Must not be called with "+locks+" held.")
	}
	return strings.Join(out, " ")
}

func forbidden(clauses []spec.Clause) string {
	var locks []string
	for _, c := range clauses {
		if c.Demand == spec.Forbids {
			locks = append(locks, c.Lock.Name)
		}
	}
	return strings.Join(locks, " or ")
}

// returnsOf lists the values that a function may return.
func returnsOf(f *spec.Function, k spec.Kernel) string {
	words := []string{"0"}
	for _, e := range f.Returns(k) {
		words = append(words, e.String())
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1] + "."
}
