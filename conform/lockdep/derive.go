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
}

func (e Edge) String() string { return e.From + " -> " + e.To }

// Derived is an edge that the specification says must be there.
type Derived struct {
	Edge
	// Held are all locks of the specification that are held at the request, outermost first, as lockdep calls their classes.
	Held []string `json:"held"`
	// By are the entry points that make it.
	By []string `json:"by"`
	// Chains is how many chains must show it: as many as there are different locks of the specification that lockdep's names do not tell apart.
	Chains int `json:"chains"`
}

func (d Derived) String() string {
	return fmt.Sprintf("%s with %s held", d.Edge, strings.Join(d.Held, ", "))
}

// notValidated are the classes that lockdep_set_novalidate_class() takes out: device_initialize(), drivers/base/core.c.
func notValidated(c *spec.LockClass) bool { return c == spec.DeviceLock }

// Derive returns the direct edges that lockdep makes of the given entry points in kernel k, when each has done its work from every state in which
// there is some to do: an eject, of a block that is online, too.
//
// The rules are those of check_prevs_add() and validate_chain() of kernel/locking/lockdep.c: a request that waits makes an edge from each lock
// that is held, from the newest back to the first that was not taken by a trylock; a trylock makes no edge to its target; classes that are
// not validated make none, and are passed over. A drain is left out: kernfs_drain() tells lockdep of it only where somebody holds a
// reference or keeps the file open (fs/kernfs/dir.c). Locks that are not in the order of the specification are left out too: what lockdep
// calls them the specification does not say.
func Derive(k spec.Kernel, entries []string) ([]Derived, error) {
	d := derivation{kernel: k}
	for _, name := range entries {
		actors, err := spec.SelectActors(k, name)
		if err != nil {
			return nil, err
		}
		for _, a := range actors {
			if err := d.actor(a); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(d.edges, func(a, b Derived) int { return cmp.Compare(a.String(), b.String()) })
	return d.edges, nil
}

// derivation collects edges.
type derivation struct {
	kernel spec.Kernel
	edges  []Derived
	// seen are the requests, by the names of the specification, that have been counted for an edge.
	seen map[string]bool
}

// actor runs an entry point from each state of a block.
func (d *derivation) actor(a spec.Actor) error {
	block := spec.Block(0)
	if !a.PerBlock {
		block = spec.NoBlock
	}
	for _, init := range spec.BlockInits() {
		runs, err := solo.NewMachine(d.kernel).Outcomes(a, block, solo.NewWorld(init))
		if err != nil {
			return fmt.Errorf("derive lockdep's edges: %w", err)
		}
		for _, r := range runs {
			if r.Ret != spec.OK || len(r.Broken) > 0 {
				continue
			}
			for _, q := range r.Requests {
				d.request(q, a.Name)
			}
		}
	}
	return nil
}

func (d *derivation) request(q solo.Request, by string) {
	to := q.Lock.Class
	if !named(to) || notValidated(to) || to.KindIn(d.kernel) == spec.KernfsActive {
		return
	}
	var held []string
	var hold []spec.Hold
	exactly := to.Name
	for _, h := range q.Held {
		if named(h.Lock.Class) {
			held, hold = append(held, nameOf(h.Lock.Class)), append(hold, h)
			exactly += " " + h.Lock.Class.Name
		}
	}
	for _, h := range slices.Backward(hold) {
		if notValidated(h.Lock.Class) {
			continue
		}
		d.add(Edge{nameOf(h.Lock.Class), to.Name}, held, exactly, by)
		if !h.Trylock {
			break
		}
	}
}

// add notes an edge. Exactly names the request as the specification does.
func (d *derivation) add(e Edge, held []string, exactly, by string) {
	i := slices.IndexFunc(d.edges, func(f Derived) bool { return f.Edge == e && slices.Equal(f.Held, held) })
	if i < 0 {
		i, d.edges = len(d.edges), append(d.edges, Derived{Edge: e, Held: held})
	}
	f := &d.edges[i]
	if !slices.Contains(f.By, by) {
		f.By = append(f.By, by)
	}
	if key := e.String() + " " + exactly; !d.seen[key] {
		if d.seen == nil {
			d.seen = map[string]bool{}
		}
		d.seen[key] = true
		f.Chains++
	}
}

// named tells whether it is known what lockdep calls a class: it is in the order of the specification.
func named(c *spec.LockClass) bool { return slices.Contains(spec.LockClasses(), c) }

// kernfsActive is what all classes of active references are called, apart from a number.
const kernfsActive = "kn->active"

// nameOf is what lockdep calls a class, as far as it can be told.
func nameOf(c *spec.LockClass) string {
	switch {
	case strings.HasPrefix(c.Name, kernfsActive):
		return kernfsActive
	case c == spec.DeviceLock:
		return deviceMutex
	}
	return c.Name
}

// deviceMutex is the class of device_lock() of every device.
const deviceMutex = "&dev->mutex"
