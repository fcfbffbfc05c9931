package drift

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"memhp/spec"
)

// Report is what a comparison found.
type Report struct {
	// Kernel is the kernel of the specification, Version what the Makefile of the tree says, if it was read.
	Kernel  string `json:"kernel"`
	Version string `json:"version,omitempty"`
	// Compared counts the functions that were compared.
	Compared int `json:"compared"`
	// Drifts are the functions that differ.
	Drifts []Drift `json:"drifts"`
	// Skipped says why the others were not compared.
	Skipped []Skip `json:"skipped"`
}

// Drift is a function whose source and procedure do not do the same to locks.
type Drift struct {
	// Function is the name in the tree, at File and Line.
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	// Spec are lock calls of the procedure that the source does not have, Source those of the source that the procedure does not have.
	Spec   []string `json:"spec"`
	Source []string `json:"source"`
}

// Skip is a function that was not compared.
type Skip struct {
	Function string `json:"function"`
	Reason   string `json:"reason"`
}

// Compare holds the tree at dir against kernel k.
func Compare(dir string, k spec.Kernel) (*Report, error) {
	t := tree{dir: dir, files: map[string]map[string][]function{}}
	if _, err := t.file(hot); err != nil {
		return nil, fmt.Errorf("%s is no kernel source: %w", dir, err)
	}
	wants := spec.LockCalls(k)
	out := &Report{Kernel: k.String(), Drifts: []Drift{}, Skipped: []Skip{}}
	for _, f := range spec.Functions() {
		if err := t.compare(f, k, wants[f], out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tree is a source tree, whose files are read once.
type tree struct {
	dir   string
	files map[string]map[string][]function
}

// file returns the functions of a file.
func (t *tree) file(name string) (map[string][]function, error) {
	if fs, done := t.files[name]; done {
		return fs, nil
	}
	src, err := os.ReadFile(filepath.Join(t.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, fmt.Errorf("read source: %w", err)
	}
	t.files[name] = functions(src)
	return t.files[name], nil
}

// compare compares one function.
func (t *tree) compare(f *spec.Function, k spec.Kernel, want []spec.LockCall, out *Report) error {
	skip := func(reason string) error {
		out.Skipped = append(out.Skipped, Skip{f.Name, reason})
		return nil
	}
	if reason := notCompared[f]; reason != "" {
		return skip(reason)
	}
	if slices.Contains(homeMade, f) && spec.MemHotplug.KindIn(k) == spec.CounterLock {
		return skip("the home-made lock is a mutex and a count")
	}
	bodies, file, err := t.find(f)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return skip("the tree does not have " + f.File)
	case err != nil:
		return err
	case len(bodies) == 0 && len(want) == 0:
		return skip("the tree does not have it")
	case len(bodies) == 0:
		out.Compared++
		out.Drifts = append(out.Drifts, Drift{Function: f.Name, File: file, Spec: names(want), Source: []string{}})
		return nil
	case !t.whole(f, file):
		return skip("it does the work of a function that the tree does not have yet")
	}
	out.Compared++
	got, err := t.locks(bodies, file, map[string]bool{})
	if err != nil {
		return err
	}
	d := Drift{Function: bodies[0].name, File: file, Line: bodies[0].line, Spec: names(without(want, got)), Source: names(without(got, want))}
	if len(d.Spec)+len(d.Source) > 0 {
		out.Drifts = append(out.Drifts, d)
	}
	return nil
}

// find returns the bodies of a function and its file.
func (t *tree) find(f *spec.Function) ([]function, string, error) {
	at := places[f]
	if at.files == nil {
		at.files = []string{f.File}
	}
	if at.names == nil {
		at.names = []string{f.Name}
	}
	var missing error
	for _, file := range at.files {
		in, err := t.file(file)
		if err != nil {
			missing = err
			continue
		}
		for _, name := range at.names {
			if len(in[name]) > 0 {
				return in[name], file, nil
			}
		}
		missing = nil
	}
	return nil, at.files[0], missing
}

// whole tells whether the tree has what the function once did itself.
func (t *tree) whole(f *spec.Function, file string) bool {
	unless := places[f].unless
	return unless == "" || len(t.files[file][unless]) > 0
}

// locks returns what some bodies do to locks, and what those do that they call and that are followed.
func (t *tree) locks(bodies []function, file string, seen map[string]bool) ([]spec.LockCall, error) {
	var out []spec.LockCall
	for _, b := range bodies {
		for _, c := range calls(b.body) {
			out = append(out, locksOf(c)...)
			in, follow := followed[c.name]
			if !follow || seen[c.name] {
				continue
			}
			seen[c.name] = true
			if in == memremap {
				in = file
			}
			callees, err := t.file(in)
			if err != nil {
				return nil, err
			}
			more, err := t.locks(callees[c.name], in, seen)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

// without returns the calls of a that b does not have, each once.
func without(a, b []spec.LockCall) []spec.LockCall {
	left := map[spec.LockCall]bool{}
	for _, c := range a {
		if known(c.Class) && !slices.Contains(b, c) {
			left[c] = true
		}
	}
	return slices.SortedFunc(maps.Keys(left), func(x, y spec.LockCall) int {
		return cmp.Or(cmp.Compare(x.Class.Name, y.Class.Name), cmp.Compare(x.Op, y.Op))
	})
}

// known tells whether the C side can see the lock.
func known(c *spec.LockClass) bool { return c != spec.StateAttr && c != spec.OnlineAttr }

func names(calls []spec.LockCall) []string {
	out := make([]string, len(calls))
	for i, c := range calls {
		out[i] = c.String()
	}
	return out
}

var makefileLine = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL)\s*=\s*(\d+)\s*$`)

// Guess returns the kernel of the specification that comes nearest to the tree at dir, and the version of the tree: the newest stable
// kernel of its series that is not newer, or the release, or as much of it as is known. A kernel of a vendor is only taken for a tree of that vendor.
func Guess(dir string) (spec.Kernel, string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "Makefile"))
	if err != nil {
		return spec.Kernel{}, "", fmt.Errorf("which kernel is this: %w; name it with --kernel", err)
	}
	number := map[string]int{}
	for _, m := range makefileLine.FindAllSubmatch(text, -1) {
		n := 0
		if _, err := fmt.Sscan(string(m[2]), &n); err == nil {
			number[string(m[1])] = n
		}
	}
	if _, found := number["PATCHLEVEL"]; !found {
		return spec.Kernel{}, "", fmt.Errorf("%s: no VERSION and PATCHLEVEL in it; name the kernel with --kernel", filepath.Join(dir, "Makefile"))
	}
	base := spec.Release{Major: number["VERSION"], Minor: number["PATCHLEVEL"]}
	version := fmt.Sprintf("%s.%d", strings.TrimPrefix(base.String(), "v"), number["SUBLEVEL"])
	name := base.String()
	for _, s := range spec.StableKernels() {
		patch := 0
		if _, err := fmt.Sscan(s.Name[strings.LastIndex(s.Name, ".")+1:], &patch); err == nil && s.Base == base && patch <= number["SUBLEVEL"] && ofVendor(dir, s.Vendor) {
			name = s.Name
		}
	}
	for _, n := range spec.NewerReleases() {
		if n.Release == base {
			return n.Kernel(), version, nil
		}
	}
	k, err := spec.ParseKernel(name)
	if err != nil {
		return spec.Kernel{}, version, fmt.Errorf("tree %s: %w", version, err)
	}
	return k, version, nil
}

// ofVendor tells whether the tree at dir is one of the vendor, or there is none.
func ofVendor(dir, vendor string) bool {
	at, err := os.Stat(filepath.Join(dir, vendor))
	return err == nil && at.IsDir()
}
