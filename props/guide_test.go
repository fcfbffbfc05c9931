package props

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const guideFile = "../docs/guide.md"

var update = flag.Bool("update", false, "write what the program of the guide prints into the guide")

// fenced is a fenced block of a document: its language, and its text.
var fenced = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

func guide(t *testing.T) [][]string {
	text, err := os.ReadFile(guideFile)
	require.NoError(t, err)
	blocks := fenced.FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, blocks)
	return blocks
}

// The program in the guide, in a module of its own beside this one, set up by the commands that the guide gives, prints what the guide shows.
func TestGuideFromOutside(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	blocks := guide(t)
	for i, b := range blocks {
		if b[1] != "sh" {
			continue
		}
		require.Greater(t, len(blocks), i+2)
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(blocks[i+1][2]), 0o600))
		run := func(command string) string {
			c := exec.Command("sh", "-c", command)
			c.Dir = dir
			c.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
			out, err := c.CombinedOutput()
			require.NoError(t, err, "%s: %s", command, out)
			return string(out)
		}
		run(strings.ReplaceAll(b[2], "../memhp", root))
		printed := run("go run -mod=mod .")
		if *update {
			text, err := os.ReadFile(guideFile)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(guideFile, []byte(strings.Replace(string(text), blocks[i+2][2], printed, 1)), 0o600))
			return
		}
		require.Equal(t, blocks[i+2][2], printed, "-update writes it into the guide")
		return
	}
	t.Fatal("the guide has no program")
}

// Every other piece of Go in the guide stands, line for line, in the examples, which are run.
func TestGuideShowsTheExamples(t *testing.T) {
	text, err := os.ReadFile("../sim/example_test.go")
	require.NoError(t, err)
	example, pieces := unindented(string(text)), 0
	for _, b := range guide(t) {
		if b[1] == "go" && !strings.HasPrefix(b[2], "package main") {
			pieces++
			require.Contains(t, example, unindented(b[2]))
		}
	}
	require.Positive(t, pieces)
}

func unindented(text string) string { return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(text, "") }
