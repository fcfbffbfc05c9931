package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"memhp/sim"
	"memhp/spec"
)

// schema is the version of all JSON that memhp prints.
const schema = 1

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// CheckJSON writes the results of checks as one JSON object.
func CheckJSON(w io.Writer, results []*sim.Result) error {
	return writeJSON(w, struct {
		Schema  int           `json:"schema"`
		Results []*sim.Result `json:"results"`
	}{schema, results})
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// CheckJUnit writes the results as JUnit XML: a suite for each kernel, a case for each invariant.
func CheckJUnit(w io.Writer, results []*sim.Result) error {
	var out junitSuites
	for _, r := range results {
		s := junitSuite{Name: "memhp check " + r.Kernel, Time: fmt.Sprintf("%.3f", r.Seconds)}
		for _, inv := range spec.Invariants() {
			c := junitCase{Class: r.Kernel, Name: inv.ID}
			switch ways := waysOf(r, inv.ID); {
			case len(ways) > 0:
				c.Failure = &junitMessage{Message: plural(int64(len(ways)), "way"), Text: strings.Join(ways, "\n")}
				s.Failures++
			case !r.Complete:
				c.Skipped = &junitMessage{Message: "inconclusive: " + r.Limit}
				s.Skipped++
			}
			s.Cases = append(s.Cases, c)
		}
		s.Tests = len(s.Cases)
		out.Suites = append(out.Suites, s)
	}
	return writeXML(w, out)
}

func writeXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func waysOf(r *sim.Result, id string) []string {
	var out []string
	for _, v := range r.Violations {
		if v.Invariant == id {
			out = append(out, fmt.Sprintf("%s: %s; memhp replay %s", Who(v), v.Why, v.Token))
		}
	}
	return out
}

// CheckKTAP writes the results in the kernel's test format, Documentation/dev-tools/ktap.rst.
func CheckKTAP(w io.Writer, results []*sim.Result) error {
	p := &printer{w: w}
	p.line("KTAP version 1\n1..%d", len(results))
	for i, r := range results {
		p.line("  KTAP version 1\n  1..%d", len(spec.Invariants()))
		for j, inv := range spec.Invariants() {
			ways := waysOf(r, inv.ID)
			switch {
			case len(ways) > 0:
				for _, way := range ways {
					p.line("  # %s", way)
				}
				p.line("  not ok %d %s", j+1, inv.ID)
			case !r.Complete:
				p.line("  ok %d %s # SKIP inconclusive: %s", j+1, inv.ID, r.Limit)
			default:
				p.line("  ok %d %s", j+1, inv.ID)
			}
		}
		switch {
		case len(r.Violations) > 0:
			p.line("not ok %d %s", i+1, r.Kernel)
		case !r.Complete:
			p.line("ok %d %s # SKIP inconclusive: %s", i+1, r.Kernel, r.Limit)
		default:
			p.line("ok %d %s", i+1, r.Kernel)
		}
	}
	return p.err
}
