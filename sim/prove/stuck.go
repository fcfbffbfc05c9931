package prove

import "slices"

// stuck tells whether some state of i has a circle of tasks, each of which waits for the next.
func (c *machine) stuck(i *ideal) bool {
	set := c.waiting(i)
	for {
		before := len(set)
		for at := 0; at < len(set); at++ {
			if !slices.ContainsFunc(set, func(n int) bool { return c.holdsUp(n, set[at]) }) {
				set = slices.Delete(set, at, at+1)
				at--
			}
		}
		if len(set) == before {
			break
		}
	}
	return slices.ContainsFunc(set, func(n int) bool { return c.circle(set, []int{n}) })
}

// waiting returns the places of an ideal where a task may have to wait for others, and others for it.
func (c *machine) waiting(i *ideal) []int {
	var set []int
	for _, n := range i.tasks {
		if some(c.places[n].blocked) {
			set = append(set, int(n))
		}
	}
	i.any.each(func(slot int) {
		if c.mayBlock.has(slot) {
			set = append(set, c.slotAt[slot])
		}
	})
	return set
}

// holdsUp tells whether a task at place n makes another one at place m wait.
func (c *machine) holdsUp(n, m int) bool {
	p, q := &c.places[n], &c.places[m]
	return meets(p.Has, q.blocked) && !excludes(p.Has, q.Has)
}

// circle tells whether path, along which each task waits for the next, can be made a circle of tasks that can all be there at once.
func (c *machine) circle(set, path []int) bool {
	last := path[len(path)-1]
	if c.holdsUp(path[0], last) && (len(path) > 1 || c.places[last].slot >= 0) {
		return true
	}
	for _, n := range set {
		together := !slices.ContainsFunc(path, func(m int) bool { return m == n || excludes(c.places[m].Has, c.places[n].Has) })
		if together && c.holdsUp(n, last) && c.circle(set, append(path, n)) {
			return true
		}
	}
	return false
}
