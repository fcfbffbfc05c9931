package tla_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A reader of the modules that package tla writes, and of no others: it knows the shapes of their lines, and what their definitions mean. It
// shares nothing with the writer but the text.

// state is a state of a module: a byte for each place of a task, set of tasks, kernfs node and value.
type state string

// module is a module that was read.
type module struct {
	tasks   int
	slots   map[string]int            // where in a state something is, by its text: pc[0], writers["l"], mem["v"]
	values  map[string]map[string]int // the values of each slot that is no set
	inits   []state
	actions []action
	wants   map[byte][]string // by place
	rules   map[string][]condition
}

// action is one way on from a place.
type action struct {
	place   byte
	guards  []condition
	updates []func(before state, after []byte, t int)
}

// condition tells something of a state and a task.
type condition func(s state, t int) bool

var (
	quoted   = regexp.MustCompile(`"([^"]*)"`)
	atForm   = regexp.MustCompile(`^At\(t, ("[^"]*")\)$`)
	call     = regexp.MustCompile(`^(~?)(\w+)\(("[^"]*")(?:, t)?\)$`)
	isShown  = regexp.MustCompile(`^(~?)visible\[("[^"]*")\]$`)
	isOneOf  = regexp.MustCompile(`^(mem\["[^"]*"\]) (?:= ("[^"]*")|\\in \{(.*)\})$`)
	primed   = regexp.MustCompile(`^(\w+)' = \[(\w+) EXCEPT (!.*)\]$`)
	except   = regexp.MustCompile(`!\[("[^"]*")\] = (@ \\cup \{t\}|@ \\ \{t\}|TRUE|FALSE|"[^"]*")`)
	moves    = regexp.MustCompile(`^Goto\(t, ("[^"]*")\)`)
	stays    = regexp.MustCompile(`^UNCHANGED <<(.*)>>$`)
	choices  = regexp.MustCompile(`^\\E (.*) \\in \{(.*)\} :$`)
	case1    = regexp.MustCompile(`^(?:CASE|\[\]) [nv] = ("[^"]*") -> (.*?)\]*$`)
	byBlock  = regexp.MustCompile(`^\[(.*)\]\[b(\d+)$`)
	shownIn  = regexp.MustCompile(`^b(\d+) \\in \{(.*)\}$`)
	wantCase = regexp.MustCompile(`n \\in \{([^}]*)\} -> <<([^>]*(?:->[^>]*)*)>>`)
)

func names(text string) []string {
	var out []string
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// read reads a module. Anything that it does not know is an error.
func read(text string, tasks int) (m *module, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	m = &module{tasks: tasks, slots: map[string]int{}, values: map[string]map[string]int{}, wants: map[byte][]string{}, rules: map[string][]condition{}}
	defs := definitionsOf(text)
	m.lay(defs)
	m.readInit(defs["Init"])
	for name, lines := range defs {
		if strings.HasSuffix(name, "(t)") && strings.HasPrefix(strings.TrimSpace(lines[0]), "/\\ At(t, ") {
			m.readAction(lines)
		}
	}
	for _, w := range wantCase.FindAllStringSubmatch(strings.Join(defs["Wants(n)"], " "), -1) {
		for _, place := range names(w[1]) {
			m.wants[m.place(place)] = names(w[2])
		}
	}
	return m, nil
}

func fail(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// definitionsOf returns the lines of each definition, without comments; a line that only goes on with a list is joined to the one before.
func definitionsOf(text string) map[string][]string {
	out := map[string][]string{}
	name, joined := "", false
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, `\*`)
		line = strings.TrimRight(line, " ")
		head, rest, defines := strings.Cut(line, " ==")
		switch {
		case line == "" || strings.ContainsAny(line[:1], "(-="):
			continue
		case line[0] != ' ' && defines:
			name = head
			if out[name] != nil {
				fail("%s is defined twice", name)
			}
			out[name] = []string{}
			line = rest
		}
		if line == "" {
			continue
		}
		if joined {
			last := len(out[name]) - 1
			out[name][last] += " " + strings.TrimSpace(line)
		} else {
			out[name] = append(out[name], line)
		}
		joined = strings.HasSuffix(line, ",")
	}
	return out
}

