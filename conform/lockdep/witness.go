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
	// Derived are the edges that the entry points must have made; Missing those that lockdep has not seen, or not often enough.
	Derived []Derived `json:"derived"`
	Missing []Derived `json:"missing"`
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

// Check compares what lockdep saw with kernel k of the specification. Chains may be nil. Entries are the entry points that have done their work, as
// Derive has it, by the names of spec.SelectActors.
func Check(k spec.Kernel, g Graph, chains []Chain, entries []string) (Report, error) {
	order, err := spec.OrderOf(k)
	if err != nil {
		return Report{}, err
	}
	r := Report{Schema: 1, Kernel: k.String(), Classes: len(g), Edges: g.Edges(), Chains: len(chains),
		Declared: []Edge{}, Undeclared: []Finding{}, Derived: []Derived{}, Missing: []Derived{}}
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
	shown := w.shown(chains)
	for _, d := range derived {
		if chains != nil && len(shown[requestKey(d.Held, d.To)]) < d.Chains {
			r.Missing = append(r.Missing, d)
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

// shown returns the requests that chains show, as far as the specification has the locks: all that was held, and what was requested. Chains differ
// if their locks of the specification are of different classes.
//
// /proc/lockdep will not do for that: it leaves out edges between locks that were not neighbours, such as those over a lock that was tried or
// is not validated (l_show() wants distance 1), and does not say what else was held.
func (w *witness) shown(chains []Chain) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, c := range chains {
		var known, classes []string
		for _, class := range c {
			if name := w.known(class); name != "" {
				known, classes = append(known, name), append(classes, class)
			}
		}
		last := len(known) - 1
		if last < 0 || w.known(c[len(c)-1]) == "" {
			continue
		}
		key := requestKey(known[:last], known[last])
		if out[key] == nil {
			out[key] = map[string]bool{}
		}
		out[key][requestKey(classes[:last], classes[last])] = true
	}
	return out
}

// requestKey names a request.
func requestKey(held []string, to string) string {
	return strings.Join(append(slices.Clip(held), to), "|")
}

// known returns what Derive calls a class of lockdep's, or "" if the specification does not have it.
func (w *witness) known(class string) string {
	switch {
	case strings.HasPrefix(class, kernfsActive):
		return kernfsActive
	case class == deviceMutex:
		return deviceMutex
	case w.names[class] != nil:
		return w.names[class].Name
	}
	return ""
}

func (f Finding) String() string {
	if f.Chain == nil {
		return f.Edge.String()
	}
	return fmt.Sprintf("%s, in the chain %s", f.Edge, strings.Join(f.Chain, ", "))
}
