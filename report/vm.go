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

// RunJSON writes what a run of a real kernel showed as one JSON object.
func RunJSON(w io.Writer, r vm.Result) error { return writeJSON(w, r) }

func verdictText(st Style, verdict string) string {
	return map[string]string{conform.Conforms: st.green("conforms"), conform.Violates: st.red("violates"), conform.Unknown: st.amber("unknown")}[verdict]
}
