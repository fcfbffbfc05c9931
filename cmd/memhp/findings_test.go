package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const findings = "../../docs/findings.md"

// The outputs in docs/findings.md are those of the commands above them.
func TestFindingsAreUpToDate(t *testing.T) {
	text, err := os.ReadFile(findings)
	require.NoError(t, err)
	fresh, commands := refresh(t, string(text))
	require.Positive(t, commands)
	if *update {
		require.NoError(t, os.WriteFile(findings, []byte(fresh), 0o644))
		return
	}
	require.Equal(t, fresh, string(text), "run go test ./cmd/memhp -run Findings -update if this is as it should be")
}

// refresh runs each command that begins a block with "$ memhp ", and puts its first paragraphs, up to the one that says why the
// rule is broken, in the place of what follows it in the block.
func refresh(t *testing.T, text string) (fresh string, commands int) {
	var out []string
	skip := false
	for _, line := range strings.Split(text, "\n") {
		command, isCommand := strings.CutPrefix(line, "$ memhp ")
		switch {
		case isCommand:
			commands++
			skip = true
			status, answer, errOut := memhp(strings.Fields(command)...)
			require.Contains(t, []int{exitHolds, exitViolation}, status, "%s: %s", command, errOut)
			answer, _, _ = strings.Cut(answer, "\nThe same as the kernel would report it")
			out = append(out, line, strings.TrimSpace(answer))
		case strings.HasPrefix(line, "```"):
			skip = false
			out = append(out, line)
		case !skip:
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n"), commands
}

// Every other command that docs/findings.md names shows what it says: something is broken.
func TestFindingsAreReproduced(t *testing.T) {
	text, err := os.ReadFile(findings)
	require.NoError(t, err)
	commands := regexp.MustCompile("`memhp ((?:explain|check) [^`]*)`").FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, commands)
	for _, c := range commands {
		status, _, errOut := memhp(strings.Fields(c[1])...)
		require.Equal(t, exitViolation, status, "%s: %s", c[1], errOut)
	}
}

// An output that is not that of its command is noticed.
func TestFindingsBite(t *testing.T) {
	text := "```\n$ memhp order v4.20\nstale\n```\n"
	fresh, commands := refresh(t, text)
	require.Equal(t, 1, commands)
	require.NotContains(t, fresh, "stale")
	require.Contains(t, fresh, "device_hotplug_lock")
	again, _ := refresh(t, fresh)
	require.Equal(t, fresh, again)
}
