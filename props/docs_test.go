package props

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
)

// documents are the files that readers have, by their paths from here.
func documents(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"../README.md", "../docs/*.md", "../docs/reference/*.md", "../docs/reference/*/*.md"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			out[file] = string(text)
		}
	}
	return out
}

var (
	link       = regexp.MustCompile(`\]\(([^)\s#]*)(?:#([^)\s]*))?\)`)
	heading    = regexp.MustCompile("(?m)^#+ (.*)$")
	sourceFile = regexp.MustCompile("`((?:spec|sim|conform|report|props|cmd|docs|\\.ci)/[\\w./*-]+)`")
	ofSection  = regexp.MustCompile(`semantics\.md\)?,? section (\d+)`)
)

// dangling returns what a document points at that is not there: files, headings, files of the source, sections.
func dangling(file, text string, read func(string) (string, error)) []string {
	var out []string
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		target := file
		if m[1] != "" {
			target = filepath.Join(filepath.Dir(file), m[1])
		}
		to, err := read(target)
		if err != nil || m[2] != "" && !hasAnchor(to, m[2]) {
			out = append(out, m[0])
		}
	}
	for _, m := range sourceFile.FindAllStringSubmatch(text, -1) {
		if found, err := filepath.Glob(filepath.Join("..", m[1])); err != nil || len(found) == 0 {
			out = append(out, m[0])
		}
	}
	semantics, _ := read("../docs/semantics.md")
	for _, m := range ofSection.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(semantics, "\n## "+m[1]+". ") {
			out = append(out, m[0])
		}
	}
	return out
}

// hasAnchor tells whether a text has a heading with that anchor: small letters, blanks as dashes, nothing else but letters and digits.
func hasAnchor(text, anchor string) bool {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")
		if regexp.MustCompile(`[^\w-]`).ReplaceAllString(name, "") == anchor {
			return true
		}
	}
	return false
}

// What documents point at is there.
func TestDocumentsPointAtWhatIsThere(t *testing.T) {
	all := documents(t)
	read := func(file string) (string, error) {
		if text, ok := all[file]; ok {
			return text, nil
		}
		text, err := os.ReadFile(file)
		return string(text), err
	}
	links := 0
	for file, text := range all {
		require.Empty(t, dangling(file, text, read), file)
		links += len(link.FindAllString(text, -1))
	}
	require.Greater(t, links, 500)
	wrong := "[a](nothing.md) [b](guide.md#nothing) `spec/nothing.go` [semantics.md](semantics.md), section 99"
	require.Len(t, dangling("../docs/x.md", wrong, read), 4, "what is not there is noticed")
}

// measured is a row of the first table of docs/performance.md.
var measured = regexp.MustCompile(`(?m)^\| (v\S+) \| (\d) x (\d) \| ([\d,]+) \|`)

// The numbers of states in docs/performance.md are those that are seen. The largest are left out unless MEMHP_ALL is set.
func TestPerformanceHasTheStates(t *testing.T) {
	text, err := os.ReadFile("../docs/performance.md")
	require.NoError(t, err)
	table, _, _ := strings.Cut(string(text), "**Memory.**")
	rows := measured.FindAllStringSubmatch(table, -1)
	require.Greater(t, len(rows), 5)
	for _, m := range rows {
		tasks, _ := strconv.Atoi(m[2])
		blocks, _ := strconv.Atoi(m[3])
		states, err := strconv.ParseInt(strings.ReplaceAll(m[4], ",", ""), 10, 64)
		require.NoError(t, err)
		if states > 200_000 && os.Getenv("MEMHP_ALL") == "" {
			continue
		}
		r, err := sim.Check(t.Context(), sim.Config{Kernel: kernel(t, m[1]), Tasks: tasks, Blocks: blocks})
		require.NoError(t, err)
		require.Equal(t, states, r.States, m[0])
	}
}