// lay gives each part of a state its byte.
func (m *module) lay(defs map[string][]string) {
	place := func(slot string, values []string) {
		m.slots[slot] = len(m.slots)
		m.values[slot] = map[string]int{}
		for i, v := range values {
			m.values[slot][v] = i
		}
	}
	for t := range m.tasks {
		place(fmt.Sprintf("pc[%d]", t), names(defs["Places"][0]))
	}
	for _, l := range names(defs["Locks"][0]) {
		for _, set := range []string{"writers", "readers", "pending"} {
			place(fmt.Sprintf("%s[%q]", set, l), nil)
		}
	}
	for _, v := range names(defs["Pinned"][0]) {
		place(fmt.Sprintf("relies[%q]", v), nil)
	}
	for _, n := range names(defs["Nodes"][0]) {
		place(fmt.Sprintf("visible[%q]", n), []string{"FALSE", "TRUE"})
	}
	for _, line := range defs["TypeOK"] {
		if is := isOneOf.FindStringSubmatch(strings.TrimPrefix(strings.TrimSpace(line), `/\ `)); is != nil {
			place(is[1], names(is[2]+is[3]))
		}
	}
	for _, v := range names(defs["Variables"][0]) {
		m.slot(fmt.Sprintf("mem[%q]", v))
	}
}

func (m *module) slot(name string) int {
	i, ok := m.slots[name]
	if !ok {
		fail("there is no %s", name)
	}
	return i
}

func (m *module) value(slot, value string) byte {
	i, ok := m.values[slot][value]
	if !ok {
		fail("%s cannot be %q", slot, value)
	}
	return byte(i)
}

func (m *module) place(name string) byte { return m.value("pc[0]", name) }

// readInit makes the initial states.
func (m *module) readInit(lines []string) {
	var blocks int
	var kinds []string
	for _, line := range lines {
		if c := choices.FindStringSubmatch(strings.TrimPrefix(strings.TrimSpace(line), `/\ `)); c != nil {
			blocks, kinds = len(strings.Split(c[1], ",")), names(c[2])
		}
	}
	total := 1
	for range blocks {
		total *= len(kinds)
	}
	for n := range total {
		s := make([]byte, len(m.slots))
		for t := range m.tasks {
			s[m.slot(fmt.Sprintf("pc[%d]", t))] = m.place("idle")
		}
		of := func(b string) string { // the state that block b is in
			k := n
			for range int(b[0] - '0') {
				k /= len(kinds)
			}
			return kinds[k%len(kinds)]
		}
		for _, line := range lines {
			if c := case1.FindStringSubmatch(strings.TrimSpace(line)); c != nil {
				m.initial(s, names(c[1])[0], c[2], of)
			}
		}
		m.inits = append(m.inits, state(s))
	}
}

func (m *module) initial(s []byte, thing, text string, of func(block string) string) {
	mem := fmt.Sprintf("mem[%q]", thing)
	if c := shownIn.FindStringSubmatch(text); c != nil {
		if slices.Contains(names(c[2]), of(c[1])) {
			s[m.slot(fmt.Sprintf("visible[%q]", thing))] = 1
		}
		return
	}
	c := byBlock.FindStringSubmatch(text)
	if c == nil {
		s[m.slot(mem)] = m.value(mem, names(text)[0])
		return
	}
	for _, part := range strings.Split(c[1], ", ") {
		if kind, value, _ := strings.Cut(part, " |-> "); kind == of(c[2]) {
			s[m.slot(mem)] = m.value(mem, names(value)[0])
		}
	}
}

// readAction reads the options of an action. In each, every variable is changed or said not to be, and just once.
func (m *module) readAction(lines []string) {
	place := m.place(names(lines[0])[0])
	var options [][]string
	for _, line := range lines[1:] {
		line = strings.TrimSpace(line)
		text, first := line, false
		for _, head := range []string{`/\ \/ /\ `, `\/ /\ `} {
			if rest, ok := strings.CutPrefix(line, head); ok && !first {
				text, first = rest, true
			}
		}
		text = strings.TrimPrefix(text, `/\ `)
		if first || options == nil {
			options = append(options, nil)
		}
		options[len(options)-1] = append(options[len(options)-1], text)
	}
	for _, o := range options {
		m.actions = append(m.actions, m.readOption(place, o))
	}
}

