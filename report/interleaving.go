package report

import (
	"fmt"
	"io"
	"strings"

	"memhp/sim"
)

// Interleaving writes a counterexample with one column for each task: each row is one operation of one task, with its
// kernel function; below a change of locks stands what the task now holds. The operation that breaks the rule is marked.
func Interleaving(w io.Writer, st Style, v sim.Violation) error {
	p := &printer{w: w}
	p.line("%s", wrap("from: "+v.Initial, 0, "  "))
	p.heads(st, v)
	row, last := 0, map[int]string{}
	for _, s := range v.Trace {
		if !interesting(s) {
			continue
		}
		row++
		p.row(st, v, s, row, last)
	}
	p.line("")
	p.line("%s %s", st.red(v.Invariant+" is broken:"), wrap(v.Why, len(v.Invariant)+12, "  "))
	return p.err
}

// offset is the column where the text of a task starts; text may run on to the right, since each row has only one.
func offset(task, tasks int) int {
	if tasks == 1 {
		return 5
	}
	return 5 + (task-1)*min(38, 48/(tasks-1))
}

func tasksOf(v sim.Violation) int {
	n := 0
	for _, s := range v.Trace {
		n = max(n, s.Task)
	}
	return n
}

func (p *printer) heads(st Style, v sim.Violation) {
	names := map[int][]string{}
	tasks := tasksOf(v)
	for _, s := range v.Trace {
		if l := names[s.Task]; len(l) == 0 || l[len(l)-1] != s.Actor {
			names[s.Task] = append(l, s.Actor)
		}
	}
	for t := 1; t <= tasks; t++ {
		at := offset(t, tasks)
		head := fmt.Sprintf("T%d %s", t, strings.Join(names[t], ", then "))
		p.line("%s%s", strings.Repeat(" ", at), st.bold(cut(head, Width-at)))
	}
}

func (p *printer) row(st Style, v sim.Violation, s sim.Step, row int, last map[int]string) {
	at := offset(s.Task, tasksOf(v))
	mark := ""
	switch {
	case s.Blocked:
		mark = "waits for ever: "
	case s.Breaks:
		mark = ">>> "
	}
	room := Width - at - len(mark)
	text := cut(Phrase(s), room)
	if function := s.Function + "()"; len(text)+2+len(function) <= room {
		text += "  " + st.dim(function)
	}
	text = st.red(mark) + text
	pad := strings.Repeat(" ", at-5)
	p.line("%4d %s%s", row, pad, text)
	held := strings.Join(s.Held, ", ")
	if changesLocks(s) && held != last[s.Task] {
		last[s.Task] = held
		if held == "" {
			held = "nothing"
		}
		p.line("     %s%s", pad, st.dim(wrap("holds "+held, at, strings.Repeat(" ", at+2))))
	}
}

func changesLocks(s sim.Step) bool {
	switch s.Op {
	case "lock", "rlock", "trylock", "tryrlock", "unlock", "runlock":
		return !s.Blocked
	}
	return s.Breaks
}

// interesting tells whether a row helps to understand an interleaving.
func interesting(s sim.Step) bool {
	switch {
	case s.Breaks || s.Blocked:
		return true
	case s.Op == "read", s.Op == "unpin", s.Op == "assert", s.Op == "choose" && s.Value == "no":
		return false
	case s.Op == "write" && s.Value == "-":
		return true
	case s.Op == "return":
		return s.Value != "0" && s.Value != ""
	}
	return true
}

// Phrase says in words what a step does.
func Phrase(s sim.Step) string {
	with := func(verb string) string { return verb + " " + s.Object }
	switch s.Op {
	case "lock":
		return with("lock")
	case "rlock":
		return with("read-lock")
	case "down_write":
		return with("announce writing of")
	case "trylock":
		return with("try") + ": " + s.Value
	case "tryrlock":
		return with("get") + ": " + s.Value
	case "unlock", "runlock":
		return with("release")
	case "activate", "deactivate", "drain":
		return with(s.Op)
	case "write":
		if s.Value == "-" {
			return "change " + s.Object
		}
		return s.Object + " := " + s.Value
	case "read":
		return s.Object + " is " + s.Value
	case "swap":
		return s.Object + ": " + s.Value
	case "wait":
		return "wait until " + s.Object + " is " + s.Value
	case "assert":
		return s.Object + " must be " + s.Value
	case "pin":
		return "rely on " + s.Object
	case "choose":
		question, _, _ := strings.Cut(s.Object, ": ")
		if s.Value == "yes" || s.Value == "" {
			return question
		}
		return strings.SplitN(question, ",", 2)[0] + ": " + s.Value
	case "return":
		return "returns " + s.Value
	}
	return s.Op + " " + s.Object
}
