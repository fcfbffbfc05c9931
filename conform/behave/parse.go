package behave

import (
	"fmt"
	"slices"
	"strings"
)

// Script is a sequence of operations in a file.
type Script struct {
	// Comments are what the file says of itself.
	Comments []string
	// Kernel is the kernel whose predictions are in the file, MovableNode tells that it is booted with movable_node.
	Kernel      string
	MovableNode bool
	Ops         []Op
}

// ReadScript reads comments, which start with #, the kernel ("kernel v6.1", or "kernel v6.1 with movable_node"), and operations. Lines that are indented are
// predictions.
func ReadScript(text string) (Script, error) {
	var s Script
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		name, isKernel := strings.CutPrefix(line, "kernel ")
		switch {
		case line == "" || strings.HasPrefix(line, "\t"):
		case strings.HasPrefix(line, "#"):
			s.Comments = append(s.Comments, line)
		case isKernel:
			s.Kernel, s.MovableNode = strings.CutSuffix(name, movableNode)
		default:
			o, err := Parse(line)
			if err != nil {
				return s, err
			}
			s.Ops = append(s.Ops, o)
		}
	}
	return s, nil
}

// movableNode goes after a kernel that is booted with this parameter.
const movableNode = " with movable_node"

// Parse reads an operation as String writes it.
func Parse(line string) (Op, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	o := Op{Kind: Kind(kind)}
	switch o.Kind {
	case Unplug:
		o.On = rest
	case Veto, Allow:
		o.Word = rest
	case Plug:
		o.On, o.Word, _ = strings.Cut(rest, ": ")
		o.Word = strings.TrimSuffix(o.Word, " MiB")
	case Resize:
		o.On, o.Word, _ = strings.Cut(rest, " to ")
		o.Word = strings.TrimSuffix(o.Word, " MiB")
	case State, Online:
		o.On, o.Word, _ = strings.Cut(strings.TrimPrefix(rest, "of "), " <- ")
	default:
		o.Word = strings.TrimPrefix(rest, "<- ")
	}
	if o.String() != strings.TrimSpace(line) {
		return Op{}, fmt.Errorf("operation %q: not one that can be done", line)
	}
	return o, o.check()
}

// check refuses operations on what there is not, and words that a model does not know.
func (o Op) check() error {
	_, block := blockNamed(o.On)
	unit := device(o.On).Unit
	slot := strings.HasPrefix(o.On, "dimm") && device(o.On).Name != ""
	right := map[Kind]bool{State: block, Online: block, Plug: slot, Unplug: slot, Resize: unit > 0}
	if ok, about := right[o.Kind]; about && !ok {
		return fmt.Errorf("operation %q: there is no %q to %s", o, o.On, o.Kind)
	}
	words := Words(o.Kind)
	if o.Kind == Resize && o.Word == "1152" || len(words) == 0 && o.Word == "" {
		return nil
	}
	if !slices.Contains(words, o.Word) {
		return fmt.Errorf("operation %q: %q is none of: %s", o, o.Word, strings.Join(words, ", "))
	}
	return nil
}
