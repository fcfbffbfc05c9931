package tla

import (
	"fmt"
	"strings"

	"memhp/sim"
)

// definitions are the variables and what a task may do to locks.
const definitions = `
VARIABLES
    pc,      \* where each task is
    writers, \* who holds each lock for writing; a mutex is always held for writing
    readers, \* who holds it for reading
    pending, \* who announced that it waits for writing it: new readers are held off
    relies,  \* who relies on each variable
    visible, \* whether new users can take references of each kernfs node
    mem      \* the value of each variable

vars == <<pc, writers, readers, pending, relies, visible, mem>>

Symmetry == Permutations(Tasks)

At(t, n) == pc[t] = n
Goto(t, n) == pc' = [pc EXCEPT ![t] = n]

\* When a request of task t need not wait. What it holds itself does not keep it from going on.
CanLock(l, t) == (writers[l] \cup readers[l]) \ {t} = {}
CanRead(l, t) == writers[l] \ {t} = {}
CanDownRead(l, t) == (writers[l] \cup pending[l]) \ {t} = {}
CanDrain(l, t) == readers[l] \ {t} = {}

\* When a trylock succeeds. The task itself may be the holder: the trylock fails then, too.
Untaken(l) == writers[l] \cup readers[l] = {}
Unwritten(l) == writers[l] = {}
Unannounced(l) == writers[l] \cup pending[l] = {}

\* Whether nobody but task t relies on variable v.
AloneOn(v, t) == relies[v] \ {t} = {}
`

// deadlock defines when tasks can never move. A holder that never moves never releases, so one is enough; a condition must be out of reach of every
// task outside of the set.
const deadlock = `
\* Whether task t waits, and only tasks of the set S could let it go on.
Stuck(t, S) ==
    LET w == Wants(pc[t]) IN
    CASE w[1] = "write" -> (writers[w[2]] \cup readers[w[2]]) \cap (S \ {t}) # {}
      [] w[1] = "read"  -> (writers[w[2]] \cup pending[w[2]]) \cap (S \ {t}) # {}
      [] w[1] = "plain read" -> writers[w[2]] \cap (S \ {t}) # {}
      [] w[1] = "drain" -> readers[w[2]] \cap (S \ {t}) # {}
      [] w[1] = "value" -> mem[w[2]] # w[3] /\ S = Tasks
      [] w[1] = "value that nobody writes" -> mem[w[2]] # w[3]
      [] OTHER -> FALSE`

// writeWants writes what a task waits for, by where it is.
func (w *writer) writeWants() {
	var order []string
	at := map[string][]string{}
	for n := range w.m.Nodes {
		if want := w.want(n); want != "" {
			if at[want] == nil {
				order = append(order, want)
			}
			at[want] = append(at[want], quote(w.labels[n]))
		}
	}
	w.line("\\* What a task waits for at place n.")
	w.line("Wants(n) ==")
	head := "    CASE "
	for _, want := range order {
		w.line("%sn \\in %s -> %s", head, set(at[want], len(head)+len("n \\in ")), want)
		head = "      [] "
	}
	if len(order) == 0 {
		w.line("    <<\"nothing\">>")
		return
	}
	w.line("%sOTHER -> <<\"nothing\">>", head)
}

func (w *writer) want(n int) string {
	nd := &w.m.Nodes[n]
	if !nd.Waits() {
		return ""
	}
	o := nd.Op
	mode := ""
	switch {
	case o.Kind == sim.OpLock:
		mode = "write"
	case o.Kind == sim.OpRLock && w.announces(o.Lock):
		mode = "read"
	case o.Kind == sim.OpRLock:
		mode = "plain read"
	case o.Kind == sim.OpDrain:
		mode = "drain"
	case w.somebodyWrites(o):
		return tuple(quote("value"), quote(o.Var), value(o.Var, o.Value))
	default:
		return tuple(quote("value that nobody writes"), quote(o.Var), value(o.Var, o.Value))
	}
	return tuple(quote(mode), quote(o.Lock))
}

func tuple(parts ...string) string { return fmt.Sprintf("<<%s>>", strings.Join(parts, ", ")) }

// somebodyWrites tells whether some operation makes the awaited condition true: any task may come to it.
func (w *writer) somebodyWrites(awaited sim.Op) bool {
	for i := range w.m.Nodes {
		o := w.m.Nodes[i].Op
		if (o.Kind == sim.OpWrite || o.Kind == sim.OpSwap) && o.Var == awaited.Var && o.Value == awaited.Value {
			return true
		}
		for _, f := range o.Fresh {
			if f.Var == awaited.Var && f.Value == awaited.Value {
				return true
			}
		}
	}
	return false
}
