package report

import (
	"io"

	"memhp/report/rv"
	"memhp/spec"
)

// Monitors lists the automata for runtime verification that a kernel has.
func Monitors(w io.Writer, st Style, k spec.Kernel, monitors []*rv.Monitor) error {
	p := &printer{w: w}
	for _, m := range monitors {
		p.line("%s", st.bold(m.Name))
		p.line("    %s", wrap(m.Statement(), 4, "    "))
	}
	if len(monitors) == 0 {
		p.line("no contract of %s demands anything of a caller", k)
	}
	return p.err
}
