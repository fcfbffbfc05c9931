package report

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// Pages returns the pages of the reference by their file names: one for each function, lock, invariant and change, and the index.
func Pages() (map[string]string, error) {
	out := map[string]string{}
	calls := callsOfLines()
	for _, f := range spec.Functions() {
		if err := addPage(out, functionFile(f), func(p *printer) { p.functionPage(f, calls) }); err != nil {
			return nil, err
		}
	}
	for _, c := range allLocks() {
		if err := addPage(out, lockFile(c), func(p *printer) { p.lockPage(c, calls) }); err != nil {
			return nil, err
		}
	}
	for _, inv := range spec.Invariants() {
		if err := addPage(out, invariantFile(inv), func(p *printer) { p.invariantPage(inv) }); err != nil {
			return nil, err
		}
	}
	for _, c := range spec.Changes() {
		if err := addPage(out, changeFile(c), func(p *printer) { p.changePage(c) }); err != nil {
			return nil, err
		}
	}
	return out, addPage(out, "README.md", (*printer).indexPage)
}

func addPage(out map[string]string, file string, write func(*printer)) error {
	var b strings.Builder
	p := &printer{w: &b}
	write(p)
	if _, taken := out[file]; taken {
		return fmt.Errorf("reference: two pages are named %s", file)
	}
	out[file] = b.String()
	return p.err
}

func functionFile(f *spec.Function) string     { return "functions/" + fileName(f.Name) }
func lockFile(c *spec.LockClass) string        { return "locks/" + fileName(c.Name) }
func invariantFile(inv *spec.Invariant) string { return "invariants/" + fileName(inv.ID) }
func changeFile(c *spec.Change) string         { return "changes/" + fileName(c.ID) }

// fileName makes a name of a file out of a name in C.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", r) {
			return r
		}
		return '-'
	}, name)
	return strings.Trim(clean, "-") + ".md"
}

// The links of a page that is in a directory of its own.
func toFunction(f *spec.Function) string {
	return fmt.Sprintf("[%s()](../%s)", f.Name, functionFile(f))
}
func toLock(c *spec.LockClass) string { return fmt.Sprintf("[%s](../%s)", c.Name, lockFile(c)) }
func toInvariant(inv *spec.Invariant) string {
	return fmt.Sprintf("[%s](../%s)", inv.ID, invariantFile(inv))
}
func toChange(c *spec.Change) string {
	return fmt.Sprintf("[%s](../%s) (%s)", c.ID, changeFile(c), c.Release)
}

func links[T any](items []T, link func(T) string) string {
	out := make([]string, len(items))
	for i, x := range items {
		out[i] = link(x)
	}
	return strings.Join(out, ", ")
}

func allLocks() []*spec.LockClass { return slices.Concat(spec.LockClasses(), spec.CallerLocks()) }

// between says which kernels have from and not until.
func between(from, until *spec.Change) string {
	switch {
	case from == nil && until == nil:
		return "every kernel"
	case until == nil:
		return "since " + toChange(from)
	case from == nil:
		return "until " + toChange(until)
	}
	return "since " + toChange(from) + ", until " + toChange(until)
}

// lineCalls is what the functions do to locks in a line of mainline.
type lineCalls struct {
	line  spec.Line
	calls map[*spec.Function][]spec.LockCall
}

func callsOfLines() []lineCalls {
	var out []lineCalls
	for _, l := range spec.Lines() {
		out = append(out, lineCalls{l, spec.LockCalls(spec.NewKernel(l.First, nil, nil))})
	}
	return out
}

const generated = "This page is generated from spec/; `go test ./cmd/memhp -run Reference -update` writes it again."

func (p *printer) functionPage(f *spec.Function, lines []lineCalls) {
	p.line("# %s()\n\n%s, `%s`.\n", f.Name, f.Doc, f.File)
	p.line("## Contract\n")
	if len(f.Clauses) == 0 {
		p.line("It demands nothing of its caller.")
	} else {
		p.line("| demand | lock | kernels | rule | why |\n|---|---|---|---|---|")
		for _, c := range f.Clauses {
			p.line("| %s | %s (%s) | %s | %s | %s |", c.Demand, toLock(c.Lock), modeName(c.Mode), between(c.From, c.Until), toInvariant(c.Rule), c.Why)
		}
	}
	p.line("\n## Returns\n\n| value | kernels |\n|---|---|\n| 0 | every kernel |")
	for _, e := range f.Errnos {
		span := spec.ErrnoSpan{}
		if i := slices.IndexFunc(f.Some, func(s spec.ErrnoSpan) bool { return s.Errno == e }); i >= 0 {
			span = f.Some[i]
		}
		p.line("| %s | %s |", e, between(span.From, span.Until))
	}
	p.line("\n## What it does to locks itself, in group core\n")
	p.callsByLine(f, lines)
	p.line("\n%s", generated)
}

func modeName(m spec.Mode) string {
	if m == spec.Read {
		return "reading"
	}
	return "writing"
}

// callsByLine writes what a function does to locks; lines in which that is the same are put together.
func (p *printer) callsByLine(f *spec.Function, lines []lineCalls) {
	p.line("| kernels | lock calls |\n|---|---|")
	for i := 0; i < len(lines); {
		j := i + 1
		for j < len(lines) && slices.Equal(lines[i].calls[f], lines[j].calls[f]) {
			j++
		}
		what := "none"
		if calls := lines[i].calls[f]; len(calls) > 0 {
			what = joinStrings(calls)
		}
		p.line("| %s | %s |", spec.Line{First: lines[i].line.First, Last: lines[j-1].line.Last}, what)
		i = j
	}
}

