package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
)

// elements reads a page to its end, and returns its elements with their attributes. A page whose tags do not match is an error.
func elements(t *testing.T, page string) (names []string, attributes map[string][]string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	attributes = map[string][]string{}
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			require.Zero(t, depth, "every element ends")
			return names, attributes
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			names = append(names, e.Name.Local)
			for _, a := range e.Attr {
				attributes[a.Name.Local] = append(attributes[a.Name.Local], a.Value)
			}
		case xml.EndElement:
			depth--
		}
	}
}

// A page shows the verdicts and the counterexamples, needs nothing from elsewhere, and takes no text for markup.
func TestHTML(t *testing.T) {
	const hostile = `<script>alert("x")</script> & </table>`
	stuck := sim.Violation{Invariant: "no-deadlock", Function: "f", Actors: []string{"a", "b"}, Why: hostile, Steps: 1, Initial: hostile, Token: `"><img src=x>`,
		Trace: []sim.Step{
			{Task: 1, Actor: "a", Op: "lock", Object: hostile, Function: "f", Held: []string{hostile}},
			{Task: 1, Actor: "c", Op: "lock", Object: "m", Function: "g", Held: []string{}},
			{Task: 2, Actor: "b", Op: "lock", Object: "l", Function: "h", Held: []string{}, Blocked: true},
		}}
	endless := sim.Violation{Invariant: "progress", Function: "f", Actors: []string{"a"}, Steps: 2,
		Trace: []sim.Step{{Task: 1, Actor: "a", Op: "lock", Object: "l", Function: "f", Held: []string{}, Cycle: true}}}
	text := string(written(t, func(w io.Writer) error {
		return HTML(w, []*sim.Result{{Kernel: hostile, Tasks: 2, Blocks: 1, Limit: hostile, Violations: []sim.Violation{stuck, endless}},
			{Kernel: "v6.12", Tasks: 2, Blocks: 1, Complete: true}})
	}))
	names, attributes := elements(t, text)
	require.Subset(t, []string{"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "span", "table", "tr", "td", "th", "details", "summary", "br", "code", "b"}, names)
	require.NotContains(t, attributes, "src")
	require.NotContains(t, attributes, "href")
	for _, outside := range []string{"url(", "@import", "http:", "https:"} {
		require.NotContains(t, text, outside)
	}
	require.Contains(t, attributes["class"], "breaks", "who waits for ever is marked")
	require.Contains(t, attributes["class"], "cycle")
	for _, want := range []string{"<th>T1 a, then c</th><th>T2 b</th>", "1 step from", "2 steps from", "<b>waits for ever:</b> lock l", "<b>again and again:</b> lock l",
		`<span class="open">inconclusive</span>`, `<span class="holds">holds</span>`, `<span class="broken">broken</span>`} {
		require.Contains(t, text, want)
	}
}
