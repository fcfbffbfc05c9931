package sim

import (
	"fmt"
	"strings"

	"memhp/spec"
)

// valueOf says in words what an operation wrote or was answered; answer is -1 if it was not done.
func valueOf(o op, answer int) string {
	switch o.kind {
	case opWrite, opWait, opAssert:
		return o.v.ValueName(o.arg)
	case opReturn:
		return spec.Errno(o.arg).String()
	case opRead:
		if answer >= 0 {
			return o.v.ValueName(answer)
		}
	case opSwap:
		if answer == 1 {
			return o.v.ValueName(o.old) + " to " + o.v.ValueName(o.arg)
		}
		return "fails"
	case opTryLock, opTryRLock:
		if answer == 1 {
			return "taken"
		}
		return "fails"
	case opChoose:
		return chosen(o, answer)
	}
	return ""
}

// chosen names a choice: the question may list its answers after a colon or with commas.
func chosen(o op, answer int) string {
	_, list, ok := strings.Cut(o.what, ": ")
	if !ok {
		list = o.what
	}
	words := strings.Split(list, ", ")
	switch {
	case answer < 0:
		return ""
	case len(words) == o.arg:
		return words[answer]
	case o.arg == 2:
		return [...]string{"no", "yes"}[answer]
	}
	return fmt.Sprint(answer)
}
