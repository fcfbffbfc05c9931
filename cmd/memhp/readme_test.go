package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"memhp/report"
)

// shown is a command in the README with the output that follows it.
var shown = regexp.MustCompile("(?s)\n    \\$ go run ./cmd/memhp ([^\n]*)\n\n```\n(.*?)```\n")

// What the README shows is what memhp prints.
func TestReadmeIsAsPrinted(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	blocks := shown.FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, blocks)
	for _, b := range blocks {
		_, out, errOut := memhp(strings.Fields(b[1])...)
		require.Empty(t, errOut)
		require.Equal(t, b[2], out[:min(len(b[2]), len(out))], "memhp %s", b[1])
	}
}

// Text that is for people keeps to 100 columns.
func TestGoldenTextFits(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, line := range strings.Split(string(text), "\n") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), report.Width, "%s: %s", file, line)
		}
	}
}

// So do the outputs that have no golden file, for one to four tasks.
func TestTextFits(t *testing.T) {
	for _, args := range [][]string{
		{"check", "v3.18", "v4.13", "--tasks", "1"}, {"check", "v3.18", "--tasks", "3"},
		{"check", "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee8-30467e0b3be8", "--actors", "probe_store,state_store", "--tasks", "4"},
		{"explain", "v3.18", "--tasks", "1"}, {"explain", "v3.18", "lock-order", "--tasks", "3"}, {"explain", "v3.18", "no-deadlock", "--tasks", "4"},
		{"explain", "v4.13", "--tasks", "2"}, {"list", "bugs"}, {"list", "changes"},
	} {
		if args[0] != "list" {
			args = append(args, "--blocks", "1")
		}
		_, out, _ := memhp(args...)
		require.NotEmpty(t, out)
		for _, line := range strings.Split(out, "\n") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), report.Width, "%v: %s", args, line)
		}
	}
}
