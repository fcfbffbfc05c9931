package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"memhp/sim"
	"memhp/spec"
)

// Interleaving writes a counterexample with one column for each task. Each row is one operation of one task, indented
// by the depth of its calls, with its kernel function; below it stands what the task holds, where that changes and
// where the task goes on after another one. Bars show the columns of the other tasks.
func Interleaving(w io.Writer, st Style, v sim.Violation) error {
	p := &printer{w: w}
	t := table{p: p, st: st, tasks: tasksOf(v), held: map[int]string{}}
	t.heads(v)
	for _, s := range v.Trace {
		if interesting(s) {
			t.row(s)
		}
	}
	p.line("")
	p.conjunct(st, v, t.marked, t.cycle)
	return p.err
}

// conjunct says which rule is broken, at which rows, which conjunct of it is false, and why it matters.
func (p *printer) conjunct(st Style, v sim.Violation, rows, cycle []int) {
	at := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(rows), "[]")), ", ")
	if n := len(cycle); n > 0 {
		at = fmt.Sprintf("%d to %d, again and again", cycle[0], cycle[n-1])
	}
	p.line("%s %s", st.red(">>"), st.red(v.Invariant+" is broken at "+at))
	item := func(label, text string) {
		p.line("   %s %s", st.bold(fmt.Sprintf("%-8s", label)), wrap(text, 12, strings.Repeat(" ", 12)))
	}
	for _, inv := range spec.Invariants() {
		if inv.ID == v.Invariant {
			item("rule", inv.Statement)
			item("false", v.Why)
			item("because", inv.Reason+" ("+inv.Source+")")
			return
		}
	}
	item("false", v.Why)
}

// gutter is the width of the marks and numbers at the left of a table.
const gutter = 8

// table draws the rows of an interleaving.
type table struct {
	p      *printer
	st     Style
	tasks  int
	row1   int // rows so far
	last   int // the task of the last row
	held   map[int]string
	marked []int // the rows that break the rule
	cycle  []int // those that are repeated for ever
}

// column returns where the text of a task starts. Text may run on to the right, since each row has only one task.
func (t *table) column(task int) int {
	if t.tasks == 1 {
		return gutter
	}
	return gutter + (task-1)*min(38, 46/(t.tasks-1))
}

func tasksOf(v sim.Violation) int {
	n := 0
	for _, s := range v.Trace {
		n = max(n, s.Task)
	}
	return n
}

func (t *table) heads(v sim.Violation) {
	for task := 1; task <= t.tasks; task++ {
		t.text("", task, 0, headOf(v, task), t.st.bold)
	}
}

// headOf names a task and the actors that it runs, in their order.
func headOf(v sim.Violation, task int) string {
	var actors []string
	for _, s := range v.Trace {
		if s.Task == task && (len(actors) == 0 || actors[len(actors)-1] != s.Actor) {
			actors = append(actors, s.Actor)
		}
	}
	return fmt.Sprintf("T%d %s", task, strings.Join(actors, ", then "))
}

// row draws one operation.
func (t *table) row(s sim.Step) {
	t.row1++
	mark := "  "
	if s.Breaks || s.Blocked {
		mark = ">>"
		t.marked = append(t.marked, t.row1)
	}
	if s.Cycle {
		mark = "@ "
		t.cycle = append(t.cycle, t.row1)
	}
	depth := max(0, len(s.Stack)-1)
	text := Phrase(s)
	if s.Blocked {
		text = "waits for ever: " + text
	}
	style := func(line string) string { return t.dimFunction(line, s.Function) }
	if mark == ">>" {
		style = t.st.red
	}
	t.text(fmt.Sprintf("%s%4d ", mark, t.row1), s.Task, depth, text+" in "+s.Function+"()", style)
	held := strings.Join(s.Held, ", ")
	changed := held != t.held[s.Task]
	if changed || s.Task != t.last && held != "" {
		t.text("", s.Task, depth+1, "holds "+orNothing(held), t.st.dim)
	}
	t.held[s.Task], t.last = held, s.Task
}

func orNothing(held string) string {
	if held == "" {
		return "nothing"
	}
	return held
}

// dimFunction makes the name of the function, at the end of a line, stand back.
func (t *table) dimFunction(line, function string) string {
	tail := " in " + function + "()"
	if head, ok := strings.CutSuffix(line, tail); ok {
		return head + t.st.dim(tail)
	}
	return line
}

// narrowest is the room that text keeps, whatever the depth of its calls.
const narrowest = 38

// text draws text in the column of a task, on as many lines as it needs, each in the given style.
func (t *table) text(number string, task, depth int, text string, style func(string) string) {
	at := t.column(task)
	per := 2
	if t.tasks > 2 {
		per = 1
	}
	at += min(per*depth, max(0, Width-narrowest-at))
	for i, line := range strings.Split(wrap(text, at, strings.Repeat(" ", at+2)), "\n") {
		body := strings.TrimLeft(line, " ")
		start := at
		if i > 0 {
			start, number = at+2, ""
		}
		end := start + utf8.RuneCountInString(body)
		left := fmt.Sprintf("%-*s", gutter, number) + t.bars(gutter, start, 1, task-1)
		if i == 0 && strings.HasPrefix(number, ">>") {
			left = t.st.red(">>") + left[2:]
		}
		right := strings.TrimRight(" "+t.bars(end+1, Width, task+1, t.tasks), " ")
		t.p.line("%s%s%s", left, style(body), right)
	}
}

// bars fills the columns from from up to to, with a bar where one of the tasks first to last has its column.
func (t *table) bars(from, to, first, last int) string {
	line := []rune(strings.Repeat(" ", max(0, to-from)))
	for task := first; task <= last; task++ {
		if at := t.column(task) - from; at >= 0 && at < len(line) {
			line[at] = '|'
		}
	}
	return string(line)
}

// ended tells whether a task has returned.
func ended(s sim.Step) bool { return s.Op == "return" }

// interesting tells whether a row helps to understand an interleaving.
func interesting(s sim.Step) bool {
	switch {
	case s.Breaks || s.Blocked || s.Cycle || ended(s):
		return true
	case slices.Contains([]string{"read", "unpin", "assert"}, s.Op), s.Op == "choose" && s.Value == "no":
		return false
	}
	return true
}
