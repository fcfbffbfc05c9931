package report

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"memhp/conform"
	"memhp/conform/vm"
)

// Run writes what a run of a real kernel showed.
func Run(w io.Writer, st Style, r vm.Result) error {
	p := &printer{w: w}
	p.line("%s  %s", verdictText(st, r.Verdict), st.dim("rules of "+r.Kernel))
	p.line("%s", st.bold(r.Release+" "+r.Version))
	p.line("%s", st.dim(fmt.Sprintf("%s by %s, seed %d; answered after %.1f s, worked %.1f s", plural(int64(r.Ops), "operation"),
		plural(int64(r.Tasks), "task"), r.Seed, r.BootSeconds, r.WorkSeconds)))
	if r.Failure != "" {
		p.line("  %s", st.red(wrap(r.Failure, 2, "    ")))
	}
	for _, t := range r.Troubles {
		p.line("  %s", st.red("console: "+t))
	}
	for _, n := range r.Notes {
		p.line("  %s", st.amber(wrap(n, 2, "    ")))
	}
	p.line("")
	for _, what := range slices.Sorted(maps.Keys(r.Counts)) {
		p.line("  %6d  %s", r.Counts[what], what)
	}
	p.line("")
	for _, d := range r.Disagree {
		p.line("  %s", st.red(d))
	}
	behaviour(p, st, r.Behaviour)
	if r.Lockdep != nil {
		witness(p, st, *r.Lockdep)
	}
	for _, s := range r.Stacks {
		p.line("  %s (%d), state %s, waits in", st.bold(s.Comm), s.PID, s.State)
		p.line("%s", s.Text)
	}
	if p.err != nil {
		return p.err
	}
	if err := Trace(w, st, "its trace", r.Trace); err != nil {
		return err
	}
	if r.Console != "" {
		p.line("\nconsole:\n%s", r.Console)
	}
	return p.err
}

// behaviour writes how a kernel's behaviour compares with the specification.
func behaviour(p *printer, st Style, b *vm.Behaviour) {
	if b == nil {
		return
	}
	text := fmt.Sprintf("%s in %s, compared with the specification one by one in %.1f s", plural(int64(b.Ops), "operation"),
		plural(int64(b.Sequences), "sequence"), b.Seconds)
	if !b.Vetoes {
		text += "; no notifier vetoed, since the kernel cannot inject errors of notifiers"
	}
	d := b.Difference
	if d == nil {
		p.line("  %s", wrap(text+": no difference", 2, "    "))
		p.line("")
		return
	}
	p.line("  %s", wrap(text+":", 2, "    "))
	p.line("  %s after", st.red("a difference"))
	for _, o := range d.Ops {
		p.line("      %s", o)
	}
	const indent = "               "
	p.line("    seen       %s", wrap(d.Seen, len(indent), indent))
	for i, want := range d.Predicted {
		p.line("    %-10s %s", []string{"predicted", "or"}[min(i, 1)], wrap(want, len(indent), indent))
	}
	p.line("    %s", st.dim("it is a bug of the kernel or of the specification"))
	p.line("")
}

// RunJSON writes what a run of a real kernel showed as one JSON object.
func RunJSON(w io.Writer, r vm.Result) error { return writeJSON(w, r) }

func verdictText(st Style, verdict string) string {
	return map[string]string{conform.Conforms: st.green("conforms"), conform.Violates: st.red("violates"), conform.Unknown: st.amber("unknown")}[verdict]
}
