package vm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"memhp/conform/vm/agent"
)

const (
	// Apart is how far apart two looks at a stuck task must be: a task of a slow guest that merely waits is somewhere else by then.
	Apart = 8 * time.Second
	// settle bounds how long a trial may take to get stuck, or to be over.
	settle = 25 * time.Second
	// hungTaskSeconds makes the kernel report hung tasks early; hungTaskWait is how long it is given.
	hungTaskSeconds = 10
	hungTaskWait    = 40 * time.Second
	// maxReports bounds the list of reports: the kernel repeats them.
	maxReports = 6
)

// Reproduction is the evidence for a finding.
type Reproduction struct {
	Schema  int    `json:"schema"`
	Finding string `json:"finding"`
	Release string `json:"release"`
	Version string `json:"version"`
	QEMU    string `json:"qemu"`
	// CommandLine is that of QEMU.
	CommandLine []string `json:"command_line"`
	// Shown tells that some trial was stuck, and the control was not.
	Shown   bool    `json:"shown"`
	Trials  []Trial `json:"trials"`
	Control Trial   `json:"control"`
}

// Trial is one boot.
type Trial struct {
	// Stuck tells that the same tasks were in state D with the same stacks in two looks, and that they are those of the finding.
	Stuck bool `json:"stuck"`
	// Before and After are the two looks.
	Before []agent.Stack `json:"before,omitempty"`
	After  []agent.Stack `json:"after,omitempty"`
	// Store says what a write to the state of a memory block did afterwards: where device_hotplug_lock is never released, it never ends.
	Store string `json:"store"`
	// Ended says how the guest ended by itself, if it did.
	Ended string `json:"ended,omitempty"`
	// Reports are the first lines of the console that report trouble.
	Reports []string `json:"reports,omitempty"`
	Console string   `json:"-"`
}

// Reproduce boots the kernel of c, tries to drive it into a finding, and runs the control.
func Reproduce(ctx context.Context, c Config, f Finding, note func(format string, args ...any)) (Reproduction, error) {
	r := Reproduction{Schema: 1, Finding: f.Name}
	var err error
	if r.QEMU, err = qemuVersion(ctx); err != nil {
		return r, err
	}
	for n := range f.Trials {
		t, err := r.trial(ctx, c, f, func(ctx context.Context, g *Guest) error { return f.trigger(ctx, g, n) })
		if err != nil {
			return r, err
		}
		note("%s, trial %d of %d: %s", f.Name, n+1, f.Trials, t.Summary())
		r.Trials = append(r.Trials, t)
		if t.Stuck {
			break
		}
	}
	if r.Control, err = r.trial(ctx, c, f, f.control); err != nil {
		return r, err
	}
	note("%s, control: %s", f.Name, r.Control.Summary())
	last := r.Trials[len(r.Trials)-1]
	r.Shown = last.Stuck && !r.Control.Stuck && r.Control.Ended == "" && r.Control.Store == storeEnded
	return r, nil
}

// Summary says how the trial ended, in one line.
func (t Trial) Summary() string {
	switch {
	case t.Stuck:
		return fmt.Sprintf("stuck, %d tasks in state D; a state store %s", len(t.After), t.Store)
	case t.Ended != "":
		return "not stuck: " + t.Ended
	}
	return "not stuck; a state store " + t.Store
}

// trial boots a guest, does something, and watches.
func (r *Reproduction) trial(ctx context.Context, c Config, f Finding, do func(context.Context, *Guest) error) (t Trial, err error) {
	c.Devices, c.Modules, c.Append = f.devices, f.modules, strings.TrimSpace(c.Append+" "+f.parameters)
	g, err := Boot(ctx, c)
	if err != nil {
		return t, err
	}
	defer g.Close()
	defer func() {
		t.Console = g.Console()
		t.Reports = Troubles(t.Console)
		t.Reports = t.Reports[:min(len(t.Reports), maxReports)]
	}()
	r.Release, r.Version, r.CommandLine = g.Hello.Release, g.Hello.Version, g.qemu.args
	if err := g.reportHungTasks(ctx); err != nil {
		return t, err
	}
	err = do(ctx, g)
	if err == nil {
		err = t.watch(ctx, g, f)
	}
	switch {
	case ctx.Err() != nil:
		return t, ctx.Err()
	case err == nil:
		return t, nil
	case g.gone():
		// QEMU 7.2 aborts on an assertion of its own when the eject completes.
		t.Ended = "the guest ended: " + g.ending()
		return t, nil
	}
	return t, err
}

