package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"memhp/conform/vm"
	"memhp/conform/vm/agent"
)

// Reproduction writes what the attempt to reproduce a finding gave.
func Reproduction(w io.Writer, st Style, f vm.Finding, r vm.Reproduction) error {
	p := &printer{w: w}
	verdict := st.amber("not shown")
	if r.Shown {
		verdict = st.red("shown")
	}
	p.line("%s  %s  %s", verdict, st.bold(f.Name), r.Release)
	p.line("%s", wrap(f.Title, 0, ""))
	if f.Needs != "" {
		p.line("%s", st.dim(wrap("a defect of the past, which the kernel must have: "+f.Needs, 0, "")))
	}
	p.line("")
	for i, t := range r.Trials {
		p.line("  trial %d: %s", i+1, t.Summary())
	}
	p.line("  control: %s", r.Control.Summary())
	for _, s := range lastTrial(r).After {
		p.line("\n  %s (%d), state %s:", st.bold(s.Comm), s.PID, s.State)
		for _, line := range strings.Split(strings.TrimSpace(s.Text), "\n") {
			p.line("    %s", strings.TrimPrefix(line, "[<0>] "))
		}
	}
	for _, line := range lastTrial(r).Reports {
		p.line("\n  console: %s", line)
	}
	return p.err
}

// ReproductionJSON writes the same as one JSON object.
func ReproductionJSON(w io.Writer, r vm.Reproduction) error { return writeJSON(w, r) }

func lastTrial(r vm.Reproduction) vm.Trial {
	if len(r.Trials) == 0 {
		return vm.Trial{}
	}
	return r.Trials[len(r.Trials)-1]
}

// WriteBundle writes the evidence for a finding into a directory, for somebody who was not there.
func WriteBundle(dir string, f vm.Finding, r vm.Reproduction) error {
	b := &bundle{dir: dir}
	b.write("README.md", func(w io.Writer) error { return bundleReadme(w, f, r) })
	b.write("result.json", func(w io.Writer) error { return ReproductionJSON(w, r) })
	for i, t := range r.Trials {
		b.trial(fmt.Sprintf("trial-%d", i+1), t)
	}
	b.trial("control", r.Control)
	if b.err != nil {
		return fmt.Errorf("write evidence: %w", b.err)
	}
	return nil
}

type bundle struct {
	dir string
	err error
}

func (b *bundle) write(name string, content func(io.Writer) error) {
	if b.err != nil {
		return
	}
	path := filepath.Join(b.dir, name)
	if b.err = os.MkdirAll(filepath.Dir(path), 0o755); b.err != nil {
		return
	}
	f, err := os.Create(path)
	if err != nil {
		b.err = err
		return
	}
	b.err = errors.Join(content(f), f.Close())
}

func (b *bundle) trial(name string, t vm.Trial) {
	text := func(file, s string) {
		if s != "" {
			b.write(filepath.Join(name, file), func(w io.Writer) error { _, err := io.WriteString(w, s); return err })
		}
	}
	text("console.log", t.Console)
	text("stacks-1.txt", stackText(t.Before))
	text("stacks-2.txt", stackText(t.After))
}

func stackText(stacks []agent.Stack) string {
	var out strings.Builder
	for _, s := range stacks {
		fmt.Fprintf(&out, "%s (%d), state %s\n%s\n", s.Comm, s.PID, s.State, s.Text)
	}
	return out.String()
}

func bundleReadme(w io.Writer, f vm.Finding, r vm.Reproduction) error {
	p := &printer{w: w}
	p.line("# %s\n\n%s.\n\n%s", f.Name, strings.ToUpper(f.Title[:1])+f.Title[1:], f.Chain)
	shown := "The deadlock was not shown."
	if r.Shown {
		shown = "The deadlock was shown: the same tasks were in state D with the same stacks twice, the control run was not stuck."
	}
	p.line("%s\n\n- kernel: %s %s, as given\n- %s", shown, r.Release, r.Version, r.QEMU)
	if f.Needs != "" {
		p.line("- a defect of the past, which the kernel must have: %s", f.Needs)
	}
	for i, t := range r.Trials {
		p.line("- trial %d: %s", i+1, t.Summary())
	}
	p.line("- control, without what triggers it: %s", r.Control.Summary())
	p.line("\n`trial-N/stacks-1.txt` and `stacks-2.txt` are /proc/PID/stack of all tasks in state D, %s or more apart;", vm.Apart)
	p.line("`console.log` has the kernel's own report of hung tasks. `result.json` has all of it, and the command line of QEMU. Again with")
	p.line("`memhp vm reproduce %s`.", f.Name)
	return p.err
}
