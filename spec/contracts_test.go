package spec_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// Where mem_hotplug_lock is taken moved three times: 30467e0b3be8, 381eab4a6ee8, 001002e73712.
func TestContractOfOnlinePages(t *testing.T) {
	for name, demand := range map[string]spec.Demand{
		"v3.18": spec.Takes, "v4.1": spec.Requires, "v4.19": spec.Requires, "v4.20": spec.Takes, "v6.1": spec.Takes,
		"v6.1+001002e73712": spec.Requires, "v6.12": spec.Requires,
	} {
		c := spec.OnlinePages.Contract(kernel(t, name))
		require.Len(t, c, 1, name)
		require.Equal(t, demand, c[0].Demand, name)
		require.Equal(t, spec.MemHotplug, c[0].Lock)
	}
}

func TestBrokenContract(t *testing.T) {
	k := kernel(t, "v4.20")
	gate := writes(spec.DeviceHotplugLock)
	require.Len(t, spec.Held(nil).Broken(spec.DeviceOnline, k), 1)
	require.Empty(t, gate.Broken(spec.DeviceOnline, k))
	require.Equal(t, spec.NoRecursion, gate.Broken(spec.AddMemory, k)[0].Rule, "add_memory() takes the gate itself")
	require.Equal(t, spec.DeviceHotplugHeld, spec.Held(nil).Broken(spec.AddMemory, kernel(t, "v4.19"))[0].Rule)
	reader := spec.Held{{Lock: spec.MemHotplugLock, Mode: spec.Read}}
	require.Len(t, reader.Broken(spec.ArchAddMemory, k), 1, "reading is not enough")
}

func TestRecursion(t *testing.T) {
	read, write := spec.Held{{Lock: spec.MemHotplugLock, Mode: spec.Read}}, writes(spec.MemHotplugLock)
	for _, c := range []struct {
		kernel    string
		held      spec.Held
		mode      spec.Mode
		recursion bool
	}{
		{"v4.20", read, spec.Read, true},
		{"v4.20", write, spec.Read, true},
		{"v4.20", write, spec.Write, true},
		{"v4.12", read, spec.Read, false},
		{"v4.12", write, spec.Read, false},
		{"v4.12", read, spec.Write, true},
		{"v4.12", write, spec.Write, true},
	} {
		require.Equal(t, c.recursion, c.held.Recursion(spec.MemHotplugLock, c.mode, kernel(t, c.kernel)), "%s: %s while holding %v", c.kernel, c.mode, c.held)
	}
}

// Every function of the table has a source file, a sentence, and clauses with reasons and rules.
func TestFunctionsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range spec.Functions() {
		require.False(t, seen[f.Name], f.Name)
		seen[f.Name] = true
		require.NotEmpty(t, f.File, f.Name)
		require.NotEmpty(t, f.Doc, f.Name)
		for _, c := range f.Clauses {
			require.NotEmpty(t, c.Why, f.Name)
			require.NotNil(t, c.Rule, f.Name)
		}
		found, err := spec.FindFunction(f.Name)
		require.NoError(t, err)
		require.Same(t, f, found)
	}
	_, err := spec.FindFunction("nothing")
	require.ErrorContains(t, err, `unknown function "nothing"`)
}

// A procedure that returns something else than an errno is marked so, and no other.
func TestFunctionsThatAnswer(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		source.Write(text)
	}
	procedure := regexp.MustCompile(`(?m)^func \w+\(t Task.*\) (\w+) \{\n\tdefer t\.Call\((\w+)\)`)
	var answer []string
	for _, m := range procedure.FindAllStringSubmatch(source.String(), -1) {
		if m[1] != "Errno" {
			answer = append(answer, m[2])
		}
	}
	var marked []string
	for _, m := range regexp.MustCompile(`(\w+) += &Function\{.*Answers: true`).FindAllStringSubmatch(source.String(), -1) {
		marked = append(marked, m[1])
	}
	require.ElementsMatch(t, answer, marked)
	require.NotEmpty(t, marked)
}
