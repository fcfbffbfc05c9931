package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/conform"
	"memhp/sim"
	"memhp/spec"
)

type sarifText struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID    string    `json:"id"`
	Short sarifText `json:"shortDescription"`
	Help  sarifText `json:"help"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	Physical sarifPlace `json:"physicalLocation"`
}

type sarifPlace struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	Line int `json:"startLine"`
}

// located returns a place in a file; line 0 is none.
func located(file string, line int) sarifLocation {
	var l sarifLocation
	l.Physical.Artifact.URI = file
	if line > 0 {
		l.Physical.Region = &sarifRegion{line}
	}
	return l
}

// sarifInvocation says whether the run of the tool saw all there is: no results of one that did not are no verdict.
type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

// invoked returns a run of which the reasons say why it did not see all.
func invoked(successful bool, reasons []string) sarifInvocation {
	out := sarifInvocation{Successful: successful, Notifications: []sarifNotification{}}
	for _, r := range reasons {
		out.Notifications = append(out.Notifications, sarifNotification{"error", sarifText{r}})
	}
	return out
}

func writeSARIF(w io.Writer, run sarifInvocation, found []sarifResult) error {
	var rules []sarifRule
	for _, inv := range spec.Invariants() {
		rules = append(rules, sarifRule{inv.ID, sarifText{inv.Statement}, sarifText{inv.Reason + "; " + inv.Source}})
	}
	type object = map[string]any
	driver := object{"name": "memhp", "rules": rules}
	return writeJSON(w, object{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{"tool": object{"driver": driver}, "invocations": []sarifInvocation{run}, "results": found}}})
}

// CheckSARIF writes the violations as SARIF 2.1.0; each is located in the source file of its function.
func CheckSARIF(w io.Writer, results []*sim.Result) error {
	found := []sarifResult{}
	var reasons []string
	for _, r := range results {
		for _, v := range r.Violations {
			s := sarifResult{RuleID: v.Invariant, Level: "error", Message: sarifText{fmt.Sprintf("%s: %s: %s", r.Kernel, Who(v), v.Why)}, Locations: []sarifLocation{}}
			for _, name := range strings.Split(v.Function, ", ") {
				if f, err := spec.FindFunction(name); err == nil {
					s.Locations = append(s.Locations, located(f.File, 0))
				}
			}
			found = append(found, s)
		}
		if !r.Complete {
			reasons = append(reasons, r.Kernel+": inconclusive: "+r.Limit)
		}
	}
	return writeSARIF(w, invoked(len(reasons) == 0, reasons), found)
}

// TraceSARIF writes the violations of a trace as SARIF 2.1.0, each located in its line of the trace.
func TraceSARIF(w io.Writer, name string, r conform.Report) error {
	found := []sarifResult{}
	for _, v := range r.Violations {
		found = append(found, sarifResult{RuleID: v.Invariant, Level: "error", Message: sarifText{v.Task + ": " + v.Detail},
			Locations: []sarifLocation{located(name, v.Line)}})
	}
	return writeSARIF(w, invoked(r.Verdict != conform.Unknown, r.Reasons), found)
}
