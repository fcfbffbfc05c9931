package spec

import (
	_ "embed" // order.txt
	"fmt"
	"slices"
	"strings"
)

//go:embed order.txt
var orderText string

// Order is the intended lock order of one kernel.
type Order struct {
	// below[a] are the classes that may be requested while a is held.
	below map[*LockClass][]*LockClass
	// Exceptions are the pairs that are in order only under a guard.
	Exceptions []Exception
	// Lines are the lines of the text that apply, with their reasons.
	Lines []OrderLine
}

// Exception allows to request To while From is held, if the task holds Guard for writing.
type Exception struct{ From, To, Guard *LockClass }

// OrderLine is one line of the order text.
type OrderLine struct{ Text, Reason string }

// OrderText returns the commented text of the intended lock order, for all kernels.
func OrderText() string { return orderText }

// OrderOf returns the intended lock order of kernel k.
func OrderOf(k Kernel) (*Order, error) { return ParseOrder(orderText, k) }

// ParseOrder reads an order text, in the notation of order.txt, for kernel k.
func ParseOrder(text string, k Kernel) (*Order, error) {
	o := &Order{below: map[*LockClass][]*LockClass{}}
	applies := true
	for i, line := range strings.Split(text, "\n") {
		rule, reason, _ := cutComment(line)
		var err error
		switch words := strings.Fields(rule); {
		case len(words) == 0:
		case words[0] == "always", words[0] == "since", words[0] == "until":
			applies, err = conditions(words, k)
		default:
			if applies {
				o.Lines = append(o.Lines, OrderLine{rule, reason})
			}
			err = o.parseRule(rule, applies)
		}
		if err != nil {
			return nil, fmt.Errorf("lock order, line %d: %w", i+1, err)
		}
	}
	if c := o.cyclic(); c != nil {
		return nil, fmt.Errorf("lock order: %s is below itself", c.Name)
	}
	return o, nil
}

// conditions tells whether kernel k meets every condition of a line such as "since ID until ID".
func conditions(words []string, k Kernel) (bool, error) {
	if len(words) == 1 && words[0] == "always" {
		return true, nil
	}
	ok := true
	for i := 0; i < len(words); i += 2 {
		if i+1 == len(words) || words[i] != "since" && words[i] != "until" {
			return false, fmt.Errorf("%q: expected since ID or until ID", strings.Join(words, " "))
		}
		c, err := FindChange(words[i+1])
		if err != nil {
			return false, err
		}
		ok = ok && k.Has(c) == (words[i] == "since")
	}
	return ok, nil
}

// cutComment splits a line at " #" or a leading "#"; class names may contain '#'.
func cutComment(line string) (rule, reason string, found bool) {
	rule, reason, found = strings.Cut(" "+line, " #")
	return strings.TrimSpace(rule), strings.TrimSpace(reason), found
}

func (o *Order) parseRule(rule string, applies bool) error {
	rule, guardName, guarded := strings.Cut(rule, " under ")
	var guard *LockClass
	if guarded {
		var err error
		if guard, err = FindLock(strings.TrimSpace(guardName)); err != nil {
			return err
		}
	}
	steps := strings.Split(rule, "<")
	if len(steps) < 2 {
		return fmt.Errorf("%q: expected A < B", rule)
	}
	var outer []*LockClass
	for _, step := range steps {
		inner, err := findLocks(step)
		if err != nil {
			return err
		}
		for _, a := range outer {
			for _, b := range inner {
				o.add(a, b, guard, applies)
			}
		}
		outer = inner
	}
	return nil
}

func (o *Order) add(a, b, guard *LockClass, applies bool) {
	switch {
	case !applies:
	case guard != nil:
		o.Exceptions = append(o.Exceptions, Exception{a, b, guard})
	default:
		o.below[a] = append(o.below[a], b)
	}
}

func findLocks(list string) ([]*LockClass, error) {
	var out []*LockClass
	for _, name := range strings.Split(list, ",") {
		c, err := FindLock(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// FindLock returns the class of lock with the given name or alias.
func FindLock(name string) (*LockClass, error) {
	for _, c := range LockClasses() {
		if c.Name == name || slices.Contains(c.Aliases, name) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("unknown lock %q", name)
}

// Below tells whether b comes after a in the order, without a guard.
func (o *Order) Below(a, b *LockClass) bool {
	return o.search(a, b, map[*LockClass]bool{})
}

// Direct returns the classes that the text puts right after a, without a guard.
func (o *Order) Direct(a *LockClass) []*LockClass { return slices.Clone(o.below[a]) }

func (o *Order) search(a, b *LockClass, seen map[*LockClass]bool) bool {
	for _, c := range o.below[a] {
		if c == b {
			return true
		}
		if !seen[c] {
			seen[c] = true
			if o.search(c, b, seen) {
				return true
			}
		}
	}
	return false
}

func (o *Order) cyclic() *LockClass {
	for _, c := range LockClasses() {
		if o.Below(c, c) {
			return c
		}
	}
	return nil
}

// Allows tells whether a task that holds s may request a lock of class to while it holds from.
// Classes that are not the specification's own are in no declared order, and always allowed.
func (o *Order) Allows(from, to *LockClass, s Held) bool {
	if !declared(from) || !declared(to) || o.Below(from, to) {
		return true
	}
	return slices.ContainsFunc(o.Exceptions, func(e Exception) bool {
		return e.From == from && e.To == to && s.HasClass(e.Guard, Write)
	})
}

func declared(c *LockClass) bool { return slices.Contains(LockClasses(), c) }
