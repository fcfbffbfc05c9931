package tla

import "strings"

// width is the number of columns that lists keep to.
const width = 120

// set writes a set that begins at a column, over as many lines as it needs.
func set(items []string, column int) string { return "{" + list(items, column+1) + "}" }

// list writes items that begin at a column; the lines after the first begin there, too.
func list(items []string, column int) string {
	var b strings.Builder
	at := column
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
			if at+len(item)+3 > width {
				b.WriteString("\n" + strings.Repeat(" ", column))
				at = column
			} else {
				b.WriteByte(' ')
				at += 2
			}
		}
		b.WriteString(item)
		at += len(item)
	}
	return b.String()
}
