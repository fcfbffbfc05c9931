package vm

import (
	"fmt"
	"regexp"
	"strconv"

	"memhp/conform/vm/agent"
	"memhp/spec"
)

// version finds "6.1.192" in "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)" or in the release.
var version = regexp.MustCompile(`\b(\d+)\.(\d+)\.(\d+)\b`)

// backports are changes of the specification that a stable series took.
var backports = []struct {
	series spec.Release
	since  int
	change *spec.Change
}{
	// linux-6.1.y took it in the batch of January 2024; 6.1.158 was read.
	{spec.Release{Major: 6, Minor: 1}, 72, spec.LockInBlockOnline},
}

// Model returns the kernel of the specification that a running kernel is held against: the newest release of the specification
// that is not after it, with what its stable series took from later ones. Distributions number their kernels themselves, but say
// the stable release in the version.
func Model(h agent.Hello) (spec.Kernel, error) {
	m := version.FindStringSubmatch(h.Version)
	if m == nil {
		m = version.FindStringSubmatch(h.Release)
	}
	if m == nil {
		return spec.Kernel{}, fmt.Errorf("kernel release %q: no version in it; name the rules with --rules", h.Release)
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	patch, _ := strconv.Atoi(m[3])
	running := spec.Release{Major: major, Minor: minor}
	best := spec.Release{}
	for _, r := range spec.Releases() {
		if !running.Before(r) {
			best = r
		}
	}
	if best == (spec.Release{}) {
		return spec.Kernel{}, fmt.Errorf("kernel %s is older than every release of the specification", m[0])
	}
	k := spec.NewKernel(best, nil, nil)
	for _, b := range backports {
		if b.series == running && patch >= b.since && !k.Has(b.change) {
			k = k.With(b.change)
		}
	}
	return k, nil
}
