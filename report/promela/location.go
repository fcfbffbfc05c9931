package promela

import (
	"fmt"
	"strings"

	"memhp/report/naming"
	"memhp/sim"
	"memhp/spec"
)

// writeTask writes the process of a task: a location for each node.
func (w *writer) writeTask() {
	w.line("")
	w.line("#define again (me != 0) /* always true: SPIN refuses a skip that leads back to its own location */")
	w.line("")
	w.line("proctype task()")
	w.line("{")
	w.line("%s: /* in user space, or idle */", w.labels[0])
	w.line("\tif")
	starts := map[int]sim.Start{}
	for _, s := range w.m.Starts {
		starts[s.Node] = s
		w.writeOption(0, w.start(s))
	}
	w.line("\tfi;")
	var in *spec.Function
	for _, n := range naming.Order(w.m) {
		if s, ok := starts[n]; ok {
			w.writeActor(s)
			in = nil
		}
		if f := function(&w.m.Nodes[n]); f != in && f != nil {
			w.line("\t/* %s() */", comment(f.Name))
			in = f
		}
		w.writeLocation(n)
	}
	w.line("}")
}

func (w *writer) writeActor(s sim.Start) {
	a := w.m.Actors[s.Actor]
	where := ""
	if s.Block != spec.NoBlock {
		where = fmt.Sprintf(", memory%d", s.Block)
	}
	w.line("")
	w.line("/* %s%s: %s */", comment(a.Name), where, comment(a.Doc))
}

// function returns the kernel function that a task is in, or nil.
func function(n *sim.Node) *spec.Function {
	if len(n.Stack) == 0 {
		return nil
	}
	return n.Stack[len(n.Stack)-1]
}

func (w *writer) writeLocation(n int) {
	nd := &w.m.Nodes[n]
	w.line("%s:%s", w.labels[n], remarks(nd))
	if nd.Ends {
		w.line("\tfalse; /* it stays here for ever */")
		return
	}
	options := w.options(n)
	if len(options) == 1 {
		w.line("\t%s;", unlabelled(w.statement(n, options[0])))
		return
	}
	w.line("\tif")
	for _, o := range options {
		w.writeOption(n, o)
	}
	w.line("\tfi;")
}

// unlabelled lets a label stand before a statement: SPIN takes a jump to a label of a d_step for one into it.
func unlabelled(statement string) string {
	if strings.HasPrefix(statement, "d_step") {
		return "if :: " + statement + " fi"
	}
	return statement
}

func (w *writer) writeOption(n int, o option) {
	remark := ""
	if o.remark != "" {
		remark = " /* " + comment(o.remark) + " */"
	}
	w.line("\t:: %s%s", w.statement(n, o), remark)
}

// statement renders an option and the jump to where the task is then.
func (w *writer) statement(n int, o option) string {
	next := o.next
	if next == sim.NoNode {
		next = n
	}
	text := o.text()
	if text == "skip" && next == n {
		text = "again"
	}
	return text + "; goto " + w.labels[next]
}

// remarks says what is not plain from the statement: that a procedure ends, and what is broken on arrival.
func remarks(nd *sim.Node) string {
	var out []string
	if nd.Op.Kind == sim.OpReturn {
		out = append(out, "returns")
	}
	for _, b := range nd.Breaks {
		out = append(out, b.Rule.ID+": "+b.Why)
	}
	if out == nil {
		return ""
	}
	return " /* " + comment(strings.Join(out, "; ")) + " */"
}
