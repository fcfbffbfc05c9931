package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/conform"
	"memhp/conform/vm"
	"memhp/spec"
)

// checkedRule is one rule of a verdict on a real kernel, as test formats want it. It failed if Failed says how; it is undecided if Undecided
// says why; else it passed.
type checkedRule struct {
	name      string
	failed    []string
	undecided string
}

// traceRules are the rules that a trace was checked against.
func traceRules(r conform.Report) []checkedRule {
	var out []checkedRule
	for _, rule := range r.Rules {
		c := checkedRule{name: rule.Invariant}
		for _, v := range r.Violations {
			if v.Invariant == rule.Invariant {
				c.failed = append(c.failed, fmt.Sprintf("line %d, %s: %s", v.Line, v.Task, v.Detail))
			}
		}
		switch {
		case rule.Broken > 0 && len(c.failed) == 0:
			c.failed = []string{"broken " + times(rule.Broken)}
		case rule.Broken > 0:
		case rule.NotCovered != "":
			c.undecided = rule.NotCovered
		case rule.Undecided > 0 || r.Verdict == conform.Unknown:
			c.undecided = "not decided"
		}
		out = append(out, c)
	}
	return out
}

// runRules are the rules of the trace, and the other witnesses of a run.
func runRules(r vm.Result) []checkedRule {
	out := traceRules(r.Trace)
	console := checkedRule{name: "console", failed: r.Troubles}
	if r.Failure != "" {
		console.failed = append([]string{r.Failure}, console.failed...)
	}
	out = append(out, console, checkedRule{name: spec.BlockDeviceAgree.ID, failed: r.Disagree})
	if b := r.Behaviour; b != nil {
		c := checkedRule{name: "behaviour"}
		if b.Difference != nil {
			c.failed = []string{b.Difference.String()}
		}
		out = append(out, c)
	}
	if l := r.Lockdep; l != nil {
		c := checkedRule{name: "lockdep"}
		for _, f := range l.Undeclared {
			c.failed = append(c.failed, f.String()+" is not in the lock order")
		}
		for _, e := range l.Missing {
			c.failed = append(c.failed, e.String()+" was never seen")
		}
		if l.Verdict == conform.Unknown {
			c.undecided = strings.Join(l.Reasons, "; ")
		}
		out = append(out, c)
	}
	return out
}

// rulesKTAP writes them in the kernel's test format, Documentation/dev-tools/ktap.rst.
func rulesKTAP(w io.Writer, rules []checkedRule) error {
	p := &printer{w: w}
	p.line("KTAP version 1\n1..%d", len(rules))
	for i, r := range rules {
		for _, f := range r.failed {
			p.line("# %s", strings.ReplaceAll(f, "\n", " "))
		}
		switch {
		case len(r.failed) > 0:
			p.line("not ok %d %s", i+1, r.name)
		case r.undecided != "":
			p.line("ok %d %s # SKIP %s", i+1, r.name, r.undecided)
		default:
			p.line("ok %d %s", i+1, r.name)
		}
	}
	return p.err
}

// rulesJUnit writes them as JUnit XML.
func rulesJUnit(w io.Writer, suite, kernel string, seconds float64, rules []checkedRule) error {
	s := junitSuite{Name: suite, Tests: len(rules), Time: fmt.Sprintf("%.3f", seconds)}
	for _, r := range rules {
		c := junitCase{Class: kernel, Name: r.name}
		switch {
		case len(r.failed) > 0:
			c.Failure = &junitMessage{Message: plural(int64(len(r.failed)), "time"), Text: strings.Join(r.failed, "\n")}
			s.Failures++
		case r.undecided != "":
			c.Skipped = &junitMessage{Message: r.undecided}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	return writeXML(w, junitSuites{Suites: []junitSuite{s}})
}

// TraceKTAP writes the verdict on a trace in the kernel's test format: a test for each rule.
func TraceKTAP(w io.Writer, r conform.Report) error { return rulesKTAP(w, traceRules(r)) }

// TraceJUnit writes the verdict on a trace as JUnit XML: a case for each rule.
func TraceJUnit(w io.Writer, name string, r conform.Report) error {
	return rulesJUnit(w, "memhp trace check "+name, r.Kernel, 0, traceRules(r))
}

// RunKTAP writes what a run of a real kernel showed in the kernel's test format.
func RunKTAP(w io.Writer, r vm.Result) error { return rulesKTAP(w, runRules(r)) }

// RunJUnit writes what a run of a real kernel showed as JUnit XML.
func RunJUnit(w io.Writer, r vm.Result) error {
	return rulesJUnit(w, "memhp vm run "+r.Release, r.Kernel, r.WorkSeconds, runRules(r))
}
