// Package naming names the parts of a model for renderers that write it in the language of another checker, so that all of them call a part
// the same.
package naming

import (
	"fmt"
	"strings"
)

// Names hands out identifiers, each to one thing only.
type Names struct {
	taken map[string]bool
	of    map[any]string
}

// New returns names that are none of the reserved words, which are separated by blanks.
func New(reserved string) *Names {
	n := &Names{taken: map[string]bool{}, of: map[any]string{}}
	for _, word := range strings.Fields(reserved) {
		n.taken[word] = true
	}
	return n
}

// Take reserves a name, and tells whether it was free.
func (n *Names) Take(name string) bool {
	if n.taken[name] {
		return false
	}
	n.taken[name] = true
	return true
}

// Of returns the identifier that a thing was given, or "".
func (n *Names) Of(thing any) string { return n.of[thing] }

// Give returns the identifier of a comparable thing; the first time it makes one that resembles text.
func (n *Names) Give(thing any, text string) string {
	if name, ok := n.of[thing]; ok {
		return name
	}
	base := Identifier(text)
	name := base
	for i := 2; !n.Take(name); i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	n.of[thing] = name
	return name
}

// Identifier replaces what an identifier may not have.
func Identifier(text string) string {
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
