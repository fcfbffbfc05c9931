package conform

import "memhp/spec"

// globals numbers the locks that have one object, as bits of a set.
type globals struct {
	classes []*spec.LockClass
	bit     map[*spec.LockClass]lockSet
}

// lockSet is a set of global locks.
type lockSet uint16

func newGlobals() globals {
	g := globals{bit: map[*spec.LockClass]lockSet{}}
	for _, c := range spec.LockClasses() {
		if c.Scope == spec.Global {
			g.bit[c] = 1 << len(g.classes)
			g.classes = append(g.classes, c)
		}
	}
	return g
}

// coverage is what a trace has shown so far to be recorded of the global locks.
type coverage struct {
	blocking lockSet // blocking acquisitions, by probes on the primitive with the lock's address
	tries    lockSet // trylocks, likewise
	events   lockSet // all acquisitions, by lock_acquire with the lock's name, or declared by the user
	releases lockSet // releases
	// full are the locks of which every acquisition is recorded: derived from the above.
	full lockSet
}

// see notes what e shows to be recorded of the lock with the given bit. device_hotplug_lock is taken with
// mutex_trylock() by every sysfs store and with mutex_lock() by all others: both must be seen. The other locks of
// the specification are never tried, and never waited for with signals.
func (c *coverage) see(e *event, class *spec.LockClass, bit lockSet) {
	switch {
	case e.kind == release:
		c.releases |= bit
	case e.src == fromLockdep:
		c.events |= bit
	case e.kind == request:
		c.blocking |= bit
	case e.kind == attempt && e.prim.success == 1:
		c.tries |= bit
	default:
		return
	}
	if c.events&bit != 0 || c.blocking&bit != 0 && (c.tries&bit != 0 || class != spec.DeviceHotplug) {
		c.full |= bit
	}
}

// declare takes the user's word that all acquisitions and releases of a lock are recorded.
func (c *coverage) declare(bit lockSet) {
	c.events |= bit
	c.releases |= bit
	c.full |= bit
}

// missing says in words what is not recorded of a lock.
func (c *coverage) missing(class *spec.LockClass, bit lockSet) string {
	switch {
	case c.full&bit == 0 && (c.blocking|c.tries|c.releases)&bit == 0:
		return "no acquisition of " + class.Name + " is recorded with the lock's address or name"
	case c.full&bit == 0:
		how := "mutex_lock()"
		switch {
		case class.Kind == spec.PercpuRwsem:
			how = "percpu_down_write()"
		case c.blocking&bit != 0:
			how = "mutex_trylock()"
		}
		return how + " on " + class.Name + " is not recorded"
	case c.releases&bit == 0:
		return "no release of " + class.Name + " is recorded"
	}
	return ""
}