func (m *module) readOption(place byte, conjuncts []string) action {
	a := action{place: place}
	var told []string
	for _, c := range conjuncts {
		switch {
		case primed.MatchString(c):
			p := primed.FindStringSubmatch(c)
			if p[1] != p[2] {
				fail("%s is made of %s", p[1], p[2])
			}
			told = append(told, p[1])
			a.updates = append(a.updates, m.readUpdates(p[1], p[3])...)
		case moves.MatchString(c):
			told = append(told, "pc")
			next := m.place(names(c)[0])
			a.updates = append(a.updates, func(_ state, after []byte, t int) { after[t] = next })
		case stays.MatchString(c):
			if text := stays.FindStringSubmatch(c)[1]; text != "" {
				told = append(told, strings.Split(text, ", ")...)
			}
		default:
			a.guards = append(a.guards, m.condition(c))
		}
	}
	slices.Sort(told)
	if want := []string{"mem", "pc", "pending", "readers", "relies", "visible", "writers"}; !slices.Equal(told, want) {
		fail("changed or unchanged are %v, not %v: %v", told, want, conjuncts)
	}
	return a
}

func (m *module) readUpdates(variable, text string) []func(state, []byte, int) {
	var out []func(state, []byte, int)
	rest := text
	for _, e := range except.FindAllStringSubmatch(text, -1) {
		rest = strings.Replace(rest, e[0], "", 1)
		slot := variable + "[" + e[1] + "]"
		at := m.slot(slot)
		switch e[2] {
		case `@ \cup {t}`:
			out = append(out, func(s state, after []byte, t int) { after[at] |= 1 << t })
		case `@ \ {t}`:
			out = append(out, func(s state, after []byte, t int) { after[at] &^= 1 << t })
		default:
			x := m.value(slot, strings.Trim(e[2], `"`))
			out = append(out, func(_ state, after []byte, _ int) { after[at] = x })
		}
	}
	if strings.Trim(rest, ", ") != "" {
		fail("cannot read %q", text)
	}
	return out
}

// condition reads a condition.
func (m *module) condition(text string) condition {
	if premise, conclusion, ok := strings.Cut(text, " => "); ok {
		p, c := m.condition(premise), m.condition(conclusion)
		return func(s state, t int) bool { return !p(s, t) || c(s, t) }
	}
	if inner, ok := strings.CutPrefix(text, "~ ("); ok {
		c := m.condition(strings.TrimSuffix(inner, ")"))
		return func(s state, t int) bool { return !c(s, t) }
	}
	if parts := strings.Split(text, ` /\ `); len(parts) > 1 {
		var all []condition
		for _, p := range parts {
			all = append(all, m.condition(p))
		}
		return func(s state, t int) bool {
			return !slices.ContainsFunc(all, func(c condition) bool { return !c(s, t) })
		}
	}
	return m.atom(text)
}

func (m *module) atom(text string) condition {
	if p := atForm.FindStringSubmatch(text); p != nil {
		place := m.place(names(p[1])[0])
		return func(s state, t int) bool { return s[t] == place }
	}
	if rest, ok := strings.CutPrefix(text, `pc[t] \notin `); ok {
		var places []byte
		for _, n := range names(rest) {
			places = append(places, m.place(n))
		}
		return func(s state, t int) bool { return !slices.Contains(places, s[t]) }
	}
	if p := isShown.FindStringSubmatch(text); p != nil {
		at, want := m.slot("visible["+p[2]+"]"), map[bool]byte{true: 1}[p[1] == ""]
		return func(s state, _ int) bool { return s[at] == want }
	}
	if p := isOneOf.FindStringSubmatch(text); p != nil {
		at := m.slot(p[1])
		var values []byte
		for _, v := range names(p[2] + p[3]) {
			values = append(values, m.value(p[1], v))
		}
		return func(s state, _ int) bool { return slices.Contains(values, s[at]) }
	}
	p := call.FindStringSubmatch(text)
	if p == nil {
		fail("cannot read %q", text)
	}
	return m.definition(p[2], p[3], p[1] == "~")
}

// definition is what the definitions at the head of a module mean: that some sets are empty, but for the task itself where it is asked about.
func (m *module) definition(name, key string, not bool) condition {
	sets, ok := map[string][]string{"CanLock": {"writers", "readers"}, "CanRead": {"writers"}, "CanDownRead": {"writers", "pending"}, "CanDrain": {"readers"},
		"Untaken": {"writers", "readers"}, "Unwritten": {"writers"}, "Unannounced": {"writers", "pending"}, "AloneOn": {"relies"}}[name]
	if !ok {
		fail("there is no definition %s", name)
	}
	var at []int
	for _, set := range sets {
		at = append(at, m.slot(set+"["+key+"]"))
	}
	own := strings.HasPrefix(name, "Can") || name == "AloneOn"
	return func(s state, t int) bool {
		var all byte
		for _, i := range at {
			all |= s[i]
		}
		if own {
			all &^= 1 << t
		}
		return (all == 0) != not
	}
}
