package solo

import (
	"fmt"

	"memhp/spec"
)

// Machine runs procedures of one kernel.
type Machine struct {
	kernel spec.Kernel
	// Answers are the choices that are the caller's, by what they are about: the word that is written, a notifier that vetoes.
	// The others are open, and every answer is tried.
	Answers map[string]int
	// Watch, if set, sees each write before it is made.
	Watch func(w World, v spec.Var, x int)
}

// NewMachine returns a machine on which every choice is open.
func NewMachine(k spec.Kernel) *Machine { return &Machine{kernel: k} }

// Run is one run of a procedure from its start to its end.
type Run struct {
	// Ret is what it returned, World what it left.
	Ret   spec.Errno
	World World
	// Requests are the locks that it waited for, in their order.
	Requests []Request
	// Broken are the rules that it broke. A run that breaks one that it cannot survive returns nothing.
	Broken []string

	loops bool
	err   error
}

// Request is a lock that is requested with others held.
type Request struct {
	Lock spec.Lock
	Mode spec.Mode
	Held spec.Held
}

// maxRuns bounds the runs of one procedure.
const maxRuns = 1 << 14

// Outcomes returns every run of an actor from a world, which is not changed.
func (m *Machine) Outcomes(a spec.Actor, b spec.Block, from World) ([]Run, error) {
	var out []Run
	choices := &Choices{}
	for n := 0; ; n++ {
		if n == maxRuns {
			return nil, fmt.Errorf("procedure %s: more than %d runs", a.Name, maxRuns)
		}
		t := &task{Machine: m, world: from.Clone(), choices: choices}
		t.do(a, b)
		if t.run.err != nil {
			return nil, fmt.Errorf("procedure %s: %w", a.Name, t.run.err)
		}
		if !t.run.loops {
			out = append(out, t.run)
		}
		if !choices.Next() {
			return out, nil
		}
	}
}

// do runs the procedure.
func (t *task) do(a spec.Actor, b spec.Block) {
	defer func() {
		switch p := recover(); p.(type) {
		case nil, stop:
		default:
			t.run.err = fmt.Errorf("panic: %v", p)
		}
		t.run.World = t.world
	}()
	t.run.Ret = a.Run(t, b)
	if len(t.held) > 0 {
		t.broken("returns with %v held", t.held)
	}
}
