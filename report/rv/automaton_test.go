package rv_test

import (
	"fmt"
	"slices"
	"strings"
)

// automaton is what a dot file says, as far as rvgen reads it.
type automaton struct {
	states, final, events []string // the initial state comes first, then the others sorted
	next                  map[string]map[string]string
}

// parse reads a dot file by the rules of rvgen, tools/verification/rvgen/rvgen/automata.py of v7.1: it splits lines at blanks, and does not
// know dot. Functions of that file are named beside what they do.
func parse(text string) (*automaton, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if first := strings.Fields(lines[0]); len(first) < 2 || first[0] != "digraph" || first[1] != "state_automaton" { // __open_dot
		return nil, fmt.Errorf("not a valid .dot format: %s", lines[0])
	}
	node := func(l string) bool { f := strings.Fields(l); return len(f) > 0 && f[0] == "{node" }
	begin := slices.IndexFunc(lines, node) // __get_cursor_begin_states
	if begin < 0 {
		return nil, fmt.Errorf("no beginning state")
	}
	a := &automaton{next: map[string]map[string]string{}}
	if err := a.readStates(lines[begin:], node); err != nil {
		return nil, err
	}
	cursor := begin
	for cursor < len(lines) && node(lines[cursor]) { // __get_cursor_begin_events
		cursor++
	}
	return a, a.readEdges(lines[cursor+1:]) // one line, the initial transition, is skipped
}

// readStates is __get_state_variables.
func (a *automaton) readStates(lines []string, node func(string) bool) error {
	initial := ""
	for _, l := range lines {
		if !node(l) {
			break
		}
		f := strings.Fields(l)
		state := strings.NewReplacer(`"`, "", "};", "", ",", "_").Replace(f[len(f)-1])
		if name, ok := strings.CutPrefix(state, "__init_"); ok {
			initial = name
			continue
		}
		a.states = append(a.states, state)
		if strings.Contains(l, "doublecircle") || strings.Contains(l, "ellipse") {
			a.final = append(a.final, state)
		}
	}
	slices.Sort(a.states)
	a.states = slices.Compact(a.states)
	i := slices.Index(a.states, initial)
	if initial == "" || i < 0 {
		return fmt.Errorf("no initial state")
	}
	a.states = append([]string{initial}, slices.Delete(a.states, i, i+1)...)
	if a.final == nil {
		a.final = []string{initial}
	}
	return nil
}

// readEdges is __get_event_variables and __create_matrix.
func (a *automaton) readEdges(lines []string) error {
	for _, l := range lines {
		l = strings.TrimLeft(l, " \t")
		if !strings.HasPrefix(l, `"`) {
			break
		}
		f := strings.Fields(l)
		if len(f) < 2 || f[1] != "->" { // the label of a state
			if label := strings.Split(strings.SplitN(l, "label", 2)[1], `"`)[1]; !slices.Contains(a.states, label) {
				return fmt.Errorf("label %q is no state", label)
			}
			continue
		}
		from, to := strings.ReplaceAll(f[0], `"`, ""), strings.ReplaceAll(f[2], `"`, "")
		label := slices.Index(f, "label")
		if label < 0 || !slices.Contains(a.states, from) || !slices.Contains(a.states, to) {
			return fmt.Errorf("no transition between states: %s", l)
		}
		for _, event := range strings.Split(strings.ReplaceAll(strings.Join(f[label+2:len(f)-1], ""), `"`, ""), `\n`) {
			a.note(from, event, to)
		}
	}
	slices.Sort(a.events)
	a.events = slices.Compact(a.events)
	return nil
}

func (a *automaton) note(from, event, to string) {
	if a.next[from] == nil {
		a.next[from] = map[string]string{}
	}
	a.next[from][event] = to
	a.events = append(a.events, event)
}

// run returns the state after the events, or "" once one is not expected.
func (a *automaton) run(events ...string) string {
	at := a.states[0]
	for _, e := range events {
		at = a.next[at][e]
	}
	return at
}
