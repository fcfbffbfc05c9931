package promela

import (
	"fmt"
	"strings"
)

// names hands out identifiers, each to one thing only.
type names struct {
	taken map[string]bool
	of    map[any]string
}

// reserved are the words of Promela, and of this package's models, that nothing else may be called.
const reserved = `active assert atomic bit bool break byte chan cond_expr d_proctype d_step do else empty enabled end eval fi for full get_priority
	goto hidden if in init inline int len local mtype nempty never nfull notrace np_ od of pc_value pid priority proctype provided return run
	select set_priority short show skip timeout trace true false typedef unless unsigned xr xs
	again me bit_of nobody_else add drop writers readers pending waits stuck before task watch TASKS LOCKS _pid _nr_pr _last`

func newNames() *names {
	n := &names{taken: map[string]bool{}, of: map[any]string{}}
	for _, word := range strings.Fields(reserved) {
		n.taken[word] = true
	}
	return n
}

// give returns the identifier of a comparable thing; the first time it makes one that resembles text.
func (n *names) give(thing any, text string) string {
	if name, ok := n.of[thing]; ok {
		return name
	}
	base := identifier(text)
	name := base
	for i := 2; n.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	n.taken[name] = true
	n.of[thing] = name
	return name
}

// identifier replaces what an identifier may not have.
func identifier(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	s := strings.Trim(b.String(), "_")
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		s = "n" + s
	}
	return s
}
