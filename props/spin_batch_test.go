package props

import (
	"fmt"
	"regexp"
	"strings"
)

// Compiling a verifier takes longer than searching a small model. So several models are put into one: whose each process,
// variable and macro is, is told by a prefix, and the initial process chooses one. Their states have nothing in common, so they add up.

var (
	word = regexp.MustCompile(`[A-Za-z_]\w*`)
	note = regexp.MustCompile(`(?s)/\*.*?\*/`)
	// keyword are the words that mean the same in every model.
	keyword = regexp.MustCompile(`^(define|hidden|byte|bit|bool|true|false|proctype|init|atomic|d_step|if|fi|do|od|else|goto|break|skip|assert|run|_pid)$`)
)

const initHead, initTail = "init {\n\tatomic {\n", "\t}\n}\n"

// prefix is that of model i.
func prefix(i int) string { return fmt.Sprintf("m%d_", i) }

// batch puts models into one.
func batch(models []string) string {
	var text, choices strings.Builder
	for i, m := range models {
		m = word.ReplaceAllStringFunc(note.ReplaceAllString(m, ""), func(w string) string {
			if keyword.MatchString(w) {
				return w
			}
			return prefix(i) + w
		})
		rest, body, _ := strings.Cut(m, initHead)
		text.WriteString(strings.ReplaceAll(rest, prefix(i)+"end_", "end_"+prefix(i)))
		choices.WriteString("\t:: skip;\n" + strings.TrimSuffix(body, initTail))
	}
	return text.String() + initHead + "\tif\n" + choices.String() + "\tfi\n" + initTail
}
