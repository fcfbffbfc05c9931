package drift

import (
	"bytes"
	"regexp"
)

// function is the body of a C function, with comments, strings and preprocessor lines blanked.
type function struct {
	name string
	line int
	body []byte
}

// blank replaces comments, strings, character constants and preprocessor lines by blanks. Newlines stay.
func blank(src []byte) []byte {
	out := bytes.Clone(src)
	wipe := func(from, to int) {
		for i := from; i < min(to, len(out)); i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	startOfLine := true
	for i := 0; i < len(src); {
		end := i + 1
		switch {
		case bytes.HasPrefix(src[i:], []byte("/*")):
			end = after(src, i+2, "*/")
		case bytes.HasPrefix(src[i:], []byte("//")):
			end = after(src, i, "\n") - 1
		case src[i] == '"', src[i] == '\'':
			end = quoted(src, i)
		case src[i] == '#' && startOfLine:
			end = directive(src, i)
		default:
			startOfLine = src[i] == '\n' || startOfLine && (src[i] == ' ' || src[i] == '\t')
			i = end
			continue
		}
		wipe(i, end)
		i = max(end, i+1)
	}
	return out
}

// after returns the position behind the next mark, or the end.
func after(src []byte, i int, mark string) int {
	if n := bytes.Index(src[min(i, len(src)):], []byte(mark)); n >= 0 {
		return i + n + len(mark)
	}
	return len(src) + 1
}

// quoted returns the position behind the constant that begins at i; one that is not closed ends with its line.
func quoted(src []byte, i int) int {
	for j := i + 1; j < len(src); j++ {
		switch src[j] {
		case '\\':
			j++
		case src[i]:
			return j + 1
		case '\n':
			return j
		}
	}
	return len(src)
}

// directive returns the end of the preprocessor line that begins at i, with its continuations.
func directive(src []byte, i int) int {
	for j := i; j < len(src); j++ {
		if src[j] == '\n' && src[j-1] != '\\' {
			return j
		}
	}
	return len(src)
}

// annotations stand between the parameters of a function and its body.
var annotations = regexp.MustCompile(`^__(acquires|releases|must_hold|context_unsafe|cond_acquires)$`)

// functions returns the functions that a C file defines, by name. A function that it defines in both branches of an #ifdef has
// several bodies.
func functions(src []byte) map[string][]function {
	text := blank(src)
	out := map[string][]function{}
	for i, depth := 0, 0; i < len(text); i++ {
		switch text[i] {
		case '}':
			depth = max(depth-1, 0)
		case '{':
			if name := definedBefore(text, i); depth == 0 && name != "" {
				end := closing(text, i, '{', '}')
				out[name] = append(out[name], function{name, 1 + bytes.Count(text[:i], []byte("\n")), text[i:end]})
				i = end - 1
				continue
			}
			depth++
		}
	}
	return out
}

// definedBefore returns the name of the function whose body begins at i, or nothing.
func definedBefore(text []byte, i int) string {
	for {
		i = len(bytes.TrimRight(text[:i], " \t\n"))
		if i == 0 || text[i-1] != ')' {
			return ""
		}
		if i = opening(text, i-1); i < 0 {
			return ""
		}
		i = len(bytes.TrimRight(text[:i], " \t\n"))
		start := i
		for start > 0 && word(text[start-1]) {
			start--
		}
		if name := string(text[start:i]); !annotations.MatchString(name) {
			return name
		}
		i = start
	}
}

func word(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// closing returns the position behind what closes the bracket at i, or the end.
func closing(text []byte, i int, open, shut byte) int {
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// opening returns the position of the parenthesis that the one at i closes, or -1.
func opening(text []byte, i int) int {
	for depth := 0; i >= 0; i-- {
		switch text[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
