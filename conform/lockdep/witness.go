package lockdep

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"memhp/conform"
	"memhp/spec"
)

// Report is what lockdep witnesses.
type Report struct {
	Schema int `json:"schema"`
	// Verdict is conform.Conforms, Violates or Unknown.
	Verdict string `json:"verdict"`
	Kernel  string `json:"kernel"`
	// Classes, Edges and Chains count what was read.
	Classes int `json:"classes"`
	Edges   int `json:"edges"`
	Chains  int `json:"chains"`
	// Declared are the edges among locks of the specification that were seen, and are in its order.
	Declared []Edge `json:"declared"`
	// Undeclared are those that are not in the order.
	Undeclared []Finding `json:"undeclared"`
	// Derived are the edges that the entry points must have made; Missing those that lockdep has not seen.
	Derived []Edge `json:"derived"`
	Missing []Edge `json:"missing"`
	// Unjudged counts the requests that involve a class whose objects lockdep does not tell apart.
	Unjudged int `json:"unjudged"`
	// Reasons say why the verdict is unknown.
	Reasons []string `json:"reasons,omitempty"`
}

// Finding is an edge that is not in the order, with the chain that shows it, if one does.
type Finding struct {
	Edge
	Chain Chain `json:"chain,omitempty"`
}

// Check compares what lockdep saw with kernel k of the specification. Chains may be nil. Entries are the entry points that were run, each with
// success, as spec.SelectActors names them.
func Check(k spec.Kernel, g Graph, chains []Chain, entries []string) (Report, error) {
	order, err := spec.OrderOf(k)
	if err != nil {
		return Report{}, err
	}
	r := Report{Schema: 1, Kernel: k.String(), Classes: len(g), Edges: g.Edges(), Chains: len(chains),
		Declared: []Edge{}, Undeclared: []Finding{}, Derived: []Edge{}, Missing: []Edge{}}
	w := witness{report: &r, order: order, names: names(k)}
	for _, from := range slices.Sorted(maps.Keys(g)) {
		for _, to := range g[from] {
			w.edge(from, to)
		}
	}
	for _, c := range chains {
		w.chain(c)
	}
	derived, err := Derive(k, entries)
	if err != nil {
		return r, err
	}
	r.Derived = append(r.Derived, derived...)
	for _, e := range derived {
		if chains != nil && !w.reaches(g, e) && !w.shows(chains, e) {
			r.Missing = append(r.Missing, e)
		}
	}
	if chains == nil && len(derived) > 0 {
		r.Reasons = append(r.Reasons, "without /proc/lockdep_chains a missing edge cannot be told: /proc/lockdep has only those between neighbours")
	}
	r.judge()
	return r, nil
}

func (r *Report) judge() {
	switch {
	case len(r.Undeclared)+len(r.Missing) > 0:
		r.Verdict = conform.Violates
	case len(r.Declared) == 0:
		r.Verdict, r.Reasons = conform.Unknown, append(r.Reasons, "lockdep has seen no two locks of the specification together: nothing was hotplugged")
	default:
		r.Verdict = conform.Conforms
	}
}

// witness judges edges.
type witness struct {
	report *Report
	order  *spec.Order
	names  map[string]*spec.LockClass
}

// names returns the classes that are judged, by the names that lockdep may give them: those with one object.
func names(k spec.Kernel) map[string]*spec.LockClass {
	out := map[string]*spec.LockClass{}
	for _, c := range spec.LockClasses() {
		if c.Scope != spec.Global || !c.ExistsIn(k) {
			continue
		}
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			out[name] = c
		}
	}
	return out
}

// ambiguous tells whether a class stands for many objects of which only some are those of the specification.
func ambiguous(name string) bool {
	return strings.HasPrefix(name, kernfsActive) || slices.Contains(spec.DeviceLock.Aliases, name)
}

// edge judges a direct edge of /proc/lockdep. It does not say what else was held, so an exception of the order counts without its guard.
func (w *witness) edge(from, to string) {
	a, b := w.names[from], w.names[to]
	if a == nil || b == nil {
		if (a != nil || b != nil) && (ambiguous(from) || ambiguous(to)) {
			w.report.Unjudged++
		}
		return
	}
	guarded := slices.ContainsFunc(w.order.Exceptions, func(x spec.Exception) bool { return x.From == a && x.To == b })
	w.note(a, b, guarded || w.order.Allows(a, b, nil), nil)
}

// chain judges the last class of a chain, which was requested with the others held.
func (w *witness) chain(c Chain) {
	last := w.names[c[len(c)-1]]
	if last == nil {
		return
	}
	var held spec.Held
	for _, name := range c[:len(c)-1] {
		if a := w.names[name]; a != nil {
			held = held.With(spec.Hold{Lock: a.Of(spec.NoBlock), Mode: spec.Write})
		}
		if ambiguous(name) {
			w.report.Unjudged++
		}
	}
	for _, h := range held {
		if h.Lock.Class != last {
			w.note(h.Lock.Class, last, w.order.Allows(h.Lock.Class, last, held), c)
		}
	}
}

func (w *witness) note(a, b *spec.LockClass, declared bool, c Chain) {
	e := Edge{From: a.Name, To: b.Name}
	if declared {
		if !slices.Contains(w.report.Declared, e) {
			w.report.Declared = append(w.report.Declared, e)
		}
		return
	}
	i := slices.IndexFunc(w.report.Undeclared, func(f Finding) bool { return f.Edge == e })
	switch {
	case i < 0:
		w.report.Undeclared = append(w.report.Undeclared, Finding{e, c})
	case w.report.Undeclared[i].Chain == nil:
		w.report.Undeclared[i].Chain = c
	}
}

// shows tells whether a chain has the request. /proc/lockdep leaves out edges between locks that were not neighbours, such as those over a
// lock that was tried or is not validated (l_show() wants distance 1); chains have all that was held.
func (w *witness) shows(chains []Chain, e Edge) bool {
	return slices.ContainsFunc(chains, func(c Chain) bool {
		last := len(c) - 1
		return w.same(c[last], e.To) && slices.ContainsFunc(c[:last], func(from string) bool { return w.same(from, e.From) })
	})
}

// reaches tells whether lockdep has the edge, or a path of edges through locks that the specification does not know: where such a lock was
// taken in between, the direct edges are to and from that.
func (w *witness) reaches(g Graph, e Edge) bool {
	seen := map[string]bool{}
	var visit func(name string) bool
	visit = func(name string) bool {
		for _, to := range g[name] {
			if w.same(to, e.To) {
				return true
			}
			if w.names[to] == nil && !ambiguous(to) && !seen[to] {
				seen[to] = true
				if visit(to) {
					return true
				}
			}
		}
		return false
	}
	return slices.ContainsFunc(slices.Sorted(maps.Keys(g)), func(from string) bool { return w.same(from, e.From) && visit(from) })
}

// same tells whether lockdep's name stands for a class of the specification.
func (w *witness) same(name, class string) bool {
	if class == kernfsActive {
		return strings.HasPrefix(name, kernfsActive)
	}
	return w.names[name] != nil && w.names[name].Name == class
}

func (f Finding) String() string {
	if f.Chain == nil {
		return f.Edge.String()
	}
	return fmt.Sprintf("%s, in the chain %s", f.Edge, strings.Join(f.Chain, ", "))
}
