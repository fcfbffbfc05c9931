package spec

import (
	"cmp"
	"fmt"
	"slices"
)

// Bug is a bug of memory hotplug that was found in the real world, or a report that turned out to be none.
type Bug struct {
	// ID is its number in the catalogue.
	ID string
	// Title says in a line what went wrong.
	Title string
	// Story says who meets whom, what happens, and how it was repaired.
	Story string
	// Fix are the changes that repair it.
	Fix []*Change
	// Negative tells that it is no bug: something keeps it from happening. Before is then a machine without that.
	Negative bool
	// Causes are the bugs that the repair caused, or made visible.
	Causes []string
	// Source says where the facts were read, Unverified what could not be.
	Source, Unverified string
	// Scenarios reproduce it. If there is none, NotReproduced gives the reason.
	Scenarios     []Scenario
	NotReproduced string
}

// Scenario is a machine that shows a bug, and one without it.
type Scenario struct {
	// Before and After are kernels, with and without the bug.
	Before, After string
	// Actors are what the tasks run, as --actors takes them; AfterActors, if they are not the same in After.
	Actors, AfterActors string
	// Tasks and Blocks are the size; 0 means 2 and 1.
	Tasks, Blocks int
	// Breaks are the invariants that Before breaks and After does not, By the actors that break the first of them.
	Breaks []*Invariant
	By     []string
	// Opens are the invariants that After breaks and Before does not: the repair caused the next bug.
	Opens []*Invariant
}

// Machine is one side of a scenario, ready to be checked.
type Machine struct {
	Kernel        Kernel
	Selection     string
	Actors        []Actor
	Tasks, Blocks int
}

// Machines returns the machine with the bug and the one without.
func (s Scenario) Machines() (before, after Machine, err error) {
	if before, err = s.machine(s.Before, s.Actors); err != nil {
		return before, after, err
	}
	actors := s.AfterActors
	if actors == "" {
		actors = s.Actors
	}
	after, err = s.machine(s.After, actors)
	return before, after, err
}

func (s Scenario) machine(kernel, selection string) (Machine, error) {
	k, err := ParseKernel(kernel)
	if err != nil {
		return Machine{}, fmt.Errorf("scenario: %w", err)
	}
	size := s.Size()
	m := Machine{Kernel: k, Selection: selection, Tasks: size.Tasks, Blocks: size.Blocks}
	if m.Actors, err = SelectActors(k, selection); err != nil {
		return m, fmt.Errorf("scenario: %w", err)
	}
	return m, nil
}

// Size returns the tasks and blocks of the scenario.
func (s Scenario) Size() Size {
	return Size{cmp.Or(s.Tasks, 2), cmp.Or(s.Blocks, 1)}
}

// Chains returns the ids of bugs that led to one another, each chain from a bug that no repair caused to one whose repair
// caused none.
func Chains() [][]string {
	bugs := Catalogue()
	caused := map[string]bool{}
	next := map[string][]string{}
	for _, b := range bugs {
		next[b.ID] = b.Causes
		for _, c := range b.Causes {
			caused[c] = true
		}
	}
	var out [][]string
	var walk func(path []string)
	walk = func(path []string) {
		last := path[len(path)-1]
		if len(next[last]) == 0 {
			out = append(out, slices.Clone(path))
		}
		for _, c := range next[last] {
			walk(append(path, c))
		}
	}
	for _, b := range bugs {
		if len(b.Causes) > 0 && !caused[b.ID] {
			walk([]string{b.ID})
		}
	}
	return out
}

// Catalogue returns the bugs, in the order of their numbers.
func Catalogue() []Bug {
	return slices.SortedStableFunc(slices.Values(slices.Concat(coreBugs(), platformBugs(), slabBugs(), notifierBugs(), readerBugs(), missingBugs())),
		func(a, b Bug) int { return cmp.Compare(a.ID, b.ID) })
}

// FindBug returns the bug with the given number.
func FindBug(id string) (Bug, error) {
	bugs := Catalogue()
	i := slices.IndexFunc(bugs, func(b Bug) bool { return b.ID == id })
	if i < 0 {
		return Bug{}, fmt.Errorf("unknown bug %q; see memhp list bugs", id)
	}
	return bugs[i], nil
}
