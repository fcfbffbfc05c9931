package spec

import (
	"slices"
	"strings"
)

// Site is where an edge of the lock order is made.
type Site struct{ Actor, Function string }

// Edge says that a task that held From requested To, with the other locks of Gates held for writing.
type Edge struct {
	From, To         *LockClass
	FromMode, ToMode Mode
	// Gates are the global locks held for writing at the request, sorted by name.
	Gates []Lock
	Site  Site
}

// Graph is the lock order that a set of paths makes.
type Graph struct {
	kernel  Kernel
	edges   []Edge
	seen    map[string]bool
	written map[*LockClass]bool
}

// NewGraph returns an empty graph of kernel k.
func NewGraph(k Kernel) *Graph {
	return &Graph{kernel: k, seen: map[string]bool{}, written: map[*LockClass]bool{}}
}

// Edges returns the distinct edges, in the order in which they were added.
func (g *Graph) Edges() []Edge { return g.edges }

// Add records that a task that holds s requests l in mode m at the given site, and returns the edges that are new.
func (g *Graph) Add(s Held, l Lock, m Mode, at Site) []Edge {
	if m == Write {
		g.written[l.Class] = true
	}
	gates := gatesOf(s)
	var fresh []Edge
	for _, h := range s {
		if h.Lock.Class.Kind == WorkItem || h.Lock == l {
			continue
		}
		e := Edge{From: h.Lock.Class, To: l.Class, FromMode: h.Mode, ToMode: m, Gates: gates, Site: at}
		if key := e.key(); !g.seen[key] {
			g.seen[key] = true
			g.edges = append(g.edges, e)
			fresh = append(fresh, e)
		}
	}
	return fresh
}

// NoteWriter records that somebody requests locks of class c for writing: between two readers it may be pending.
func (g *Graph) NoteWriter(c *LockClass) { g.written[c] = true }

func gatesOf(s Held) []Lock {
	var out []Lock
	for _, h := range s {
		if h.Mode == Write && h.Lock.Block == NoBlock && !slices.Contains(out, h.Lock) {
			out = append(out, h.Lock)
		}
	}
	slices.SortFunc(out, func(a, b Lock) int { return strings.Compare(a.Class.Name, b.Class.Name) })
	return out
}

func (e Edge) key() string {
	var b strings.Builder
	b.WriteString(e.From.Name + e.FromMode.String() + ">" + e.To.Name + e.ToMode.String())
	for _, g := range e.Gates {
		b.WriteString("|" + g.Class.Name)
	}
	return b.String() + "@" + e.Site.Actor + ":" + e.Site.Function
}

// Cycle is a list of edges, each from the lock that the one before requests, that
// different tasks could hold at once.
type Cycle []Edge

// Classes returns the classes of the cycle.
func (c Cycle) Classes() []string {
	out := make([]string, len(c))
	for i, e := range c {
		out[i] = e.From.Name
	}
	return out
}

// shortCycle is the length up to which all cycles are looked for. Longer ones are, one length after the other, while none was found.
const shortCycle = 5

// Cycles returns one harmful cycle for each set of classes that has one, shortest first. There is one in the graph only if there is one here.
func (g *Graph) Cycles() []Cycle {
	var out []Cycle
	found := map[string]bool{}
	for n, longer := 1, true; longer && (n <= shortCycle || len(out) == 0); n++ {
		longer = false
		for _, e := range g.edges {
			longer = g.extend(Cycle{e}, n, found, &out) || longer
		}
	}
	return out
}

// extend adds the cycles of n edges that begin with path, and tells whether there are paths of n edges at all.
func (g *Graph) extend(path Cycle, n int, found map[string]bool, out *[]Cycle) (long bool) {
	last := path[len(path)-1]
	if len(path) == n {
		if last.To == path[0].From && g.conflict(last, path[0]) {
			names := path.Classes()
			slices.Sort(names)
			if key := strings.Join(names, " "); !found[key] {
				found[key] = true
				*out = append(*out, slices.Clone(path))
			}
		}
		return true
	}
	for _, e := range g.edges {
		if e.From == last.To && g.conflict(last, e) && !path.visits(e.From) && !path.gated(e) {
			long = g.extend(append(path, e), n, found, out) || long
		}
	}
	return long
}

func (c Cycle) visits(class *LockClass) bool {
	return slices.ContainsFunc(c, func(e Edge) bool { return e.From == class })
}

// gated tells whether some edge of c and e are requested under a common lock held for writing,
// so that two tasks cannot make them at once.
func (c Cycle) gated(e Edge) bool {
	return slices.ContainsFunc(c, func(d Edge) bool {
		return slices.ContainsFunc(d.Gates, func(l Lock) bool { return slices.Contains(e.Gates, l) })
	})
}

// conflict tells whether the request of a waits for the hold of b, which are of one class.
// Two readers conflict only through a pending writer between them.
func (g *Graph) conflict(a, b Edge) bool {
	if a.ToMode == Write || b.FromMode == Write {
		return true
	}
	return a.To.KindIn(g.kernel).PendingWriterBlocksReaders() && g.written[a.To]
}
