package report

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// kernelDoc returns the comments of a kernel by function.
func kernelDoc(t *testing.T, name string) map[string]string {
	t.Helper()
	text := string(written(t, func(w io.Writer) error { return KernelDoc(w, kernel(t, name)) }))
	out := map[string]string{}
	for _, comment := range strings.Split(text, "/**\n")[1:] {
		body, _, ok := strings.Cut(comment, " */\n")
		require.True(t, ok, comment)
		for _, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
			require.True(t, line == " *" || strings.HasPrefix(line, " * "), line)
			require.LessOrEqual(t, len(line), 80, line)
		}
		function, _, ok := strings.Cut(strings.TrimPrefix(body, " * "), "() - ")
		require.True(t, ok, body)
		out[function] = strings.Join(strings.Fields(strings.ReplaceAll(body, "\n *", " ")), " ")
	}
	return out
}

// Each function with a contract has a comment with the section Context:, which says all that the contract demands, and nothing of other kernels.
func TestKernelDocOfEveryContract(t *testing.T) {
	for _, r := range spec.Releases() {
		k := kernel(t, r.String())
		docs := kernelDoc(t, r.String())
		for _, f := range spec.Functions() {
			clauses := f.Contract(k)
			if len(clauses) == 0 {
				require.NotContains(t, docs, f.Name)
				continue
			}
			_, context, ok := strings.Cut(docs[f.Name], "Context: Process context.")
			require.True(t, ok, f.Name)
			for _, c := range clauses {
				require.Contains(t, context, c.Lock.Name, "%s in %s", f.Name, r)
			}
		}
	}
}

func TestKernelDocWording(t *testing.T) {
	docs := kernelDoc(t, "v6.12")
	require.Contains(t, docs["add_memory"], "Context: Process context. Takes and releases device_hotplug_lock. Must not be called with device_hotplug_lock or mem_hotplug_lock held.")
	require.Contains(t, docs["online_pages"], "Context: Process context. Expects mem_hotplug_lock to be held for writing by the caller.")
	require.Contains(t, docs["device_online"], "Return: 0, 1, -EPERM, -EINVAL or -EHWPOISON.")
	require.Contains(t, kernelDoc(t, "v4.20")["online_pages"], "Takes and releases mem_hotplug_lock for writing.")
	require.Contains(t, kernelDoc(t, "v4.19")["add_memory"], "Expects device_hotplug_lock to be held by the caller.")
}
