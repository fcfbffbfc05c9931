package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"memhp/report"
)

// Every subcommand, argument and flag has a sentence of help, and the help of each subcommand fits.
func TestEverythingHasHelp(t *testing.T) {
	parser, err := newParser(&commands{}, nil, nil)
	require.NoError(t, err)
	for _, leaf := range parser.Model.Leaves(false) {
		require.True(t, strings.HasSuffix(leaf.Help, "."), "%s: %q", leaf.FullPath(), leaf.Help)
		values := leaf.Positional
		for _, f := range leaf.Flags {
			values = append(values, f.Value)
		}
		for _, v := range values {
			require.True(t, strings.HasSuffix(v.Help, "."), "%s %s: %q", leaf.FullPath(), v.Name, v.Help)
		}
		status, out, errOut := memhp(append(commandOf(leaf), "--help")...)
		require.Equal(t, exitHolds, status, "%s: %s", leaf.FullPath(), errOut)
		require.Contains(t, out, "Usage: memhp "+strings.Join(commandOf(leaf), " "))
		for _, f := range leaf.Flags {
			require.Contains(t, out, f.Default, "%s --%s says what it is without", leaf.FullPath(), f.Name)
		}
		require.NotContains(t, out, "STRING")
		require.NotContains(t, out, "...,...")
		for _, line := range strings.Split(out, "\n") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), report.Width, line)
		}
	}
}

func commandOf(n *kong.Node) []string {
	if n.Parent == nil {
		return nil
	}
	return append(commandOf(n.Parent), n.Name)
}
