package report

import (
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// The graph of an order has edges between locks of the kernel only: graphviz would make up the others.
func TestOrderGraphHasItsNodes(t *testing.T) {
	edge := regexp.MustCompile(`(?m)^\s+(l\d+) (?:-?->|-\. .* \.->) (l\d+)`)
	for language, node := range map[string]*regexp.Regexp{"dot": regexp.MustCompile(`(?m)^\s+(l\d+) \[label=`), "mermaid": regexp.MustCompile(`(?m)^\s+(l\d+)\[`)} {
		for _, r := range spec.Releases() {
			got := text(t, func(w io.Writer) error { return OrderGraph(w, spec.NewKernel(r, nil, nil), language) })
			nodes := map[string]bool{}
			for _, m := range node.FindAllStringSubmatch(got, -1) {
				nodes[m[1]] = true
			}
			edges := edge.FindAllStringSubmatch(got, -1)
			require.NotEmpty(t, edges, "%s %s", r, language)
			for _, m := range edges {
				require.True(t, nodes[m[1]] && nodes[m[2]], "%s %s: %s", r, language, m[0])
			}
		}
	}
}