// gone tells whether QEMU has ended, or does so right now.
func (g *Guest) gone() bool {
	select {
	case <-g.qemu.exited:
		return true
	case <-time.After(2 * time.Second):
		return false
	}
}

func (g *Guest) reportHungTasks(ctx context.Context) error {
	_, err := g.Do(ctx, helperTimeout, "setup",
		agent.Op{Do: agent.Write, Path: "/proc/sys/kernel/hung_task_timeout_secs", Data: fmt.Sprint(hungTaskSeconds)},
		agent.Op{Do: agent.Write, Path: "/proc/sys/kernel/hung_task_check_interval_secs", Data: "2"})
	return err
}

// watch looks for stuck tasks until there are some or the time is over, and then tries a store.
func (t *Trial) watch(ctx context.Context, g *Guest, f Finding) error {
	for end := time.Now().Add(settle); time.Now().Before(end); {
		before, err := g.Stacks(ctx)
		if err != nil {
			return err
		}
		if !f.matches(before) {
			if err := pause(ctx, time.Second); err != nil {
				return err
			}
			continue
		}
		if err := pause(ctx, Apart); err != nil {
			return err
		}
		after, err := g.Stacks(ctx)
		if err != nil {
			return err
		}
		if same := unchanged(before, after); f.matches(same) {
			t.Stuck, t.Before, t.After = true, before, after
			break
		}
	}
	if err := t.store(ctx, g); err != nil {
		return err
	}
	if t.Stuck {
		return g.awaitReport(ctx)
	}
	return nil
}

// pause sleeps, unless the guest or memhp is to end.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// matches tells whether each of the finding's tasks is there: all of its functions in the stack of one task.
func (f Finding) matches(stacks []agent.Stack) bool {
	for _, functions := range f.Tasks {
		if !slices.ContainsFunc(stacks, func(s agent.Stack) bool { return isIn(s.Text, functions) }) {
			return false
		}
	}
	return true
}

// isIn tells whether all functions are in a stack.
func isIn(stack string, functions []string) bool {
	for _, function := range functions {
		if !strings.Contains(stack, " "+function+"+") {
			return false
		}
	}
	return true
}

// unchanged returns the tasks that are in both looks with the same stack.
func unchanged(before, after []agent.Stack) []agent.Stack {
	return slices.DeleteFunc(slices.Clone(after), func(s agent.Stack) bool { return !slices.Contains(before, s) })
}

// The ends of a store.
const (
	storeEnded   = "ended"
	storeForever = "did not end"
	storeTimeout = 10 * time.Second
)

// store writes the state of a block that was there at boot, which it has already: EINVAL, after device_hotplug_lock was taken.
func (t *Trial) store(ctx context.Context, g *Guest) error {
	_, err := g.Do(ctx, storeTimeout, "store", agent.Op{Do: agent.Write, Path: memoryDir + "/memory1/state", Data: "online"})
	switch {
	case errors.Is(err, ErrHang):
		t.Store = storeForever
		return nil
	case err != nil:
		return err
	}
	t.Store = storeEnded
	return nil
}

// awaitReport waits for the kernel's own report of a hung task.
func (g *Guest) awaitReport(ctx context.Context) error {
	for end := time.Now().Add(hungTaskWait); time.Now().Before(end); {
		if strings.Contains(g.Console(), "blocked for more than") {
			return pause(ctx, 2*time.Second) // for the rest of it
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	return nil
}

func qemuVersion(ctx context.Context) (string, error) {
	path, err := FindQEMU()
	if err != nil {
		return "", err
	}
	out, err := command(ctx, "", path, "--version")
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return first, nil
}
