package lockdep

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"memhp/conform/solo"
	"memhp/spec"
)

// Edge says that To is requested with From held.
type Edge struct {
	From string `json:"from"`
	To   string `json:"to"`
	// By is the entry point that makes it, if it is derived from the specification.
	By string `json:"by,omitempty"`
}

func (e Edge) String() string { return e.From + " -> " + e.To }

// notValidated are the classes that lockdep_set_novalidate_class() takes out: device_initialize(), drivers/base/core.c.
func notValidated(c *spec.LockClass) bool { return c == spec.DeviceLock }

// Derive returns the direct edges that lockdep makes of the given entry points in kernel k, when each has succeeded at least once.
//
// The rules are those of check_prevs_add() and validate_chain() of kernel/locking/lockdep.c: a request that waits makes an edge from each lock
// that is held, from the newest back to the first that was not taken by a trylock; a trylock makes no edge to its target; classes that are
// not validated make none, and are passed over. A drain is left out: kernfs_drain() tells lockdep of it only where somebody holds a
// reference or keeps the file open (fs/kernfs/dir.c).
func Derive(k spec.Kernel, entries []string) ([]Edge, error) {
	var out []Edge
	for _, name := range entries {
		actors, err := spec.SelectActors(k, name)
		if err != nil {
			return nil, err
		}
		for _, a := range actors {
			edges, err := deriveActor(k, a)
			if err != nil {
				return nil, err
			}
			for _, e := range edges {
				if !slices.ContainsFunc(out, func(f Edge) bool { return f.From == e.From && f.To == e.To }) {
					out = append(out, e)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Edge) int { return cmp.Compare(a.String(), b.String()) })
	return out, nil
}

// deriveActor runs an entry point from each state of a block.
func deriveActor(k spec.Kernel, a spec.Actor) ([]Edge, error) {
	var out []Edge
	block := spec.Block(0)
	if !a.PerBlock {
		block = spec.NoBlock
	}
	for _, init := range spec.BlockInits() {
		runs, err := solo.NewMachine(k).Outcomes(a, block, solo.NewWorld(init))
		if err != nil {
			return nil, fmt.Errorf("derive lockdep's edges: %w", err)
		}
		for _, r := range runs {
			if r.Ret != spec.OK || len(r.Broken) > 0 {
				continue
			}
			for _, q := range r.Requests {
				out = append(out, edgesOf(q, a.Name, k)...)
			}
		}
	}
	return out, nil
}

func edgesOf(q solo.Request, by string, k spec.Kernel) []Edge {
	to := q.Lock.Class
	if notValidated(to) || to.KindIn(k) == spec.KernfsActive || to.KindIn(k) == spec.WorkItem {
		return nil
	}
	var out []Edge
	for _, h := range slices.Backward(q.Held) {
		from := h.Lock.Class
		if notValidated(from) || from.KindIn(k) == spec.WorkItem {
			continue
		}
		out = append(out, Edge{nameOf(from), to.Name, by})
		if !h.Trylock {
			break
		}
	}
	return out
}

// kernfsActive is what all classes of active references are called, apart from a number.
const kernfsActive = "kn->active"

// nameOf is what lockdep calls a class, as far as it can be told.
func nameOf(c *spec.LockClass) string {
	if strings.HasPrefix(c.Name, kernfsActive) {
		return kernfsActive
	}
	return c.Name
}
