package report

import (
	"slices"
	"strings"

	"memhp/sim"
)

// Phrase says in words what a step does.
func Phrase(s sim.Step) string {
	with := func(verb string) string { return verb + " " + s.Object }
	switch s.Op {
	case "lock":
		return with("lock")
	case "rlock":
		return with("read-lock")
	case "down_write":
		return with("announce writing of")
	case "trylock":
		return with("try") + ": " + s.Value
	case "tryrlock":
		return with("get") + ": " + s.Value
	case "unlock", "runlock":
		return with("release")
	case "activate", "deactivate", "drain", "call":
		return with(s.Op)
	case "write":
		if s.Value == "-" {
			return with("change")
		}
		return s.Object + " := " + s.Value
	case "read":
		return s.Object + " is " + s.Value
	case "swap":
		return s.Object + ": " + s.Value
	case "wait":
		return "wait until " + s.Object + " is " + s.Value
	case "assert":
		return s.Object + " must be " + s.Value
	case "pin":
		return with("rely on")
	case "choose":
		question, _, listed := strings.Cut(s.Object, ": ")
		switch {
		case s.Value == "yes" || s.Value == "":
			return question
		case !listed && slices.Contains(strings.Split(question, ", "), s.Value):
			return s.Value // the question is nothing but its answers
		}
		return question + ": " + s.Value
	case "return":
		return "return " + s.Value
	case "BUG":
		return "BUG(): " + s.Object
	}
	return with(s.Op)
}
