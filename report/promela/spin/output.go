package spin

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	message     = regexp.MustCompile(`^pan:\d+: (.*) \(at depth \d+\)$`)
	states      = regexp.MustCompile(`^ *(\d+) states, stored`)
	transitions = regexp.MustCompile(`^ *(\d+) transitions`)
)

const (
	violated = "assertion violated "
	tooDeep  = "max search depth too small"
)

// read reads what a verifier prints. An error of another kind than a failing assertion is an error here: the model is wrong.
func read(in io.Reader) (*Result, error) {
	r := &Result{Complete: true}
	counted := false
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		switch m := message.FindStringSubmatch(line); {
		case m != nil && strings.HasPrefix(m[1], violated):
			if text := strings.TrimSpace(strings.TrimPrefix(m[1], violated)); !slices.Contains(r.Failed, text) {
				r.Failed = append(r.Failed, text)
			}
		case m != nil:
			return nil, fmt.Errorf("pan: %s", m[1])
		case strings.HasPrefix(line, "error: ") && !strings.HasSuffix(line, tooDeep):
			return nil, fmt.Errorf("pan: %s", strings.TrimPrefix(line, "error: "))
		case strings.HasSuffix(line, tooDeep):
			r.stop("the search is deeper than its limit")
		case strings.HasPrefix(line, "pan: reached -DMEMLIM") || strings.HasPrefix(line, "pan: out of memory"):
			r.stop("out of memory")
		case strings.HasPrefix(line, "Warning: Search not completed"):
			r.stop("stopped at an error")
		}
		if m := states.FindStringSubmatch(line); m != nil {
			r.States, _ = strconv.ParseInt(m[1], 10, 64)
			counted = true
		}
		if m := transitions.FindStringSubmatch(line); m != nil {
			r.Transitions, _ = strconv.ParseInt(m[1], 10, 64)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("pan: %w", err)
	}
	if !counted {
		return nil, fmt.Errorf("pan: it printed no count of states")
	}
	return r, nil
}

func (r *Result) stop(why string) {
	r.Complete = false
	if r.Limit == "" {
		r.Limit = why
	}
}

// names tells whether an expression names an identifier.
func names(text, identifier string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	return slices.Contains(words, identifier)
}