func (p *printer) lockPage(c *spec.LockClass, lines []lineCalls) {
	scope := "one"
	if c.Scope == spec.PerBlock {
		scope = "one for each memory block"
	}
	p.line("# %s\n\n%s\n", c.Name, c.Doc)
	p.line("- kind: %s", c.Kind)
	for o := c.Before; o != nil; o = o.Before {
		p.line("- before %s: %s", toChange(o.Change), o.Kind)
	}
	p.line("- objects: %s", scope)
	p.line("- kernels: %s", between(c.From, c.Until))
	if len(c.Aliases) > 0 {
		p.line("- also named: %s", strings.Join(c.Aliases, ", "))
	}
	p.line("\n## Who takes it\n")
	p.list(links(takers(c, lines), toFunction), "No function of group core: its users are among the other actors.")
	p.line("\n## Who says something about it\n")
	p.list(links(having(func(cl spec.Clause) bool { return cl.Lock == c }), toFunction), "No contract does.")
	p.line("\n%s", generated)
}

func (p *printer) list(items, none string) {
	if items == "" {
		items = none
	}
	p.line("%s", items)
}

// takers are the functions that take a lock in some line of mainline.
func takers(c *spec.LockClass, lines []lineCalls) []*spec.Function {
	return slices.DeleteFunc(spec.Functions(), func(f *spec.Function) bool {
		return !slices.ContainsFunc(lines, func(l lineCalls) bool {
			return slices.ContainsFunc(l.calls[f], func(lc spec.LockCall) bool { return lc.Class == c && lc.Op != spec.ReleasesLock })
		})
	})
}

// having are the functions that have such a clause.
func having(is func(spec.Clause) bool) []*spec.Function {
	return slices.DeleteFunc(spec.Functions(), func(f *spec.Function) bool { return !slices.ContainsFunc(f.Clauses, is) })
}

func (p *printer) invariantPage(inv *spec.Invariant) {
	p.line("# %s\n\n%s.\n\nBecause %s. From %s.\n", inv.ID, inv.Statement, inv.Reason, inv.Source)
	p.line("## Contracts that it stands behind\n")
	p.list(links(having(func(c spec.Clause) bool { return c.Rule == inv }), toFunction), "None.")
	p.line("\n## Changes that repair it\n")
	repairs := slices.DeleteFunc(spec.Changes(), func(c *spec.Change) bool { return !slices.Contains(c.Repairs, inv) })
	p.list(links(repairs, toChange), "None.")
	p.line("\n## Kernels that break it, group core\n")
	var broken []string
	for _, k := range spec.HistoryKernels() {
		if slices.Contains(spec.Expected(k), inv.ID) {
			broken = append(broken, rowName(k.String()))
		}
	}
	p.list(strings.Join(broken, ", "), "None.")
	p.line("\n## Bugs of the past that broke it\n")
	var bugs []string
	for _, b := range spec.Catalogue() {
		if slices.ContainsFunc(b.Scenarios, func(s spec.Scenario) bool { return slices.Contains(s.Breaks, inv) }) {
			bugs = append(bugs, bugLink(b))
		}
	}
	p.list(strings.Join(bugs, ", "), "None of [the catalogue](../../catalogue.md).")
	p.line("\n%s", generated)
}

func bugLink(b spec.Bug) string { return fmt.Sprintf("[%s](../../catalogue.md) %s", b.ID, b.Title) }

func (p *printer) changePage(c *spec.Change) {
	p.line("# %s\n\n%s\n\n%s.\n", c.ID, c.Title, c.Summary)
	p.line("- release: %s", c.Release)
	if (c.Gone != spec.Release{}) {
		p.line("- gone in: %s", c.Gone)
	}
	p.item("repairs", links(c.Repairs, toInvariant))
	p.item("needs", links(c.Needs, toChange))
	p.item("needed by", links(slices.DeleteFunc(spec.Changes(), func(d *spec.Change) bool { return !slices.Contains(d.Needs, c) }), toChange))
	p.item("contracts", links(having(func(cl spec.Clause) bool { return cl.From == c || cl.Until == c }), toFunction))
	var stable, fixes []string
	for _, s := range spec.StableKernels() {
		if slices.Contains(s.Has, c) {
			stable = append(stable, s.Name)
		}
	}
	p.item("came back to", strings.Join(stable, ", "))
	for _, b := range spec.Catalogue() {
		if slices.Contains(b.Fix, c) {
			fixes = append(fixes, bugLink(b)+caused(b))
		}
	}
	p.item("bugs", strings.Join(fixes, "; "))
	p.item("not verified", c.Unverified)
	p.line("\n%s", generated)
}

func (p *printer) item(what, text string) {
	if text != "" {
		p.line("- %s: %s", what, text)
	}
}

func (p *printer) indexPage() {
	p.line("# Reference\n\nWhat the specification says, a page each. %s", generated)
	section := func(title string, entries []string) {
		p.line("\n## %s\n", title)
		for _, e := range entries {
			p.line("- %s", e)
		}
	}
	entry := func(name, file, text string) string { return fmt.Sprintf("[%s](%s): %s", name, file, text) }
	var functions, locks, invariants, changes []string
	for _, f := range spec.Functions() {
		functions = append(functions, entry(f.Name+"()", functionFile(f), f.Doc))
	}
	slices.Sort(functions)
	for _, c := range allLocks() {
		locks = append(locks, entry(c.Name, lockFile(c), c.Doc))
	}
	for _, inv := range spec.Invariants() {
		invariants = append(invariants, entry(inv.ID, invariantFile(inv), inv.Statement))
	}
	for _, c := range spec.Changes() {
		changes = append(changes, entry(c.ID, changeFile(c), fmt.Sprintf("%s, %s", c.Release, c.Title)))
	}
	section("Invariants", invariants)
	section("Locks", locks)
	section("Functions", functions)
	section("Changes", changes)
}
