package conform

import (
	"fmt"
	"slices"
	"strings"

	"memhp/spec"
)

// orderChecker holds the edges of the lock order that a trace shows against the order text, and looks for cycles.
type orderChecker struct {
	kernel spec.Kernel   // of the graph: the newest of those that are checked
	orders []*spec.Order // an edge is declared if one of them has it
	graph  *spec.Graph
	seen   map[string]bool // edges that were checked: bounded by classes and functions
	cycles map[string]bool
	key    []byte
	edges  uint64
}

func newOrderChecker(kernels []spec.Kernel) (*orderChecker, error) {
	c := &orderChecker{kernel: kernels[len(kernels)-1], cycles: map[string]bool{}}
	c.reset()
	for _, k := range kernels {
		o, err := spec.OrderOf(k)
		if err != nil {
			return nil, err
		}
		c.orders = append(c.orders, o)
	}
	return c, nil
}

// reset forgets the edges, since some may not have been what they seemed.
func (c *orderChecker) reset() {
	c.graph, c.seen = spec.NewGraph(c.kernel), map[string]bool{}
	clear(c.cycles)
}

// checkOrder judges a blocking request. An edge counts only where all that could gate it is known: every
// hold of the task is sure, and whether it holds device_hotplug_lock.
func (m *monitor) checkOrder(t *task, e *event, o object) {
	gate := t.absent&m.globals.bit[spec.DeviceHotplug] != 0 || t.sureOf(spec.DeviceHotplug)
	if len(t.held) == 0 || !gate || slices.ContainsFunc(t.facts, func(f holdFact) bool { return !f.sure }) {
		return
	}
	c := m.order
	c.edges++
	if !c.fresh(t, o.lock, e.mode) {
		return
	}
	site := spec.Site{Function: t.innermost()}
	for _, h := range t.held {
		if h.Lock != o.lock && !c.declared(h.Lock.Class, o.lock.Class, t.held) {
			m.violate(t, e, spec.DeclaredOrder, site.Function,
				fmt.Sprintf("%s is requested while %s is held, which is not in the lock order", o.lock, h.Lock))
		}
	}
	if len(c.graph.Add(t.held, o.lock, e.mode, site)) == 0 {
		return
	}
	for _, cycle := range c.graph.Cycles() {
		if classes := strings.Join(cycle.Classes(), " -> "); !c.cycles[classes] {
			c.cycles[classes] = true
			m.violate(t, e, spec.LockOrder, site.Function, "the request closes the cycle "+classes)
		}
	}
}

// fresh tells whether this combination of held classes, request and function comes for the first time.
func (c *orderChecker) fresh(t *task, l spec.Lock, mode spec.Mode) bool {
	c.key = c.key[:0]
	for _, h := range t.held {
		c.key = append(append(c.key, h.Lock.Class.Name...), '0'+byte(h.Mode))
		if h.Lock == l {
			c.key = append(c.key, '=')
		}
	}
	c.key = append(append(append(c.key, '>'), l.Class.Name...), '0'+byte(mode))
	c.key = append(c.key, t.innermost()...)
	if c.seen[string(c.key)] {
		return false
	}
	c.seen[string(c.key)] = true
	return true
}

func (c *orderChecker) declared(from, to *spec.LockClass, held spec.Held) bool {
	return slices.ContainsFunc(c.orders, func(o *spec.Order) bool { return o.Allows(from, to, held) })
}
