package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/conform/lockdep"
)

// Lockdep writes what the kernel's lock validator witnesses.
func Lockdep(w io.Writer, st Style, name string, r lockdep.Report) error {
	p := &printer{w: w}
	p.line("%s  %s", verdictText(st, r.Verdict), st.dim("rules of "+r.Kernel))
	p.line("%s", st.bold(wrap(name, 0, "  ")))
	witness(p, st, r)
	return p.err
}

// witness writes the body of a report on lockdep.
func witness(p *printer, st Style, r lockdep.Report) {
	p.line("  %s", wrap(fmt.Sprintf("lockdep: %s classes, %s, %s; %s not judged", grouped(int64(r.Classes)), plural(int64(r.Edges), "edge"),
		plural(int64(r.Chains), "chain"), plural(int64(r.Unjudged), "request")), 2, "    "))
	for _, reason := range r.Reasons {
		p.line("  %s", st.amber(wrap(reason, 2, "    ")))
	}
	for _, e := range r.Declared {
		p.line("    %s %s", st.green("in the order  "), e)
	}
	for _, f := range r.Undeclared {
		p.line("    %s %s", st.red("not in order  "), wrap(f.String(), 19, "                   "))
	}
	for _, e := range r.Missing {
		p.line("    %s %s", st.red("never seen    "), wrap(missing(e), 19, "                   "))
	}
	p.line("  %s", st.dim(fmt.Sprintf("%d of %d requests that the specification derives were seen", len(r.Derived)-len(r.Missing), len(r.Derived))))
	p.line("")
}

// missing says what was not seen, and what it takes.
func missing(d lockdep.Derived) string {
	if d.Chains > 1 {
		return fmt.Sprintf("%s, by each of %d locks, which %s make", d, d.Chains, strings.Join(d.By, " and "))
	}
	return fmt.Sprintf("%s, which %s makes", d, strings.Join(d.By, " or "))
}

// LockdepJSON writes what the kernel's lock validator witnesses as one JSON object.
func LockdepJSON(w io.Writer, r lockdep.Report) error { return writeJSON(w, r) }
