package spec

import (
	"fmt"
	"slices"
	"strings"
)

// lastMinor are the last releases of each series of mainline that the specification covers; the first is v3.15.
var lastMinor = []Release{{3, 19}, {4, 20}, {5, 19}, {6, 19}, {7, 1}}

// Releases returns every mainline release that the specification covers, oldest first: v3.15 to v7.1. Which were held against their
// source, Trees tells; what is known of newer ones, NewerReleases.
func Releases() []Release {
	var out []Release
	first := 15
	for _, last := range lastMinor {
		for minor := first; minor <= last.Minor; minor++ {
			out = append(out, Release{last.Major, minor})
		}
		first = 0
	}
	return out
}

// trees are the versions whose source was read. A release without one stands between two that were read, and has the changes
// whose Release says so. That of 4.10.1 says 4.9.76 in its Makefile, and has the files of v4.10.
var trees = strings.Fields("3.15.5 3.16.0 3.17.4 3.18.20 3.19.12 4.1.3 4.2.8 4.3.0 4.4.220 4.5.7 4.6.2 4.8.15 4.9.22 4.9.115 4.9.229 4.10.0 4.10.1 4.11.0 4.12.0 " +
	"4.13.4 4.14.74 4.14.170 4.15.18 4.16.13 4.17.0 4.18.0 4.19.0 4.19.90 4.19.124 4.20.0 5.0.1 5.2.1 5.3.1 5.4.1 5.4.18 5.4.286 5.6.4 5.7.14 5.8.1 5.9.1 5.9.2 " +
	"5.10.7 5.10.185 5.11.0 5.12.9 5.14-rc5 5.15.100 5.17-rc5 6.0-rc1 6.1-rc7 6.1.20 6.1.55 6.1.158 6.1.192 6.5.0 6.6.9 6.8.0 6.9.0 6.12.0 6.17.0 " +
	"6.18.2 6.19.0 7.1.3 7.1.5")

// Trees returns the versions of release r whose source was read.
func Trees(r Release) []string {
	name := strings.TrimPrefix(r.String(), "v")
	return slices.DeleteFunc(slices.Clone(trees), func(t string) bool {
		return !strings.HasPrefix(t, name+".") && !strings.HasPrefix(t, name+"-")
	})
}

// Stable is a stable kernel: a release with changes that came to it later.
type Stable struct {
	// Name is such as v4.14.157.
	Name string
	// Base is the release, Has are the changes that were brought back to it.
	Base Release
	Has  []*Change
	// Vendor is a directory at the top of the trees of the vendor who made the kernel, if it is none of kernel.org.
	Vendor string
	// Source says where this was read, Unverified what of it could not be.
	Source, Unverified string
}

// Kernel returns the kernel by its own name.
func (s Stable) Kernel() Kernel {
	k := NewKernel(s.Base, s.Has, nil)
	k.name = s.Name
	return k
}

// Where the content of a stable release is told, if no tree of it was read.
const (
	announced = "the shortlog of its announcement"
	reviewed  = "the list of patches of its review"
)

// StableKernels returns the stable kernels that the specification knows, oldest first.
func StableKernels() []Stable {
	gate := []*Change{AddTakesDeviceHotplug, ProbeStoreUnlock}
	memtrace := []*Change{MemtraceOfflineLock, MemtraceOnlineLock}
	v419 := slices.Concat(gate, memtrace, []*Change{LockInOnlinePages})
	v419later := append(slices.Clone(v419), DeviceKill, SlabShowLockless, HPTCpusLocked)
	return []Stable{
		{Name: "v4.4.220", Base: Release{4, 4}, Has: []*Change{MemremapLock, SlabShowLockless}, Source: "its tree"},
		{Name: "v4.9.22", Base: Release{4, 9}, Has: []*Change{MemremapLock, MemremapGate}, Source: "its tree"},
		{Name: "v4.9.204", Base: Release{4, 9}, Has: append([]*Change{MemremapLock, MemremapGate, SlabShowLockless}, gate...), Source: announced + ", and the trees of 4.9.115 and 4.9.229",
			Unverified: "in which release before 4.9.229 e4f8e513c3d3 came"},
		{Name: "v4.14.157", Base: Release{4, 14}, Has: append([]*Change{MemtraceOfflineLock}, gate...), Source: announced + "; 5666848774ef is in the review of 4 November 2019",
			Unverified: "whether e4f8e513c3d3 is in it: 4.14.74 has it not and 4.14.170 has"},
		{Name: "v4.14.170", Base: Release{4, 14}, Has: append([]*Change{MemtraceOfflineLock, SlabShowLockless, HPTCpusLocked}, gate...), Source: "its tree"},
		{Name: "v4.15.18", Base: Release{4, 15}, Has: append([]*Change{LockInOnlinePages, DeviceKill, SlabShowLockless}, gate...), Vendor: "ubuntu", Source: "its tree",
			Unverified: "what it has on powerpc: the tree is of Ubuntu, for x86 alone. The 4.15.18 of kernel.org is older than these changes"},
		{Name: "v4.19.87", Base: Release{4, 19}, Has: v419, Source: announced + "; 5666848774ef is in the review of 4 November 2019", Unverified: "what 4.19.90 has beyond them may be in it too"},
		{Name: "v4.19.90", Base: Release{4, 19}, Has: v419later, Source: "its tree"},
		{Name: "v4.19.124", Base: Release{4, 19}, Source: "its tree",
			Has: append(v419later, RemoveTakesDeviceHotplug, ReleaseResourceLate, BlockDevicesOutside, RemoveBlocksFirst)},
		{Name: "v5.4.19", Base: Release{5, 4}, Has: []*Change{RemoveBlocksFirst}, Source: reviewed},
		{Name: "v5.4.286", Base: Release{5, 4}, Has: []*Change{RemoveBlocksFirst, RemoveUnpairedDone, PcpDrainAgain}, Source: "its tree"},
		{Name: "v5.5.3", Base: Release{5, 5}, Has: []*Change{RemoveBlocksFirst}, Source: reviewed},
		{Name: "v6.1.72", Base: Release{6, 1}, Has: []*Change{LockInBlockOnline}, Source: reviewed},
		{Name: "v6.1.158", Base: Release{6, 1}, Has: []*Change{LockInBlockOnline, ZonelistIrqsOff, UsageRCU}, Source: "its tree"},
		{Name: "v6.1.192", Base: Release{6, 1}, Has: []*Change{LockInBlockOnline, ZonelistIrqsOff, UsageRCU, DeviceReady}, Source: "its tree"},
		{Name: "v6.6.9", Base: Release{6, 6}, Has: []*Change{LockInBlockOnline}, Source: "its tree"},
	}
}

// parseBase finds a release or a stable kernel by its name.
func parseBase(s string) (Kernel, error) {
	releases := Releases()
	if i := slices.IndexFunc(releases, func(r Release) bool { return r.String() == s }); i >= 0 {
		return NewKernel(releases[i], nil, nil), nil
	}
	stable := StableKernels()
	if i := slices.IndexFunc(stable, func(k Stable) bool { return k.Name == s }); i >= 0 {
		return stable[i].Kernel(), nil
	}
	if n, found := readInPart(s); found {
		return Kernel{}, fmt.Errorf("%s was read in part only, and is no kernel here; as far as it was read it is %s", n.Release, n.Kernel())
	}
	names := make([]string, len(stable))
	for i, k := range stable {
		names[i] = k.Name
	}
	return Kernel{}, fmt.Errorf("unknown release %q; the releases are %s to %s, and the stable kernels %s",
		s, releases[0], releases[len(releases)-1], strings.Join(names, " "))
}
