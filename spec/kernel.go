package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Release is a mainline release, for example {4, 20}.
type Release struct{ Major, Minor int }

func (r Release) String() string { return fmt.Sprintf("v%d.%d", r.Major, r.Minor) }

// Before tells whether r is older than s.
func (r Release) Before(s Release) bool { return r.Compare(s) < 0 }

// Compare returns a negative number if r is older than s, 0 if they are the same, and else a positive one.
func (r Release) Compare(s Release) int {
	return cmp.Or(cmp.Compare(r.Major, s.Major), cmp.Compare(r.Minor, s.Minor))
}

// Kernel is a release plus and minus changes. Procedures tell kernels apart by Has alone.
type Kernel struct {
	name string
	base Release
	has  map[*Change]bool
	idle []string
	ask  func(*Change)
}

// NewKernel returns the kernel of release r, with plus added and minus taken away.
func NewKernel(r Release, plus, minus []*Change) Kernel {
	k := Kernel{name: r.String(), base: r, has: map[*Change]bool{}}
	for _, c := range Changes() {
		if !r.Before(c.Release) && (c.Gone == Release{} || r.Before(c.Gone)) {
			k.has[c] = true
		}
	}
	return k.With(plus...).Less(minus...)
}

// With returns k plus changes, which may be a user's own.
func (k Kernel) With(changes ...*Change) Kernel { return k.alter("+", true, changes) }

// Less returns k minus changes.
func (k Kernel) Less(changes ...*Change) Kernel { return k.alter("-", false, changes) }

func (k Kernel) alter(sign string, has bool, changes []*Change) Kernel {
	out := Kernel{name: k.name, base: k.base, ask: k.ask, idle: slices.Clone(k.idle), has: make(map[*Change]bool, len(k.has)+len(changes))}
	for c := range k.has {
		out.has[c] = true
	}
	for _, c := range changes {
		if out.has[c] == has {
			out.idle = append(out.idle, idle(out, sign, c))
		}
		out.name += sign + c.ID
		if has {
			out.has[c] = true
		} else {
			delete(out.has, c)
		}
	}
	return out
}

func idle(k Kernel, sign string, c *Change) string {
	if sign == "+" {
		return fmt.Sprintf("%s has %s, so %s%s makes no difference", k, c.ID, sign, c.ID)
	}
	return fmt.Sprintf("%s does not have %s, so %s%s makes no difference", k, c.ID, sign, c.ID)
}

// Has tells whether the kernel has change c.
func (k Kernel) Has(c *Change) bool {
	if k.ask != nil {
		k.ask(c)
	}
	return k.has[c]
}

// Observed returns the same kernel, which tells ask each change that somebody asks it for: what was not asked for made no
// difference. Several goroutines may call ask.
func (k Kernel) Observed(ask func(*Change)) Kernel {
	k.ask = ask
	return k
}

// Base returns the release that the kernel started from, for what is outside of the specification. Procedures ask Has.
func (k Kernel) Base() Release { return k.base }

// String returns the name by which ParseKernel finds the kernel.
func (k Kernel) String() string { return k.name }

// Unmet returns a sentence for each change whose needs the kernel does not have.
func (k Kernel) Unmet() []string {
	var out []string
	for _, c := range append(Changes(), Proposals()...) {
		for _, n := range c.Needs {
			if k.Has(c) && !k.Has(n) {
				out = append(out, fmt.Sprintf("%s: change %s needs %s (%s)", k, c.ID, n.ID, n.Title))
			}
		}
	}
	return out
}

// Idle returns a sentence for each change that was added though the kernel had it, or taken away though it had not.
func (k Kernel) Idle() []string { return slices.Clone(k.idle) }

// ParseKernel reads a kernel such as "v4.19", "v4.19+381eab4a6ee" or "v6.7-001002e73712". A change is
// named by any unambiguous prefix of 7 or more digits of its commit id.
func ParseKernel(s string) (Kernel, error) {
	cut := strings.IndexAny(s, "+-")
	if cut < 0 {
		cut = len(s)
	}
	k, err := parseBase(s[:cut])
	if err != nil {
		return Kernel{}, fmt.Errorf("kernel %q: %w", s, err)
	}
	for rest := s[cut:]; rest != ""; {
		sign, id := rest[0], rest[1:]
		if rest = ""; strings.ContainsAny(id, "+-") {
			i := strings.IndexAny(id, "+-")
			id, rest = id[:i], id[i:]
		}
		c, err := FindChange(id)
		if err != nil {
			return Kernel{}, fmt.Errorf("kernel %q: %w", s, err)
		}
		if sign == '+' {
			k = k.With(c)
		} else {
			k = k.Less(c)
		}
	}
	return k, nil
}

// minPrefix is the shortest abbreviation of a commit id that names a change.
const minPrefix = 7

// FindChange returns the change whose commit id starts with id, or that starts id, in 7 digits or more.
func FindChange(id string) (*Change, error) {
	if len(id) < minPrefix {
		return nil, fmt.Errorf("change %q: give 7 or more digits of the commit id", id)
	}
	var found []*Change
	for _, c := range append(Changes(), Proposals()...) {
		if strings.HasPrefix(c.ID, id) || strings.HasPrefix(id, c.ID) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("unknown change %q; see memhp list changes", id)
	}
	return nil, fmt.Errorf("change %q is ambiguous: %v", id, found)
}
