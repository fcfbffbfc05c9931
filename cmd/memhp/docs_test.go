package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// commandsIn returns the command lines of memhp that a document shows: between backquotes, and on lines of code.
func commandsIn(text string) []string {
	var out []string
	for _, m := range regexp.MustCompile("`memhp ([^`]+)`").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	line := regexp.MustCompile(`(?m)^(?: {4,}|\$ | *- run: |)(?:[^\n#]*\| )?(?:go run \./cmd/|\./)?memhp ([a-z]+ [^#|>\n]*)`)
	for code := range strings.SplitSeq(blocksOf(text), "\x00") {
		for _, m := range line.FindAllStringSubmatch(code, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// blocksOf returns the blocks of code of a document, fenced or indented by four, with a zero byte between them.
func blocksOf(text string) string {
	var out strings.Builder
	fenced := false
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			out.WriteByte(0)
		case fenced || strings.HasPrefix(line, "    "):
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}

// What stands in documents for a word of the reader's.
var (
	shellWord = regexp.MustCompile(`\$\{\{[^}]*\}\}|\$\(\([^)]*\)\)`)
	optional  = regexp.MustCompile(`\[[A-Z]+\]`)
)

// parses tells whether memhp takes a command line, as far as that can be told without running it.
func parses(t *testing.T, command string) error {
	t.Helper()
	parser, err := newParser(&commands{}, io.Discard, io.Discard)
	require.NoError(t, err)
	words := strings.Fields(strings.ReplaceAll(optional.ReplaceAllString(shellWord.ReplaceAllString(command, "1"), ""), "K/N", "1/2"))
	if isCommand(parser.Model.Node, words) {
		return nil // a subcommand that is only named
	}
	_, err = parser.Parse(words)
	if err != nil && strings.HasPrefix(err.Error(), `expected "<kernel>`) { // any kernel
		_, err = parser.Parse(append(words, "v6.12"))
	}
	return err
}

func isCommand(n *kong.Node, words []string) bool {
	for _, word := range words {
		i := slices.IndexFunc(n.Children, func(c *kong.Node) bool { return c.Name == word })
		if i < 0 {
			return false
		}
		n = n.Children[i]
	}
	return true
}

// Every command line in the documents is one that memhp takes.
func TestDocsShowCommandsThatExist(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	count := map[string]int{}
	texts := map[string]string{}
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		texts[filepath.Base(file)] = string(text)
	}
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("proof.json.gz", nil, 0o600)) // the guide checks what it has written
	for name, text := range texts {
		for _, command := range commandsIn(text) {
			count[name]++
			require.NoError(t, parses(t, command), "%s: memhp %s", name, command)
		}
	}
	for name, least := range map[string]int{"README.md": 20, "guide.md": 30, "kernels.md": 15, "scale-out.md": 5, "findings.md": 20, "catalogue.md": 50} {
		require.GreaterOrEqual(t, count[name], least, name)
	}
}

// Commands are found where documents have them, and what memhp does not take is noticed.
func TestDocsBite(t *testing.T) {
	text := "so `memhp order v6.12\n--format dot` does. memhp check is prose.\n\n    go run ./cmd/memhp check v4.19   # 1\n    zcat x | memhp trace check - --symbols s\n" +
		"```\n$ memhp list bugs\nagain  memhp replay x\n- run: ./memhp merge ?.json || true\n```\n    memhp explain KERNEL [INVARIANT]\n    memhp random v6.12 --shard ${{ matrix.k }}/4 > 1\n"
	commands := commandsIn(text)
	for i, c := range commands {
		commands[i] = strings.Join(strings.Fields(c), " ")
		require.NoError(t, parses(t, c), c)
	}
	require.Equal(t, []string{"order v6.12 --format dot", "check v4.19", "trace check - --symbols s", "list bugs", "merge ?.json", "explain KERNEL [INVARIANT]",
		"random v6.12 --shard ${{ matrix.k }}/4"}, commands)
	for _, named := range []string{"order", "trace", "check --coverage"} {
		require.NoError(t, parses(t, named), named)
	}
	for _, wrong := range []string{"chek v6.12", "check v6.12 --actor core", "check --actor core", "order v6.12 --format pdf", "list everything", "random v6.12 --shard 1"} {
		require.Error(t, parses(t, wrong), wrong)
	}
}
