package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Width is the number of columns that text keeps to.
const Width = 100

// Style says whether text is coloured.
type Style struct{ Color bool }

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s Style) bold(t string) string  { return s.paint("1", t) }
func (s Style) dim(t string) string   { return s.paint("2", t) }
func (s Style) red(t string) string   { return s.paint("1;31", t) }
func (s Style) green(t string) string { return s.paint("32", t) }
func (s Style) amber(t string) string { return s.paint("33", t) }

// printer writes lines and remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// wrap breaks text at blanks so that no line is longer than Width. So many columns of the first line are used already;
// the lines after it start with the indent. A word that is longer than a line is broken too.
func wrap(text string, used int, indent string) string {
	var b strings.Builder
	col, begun := used, false
	for _, word := range strings.Fields(text) {
		for _, part := range pieces(word, Width-len(indent)) {
			n := utf8.RuneCountInString(part)
			switch blank := begun && part == word; {
			case begun && col+1+n > Width, !begun && col+n > Width && col > len(indent):
				b.WriteString("\n" + indent)
				col = len(indent)
			case blank:
				b.WriteByte(' ')
				col++
			}
			b.WriteString(part)
			col, begun = col+n, true
		}
	}
	return b.String()
}

// pieces breaks a word that has more than n columns, after punctuation where it can.
func pieces(word string, n int) []string {
	var out []string
	for utf8.RuneCountInString(word) > n {
		head := string([]rune(word)[:n])
		at := strings.LastIndexAny(head, ":.,+-/") + 1
		if at <= 1 {
			at = len(head)
		}
		out, word = append(out, word[:at]), word[at:]
	}
	return append(out, word)
}

// replayCommand writes the command that shows a violation again. Where it is longer than a line it goes on after a
// backslash: it can be pasted into a shell as it stands, since replay puts the pieces together.
func replayCommand(token string, indent int) string {
	const command, more = "memhp replay ", 4
	parts := pieces(token, Width-indent-max(len(command), more)-len(" \\"))
	return command + strings.Join(parts, " \\\n"+strings.Repeat(" ", indent+more))
}

// shell breaks a command that is longer than a line at blanks, so that a shell reads it as one.
func shell(command string, indent int) string {
	end := " \\"
	lines := strings.Split(wrap(command, indent+len(end), strings.Repeat(" ", indent+len(end)+4)), "\n")
	for i := range lines[1:] {
		lines[i+1] = strings.TrimPrefix(lines[i+1], "  ")
	}
	return strings.Join(lines, end+"\n")
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%s %ss", grouped(n), what)
}

// grouped writes a number with commas.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
