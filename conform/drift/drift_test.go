package drift

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// small is a tree of our own in which every function that v7.1 has does to locks what the specification says.
func small(t *testing.T) map[string]string {
	t.Helper()
	const top = "testdata/v7.1"
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(top, path)
		out[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return out
}

// write writes a tree, with what replacements name replaced, and returns its top.
func write(t *testing.T, files map[string]string, file, old, with string) string {
	t.Helper()
	files = maps.Clone(files)
	if file != "" {
		require.Contains(t, files[file], old)
		files[file] = strings.Replace(files[file], old, with, 1)
	}
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func compare(t *testing.T, dir, kernel string) *Report {
	t.Helper()
	k, err := spec.ParseKernel(kernel)
	require.NoError(t, err)
	r, err := Compare(dir, k)
	require.NoError(t, err)
	return r
}

func TestTreeThatMatches(t *testing.T) {
	r := compare(t, write(t, small(t), "", "", ""), "v7.1")
	require.Empty(t, r.Drifts)
	require.Equal(t, 32, r.Compared)
}

// What is written in the tree in another way, and means the same, does not drift.
func TestWhatIsNoDrift(t *testing.T) {
	for name, c := range map[string][3]string{
		"a lock in a comment":            {hot, "int online_pages(unsigned long pfn) {", "int online_pages(unsigned long pfn) { /* mem_hotplug_begin(); */ // mem_hotplug_begin();\n"},
		"a lock in a string":             {hot, "int online_pages(unsigned long pfn) {", `int online_pages(unsigned long pfn) { pr_info("\"{ mem_hotplug_begin();"); c = '"';`},
		"a lock in a macro":              {hot, "int online_pages(unsigned long pfn) {", "int online_pages(unsigned long pfn) {\n#define begin mem_hotplug_begin(); \\\n mem_hotplug_begin();\n"},
		"a lock in an indented macro":    {hot, "int online_pages(unsigned long pfn) {", "int online_pages(unsigned long pfn) {\n \t# define begin mem_hotplug_begin();\n"},
		"a lock that is not modelled":    {hot, "int online_pages(unsigned long pfn) {", "int online_pages(unsigned long pfn) { mutex_lock(&pcp_batch_high_lock); mutex_unlock(&pcp_batch_high_lock);"},
		"guard for lock and unlock":      {core, "int device_online(struct device *dev) { device_lock(dev); device_unlock(dev); }", "int device_online(struct device *dev) { guard(device)(dev); }"},
		"scoped_guard":                   {"drivers/acpi/scan.c", "mutex_lock(&acpi_scan_lock); acpi_scan_lock_release();", "scoped_guard(mutex, &acpi_scan_lock) { }"},
		"an annotation":                  {hot, "void get_online_mems(void) {", "void get_online_mems(void)\n\t__acquires(mem_hotplug_lock)\n{"},
		"an old name":                    {memory, "state_store(struct device *dev)", "store_mem_state(struct device *dev)"},
		"a struct before the function":   {memory, "static ssize_t state_show", "static struct a b = { .c = d(e), { 1 } };\nstatic ssize_t state_show"},
		"a stub in the other #ifdef arm": {hot, "int try_online_node(int nid) {", "#ifdef A\nint try_online_node(int nid) { return 0; }\n#else\nint try_online_node(int nid) {"},
	} {
		require.Empty(t, compare(t, write(t, small(t), c[0], c[1], c[2]), "v7.1").Drifts, name)
	}
}

func TestDrifts(t *testing.T) {
	for name, c := range map[string]struct {
		file, old, with string
		drift           Drift
	}{
		"a lock is gone": {memory, "static int memory_block_online(struct memory_block *mem) { mem_hotplug_begin(); mem_hotplug_done(); }", "static int memory_block_online(struct memory_block *mem) { }",
			Drift{Function: "memory_block_online", File: memory, Line: 4, Spec: []string{"read cpu_hotplug_lock", "unlock cpu_hotplug_lock", "lock mem_hotplug_lock", "unlock mem_hotplug_lock"}, Source: []string{}}},
		"a lock is new": {hot, "int online_pages(unsigned long pfn) {", "int online_pages(unsigned long pfn) { mutex_lock(&device_hotplug_lock);",
			Drift{Function: "online_pages", File: hot, Line: 5, Spec: []string{}, Source: []string{"lock device_hotplug_lock"}}},
		"a trylock waits": {core, "if (mutex_trylock(&device_hotplug_lock)) return 0; return restart_syscall();", "mutex_lock(&device_hotplug_lock); return 0;",
			Drift{Function: "lock_device_hotplug_sysfs", File: core, Line: 3, Spec: []string{"try device_hotplug_lock"}, Source: []string{"lock device_hotplug_lock"}}},
		"an unlock is forgotten": {core, "device_offline(struct device *dev) { device_lock(dev); device_unlock(dev); }", "device_offline(struct device *dev) { device_lock(dev); }",
			Drift{Function: "device_offline", File: core, Line: 7, Spec: []string{"unlock device_lock"}, Source: []string{}}},
		"a function is gone": {core, "void device_del(", "void device_delete(",
			Drift{Function: "device_del", File: core, Spec: []string{"lock device_lock", "unlock device_lock"}, Source: []string{}}},
	} {
		r := compare(t, write(t, small(t), c.file, c.old, c.with), "v7.1")
		require.Contains(t, r.Drifts, c.drift, name)
	}
}

// A part of a function is where the function is: mm/memremap.c was kernel/memremap.c.
func TestFileThatMoved(t *testing.T) {
	files := small(t)
	files[then] = files[memremap]
	delete(files, memremap)
	r := compare(t, write(t, files, "", "", ""), "v7.1")
	require.Empty(t, r.Drifts)
	require.Equal(t, 32, r.Compared)
}

// What is not compared is said, with the reason.
func TestSkipped(t *testing.T) {
	const homeMade = "the home-made lock is a mutex and a count"
	for kernel, skipped := range map[string]bool{"v4.12": true, "v4.13": false} {
		r := compare(t, write(t, small(t), "", "", ""), kernel)
		if want := (Skip{"mem_hotplug_begin", homeMade}); skipped {
			require.Contains(t, r.Skipped, want)
		} else {
			require.NotContains(t, r.Skipped, want)
		}
		require.Contains(t, r.Skipped, Skip{"arch_add_memory", "each architecture has its own"})
	}
}

// The same tree does not match an older kernel.
func TestOtherKernel(t *testing.T) {
	drifted := []string{}
	for _, d := range compare(t, write(t, small(t), "", "", ""), "v6.5").Drifts {
		drifted = append(drifted, d.Function)
	}
	require.ElementsMatch(t, []string{"online_pages", "offline_pages", "memory_block_online", "memory_block_offline", "device_add"}, drifted, "001002e73712, and device_add() of v7.1")
}

// The Makefile names the kernel: a stable kernel that is not newer, or the release; of one that was read in part, what is known of it.
func TestGuess(t *testing.T) {
	for version, kernel := range map[[3]string]string{{"7", "1", "5"}: "v7.1", {"6", "1", "20"}: "v6.1", {"6", "1", "72"}: "v6.1.72", {"6", "1", "180"}: "v6.1.158", {"4", "14", "200"}: "v4.14.170", {"7", "2", "6"}: "v7.1+a7cc262a1135"} {
		dir := write(t, map[string]string{"Makefile": "VERSION = " + version[0] + "\nPATCHLEVEL = " + version[1] + "\nSUBLEVEL = " + version[2] + "\n"}, "", "", "")
		k, said, err := Guess(dir)
		require.NoError(t, err)
		require.Equal(t, kernel, k.String())
		require.Equal(t, strings.Join(version[:], "."), said)
	}
	for vendor, kernel := range map[string]string{"ubuntu/README": "v4.15.18", "README": "v4.15"} {
		k, _, err := Guess(write(t, map[string]string{"Makefile": "VERSION = 4\nPATCHLEVEL = 15\nSUBLEVEL = 18\n", vendor: ""}, "", "", ""))
		require.NoError(t, err)
		require.Equal(t, kernel, k.String(), vendor)
	}
	_, _, err := Guess(write(t, map[string]string{"Makefile": "VERSION = 2\nPATCHLEVEL = 6\nSUBLEVEL = 39\n"}, "", "", ""))
	require.ErrorContains(t, err, `unknown release "v2.6"`)
	_, _, err = Guess(write(t, map[string]string{"Makefile": "all:\n"}, "", "", ""))
	require.ErrorContains(t, err, "name the kernel with --kernel")
}

func TestNoSource(t *testing.T) {
	_, err := Compare(t.TempDir(), spec.HistoryKernels()[0])
	require.ErrorContains(t, err, "is no kernel source")
}

// Whatever the text, it is read without a panic.
func FuzzFunctions(f *testing.F) {
	f.Add([]byte("int f(void) { g(\"x\"); } /*"))
	f.Add([]byte("int f(void) { guard(mutex)("))
	f.Add([]byte("#define a \\\n b\n{ ) ( } '"))
	f.Fuzz(func(t *testing.T, src []byte) {
		require.Len(t, blank(src), len(src))
		for _, bodies := range functions(src) {
			for _, b := range bodies {
				calls(b.body)
			}
		}
	})
}
