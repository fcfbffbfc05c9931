package behave

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"memhp/conform/solo"
	"memhp/spec"
)

// state is what a kernel may be in.
type state struct {
	world solo.World
	// dimms are the DIMMs that QEMU has plugged, by name: their words.
	dimms map[string]string
	// mems are the virtio-mem devices, by name.
	mems map[string]virtioMem
	// start is what it was when it had booted.
	start Start
	// policy and ratio are the parameters of the module memory_hotplug, auto is the word of auto_online_blocks.
	policy string
	ratio  int
	auto   string
	// holds tells that user space holds pages that cannot move; pinned is the block that they are in, if that is known.
	holds  bool
	pinned spec.Block
}

func (s state) clone() state {
	s.world, s.dimms, s.mems = s.world.Clone(), maps.Clone(s.dimms), maps.Clone(s.mems)
	return s
}

// key is equal for states that nothing tells apart.
func (s state) key() string {
	return fmt.Sprint(s.world.Key(), s.dimms, s.mems, s.policy, s.ratio, s.auto, s.holds, s.pinned)
}

// circumstances are what is not the caller's doing.
type circumstances struct {
	// interrupted tells that the operation got a signal, late that timers may have expired.
	interrupted, late bool
}

// run is one run of an operation: of the procedures of the specification that it consists of, and what is around them.
type run struct {
	*Model
	state
	// adding tells that memory is being added: what is onlined now is onlined as auto_online_blocks says.
	adding bool
	// working is the virtio-mem device whose worker runs, kicked are those whose worker has been queued.
	working string
	kicked  map[string]bool
	circumstances

	choices *solo.Choices
	met     map[string]string
	err     error
	failed  bool // what was chosen does not go together
}

// choose makes a choice that is not the caller's.
func (r *run) choose(n int) int {
	if r.failed || r.err != nil {
		return 0
	}
	return r.choices.Choose(n)
}

// meet is where runs that came different ways go on as one, if nothing tells them apart: all but the first end here.
func (r *run) meet(where ...int) {
	if r.failed || r.err != nil {
		return
	}
	key, way := fmt.Sprint(where, r.state.key(), r.kicked), r.choices.Way()
	if first, ok := r.met[key]; ok && first != way {
		r.failed = true
		return
	}
	r.met[key] = way
}

// end is one end of an operation: what it returned, and what it left.
type end struct {
	result string
	state  state
}

// maxRuns bounds the runs of one operation.
const maxRuns = 1 << 12

// explore returns every end of an operation from a state.
func (m *Model) explore(from state, c circumstances, do func(*run) string) ([]end, error) {
	var out []end
	choices := &solo.Choices{}
	met := map[string]string{}
	for n := 0; ; n++ {
		if n == maxRuns {
			return nil, fmt.Errorf("more than %d runs of one operation", maxRuns)
		}
		r := &run{Model: m, state: from.clone(), choices: choices, met: met, circumstances: c, kicked: map[string]bool{}}
		result := do(r)
		if r.err != nil {
			return nil, r.err
		}
		if !r.failed {
			out = append(out, end{result, r.state})
		}
		if !choices.Next() {
			return out, nil
		}
	}
}

// The names under which the procedures ask for what is not theirs to choose.
const (
	askState       = "word written: online, online_kernel, online_movable, offline, other"
	askOnline      = "value written: 0, 1, x"
	askAuto        = "word written: offline, online, other"
	askVetoOnline  = "a notifier vetoes MEM_GOING_ONLINE"
	askVetoOffline = "a notifier vetoes MEM_GOING_OFFLINE"
	askIsolate     = "start_isolate_page_range() fails"
	askMigrate     = "isolation: all pages isolated, some left, fails"
	askRange       = "the range has holes or is of several zones"
	askArch        = "arch_add_memory() fails"
	askPoison      = "the block has a page with a hardware error"
	askPages       = "the pages of the block are not as they should be"
	askSections    = "sections of the block are missing"
)

// call runs a procedure of the specification on a block. What it can do is narrowed to what can happen in this guest: there is memory for
// everything, and nobody injects hardware errors.
func (r *run) call(name string, b spec.Block, answers map[string]int) spec.Errno {
	if r.err != nil || r.failed {
		return spec.OK
	}
	actor, err := r.actor(name)
	if err != nil {
		r.err = err
		return spec.OK
	}
	machine := solo.NewMachine(r.kernel)
	machine.Watch = r.watch
	machine.Answers = map[string]int{askVetoOnline: truth(r.veto[goingOnline] != ""), askVetoOffline: truth(r.veto[goingOffline] != ""),
		askArch: spec.False, askPoison: spec.False, askPages: spec.False, askSections: spec.False}
	maps.Copy(machine.Answers, answers)
	if !actor.PerBlock {
		b = spec.NoBlock
	}
	runs, err := machine.Outcomes(actor, b, r.world)
	if err != nil {
		r.err = err
		return spec.OK
	}
	runs = r.distinct(name, runs)
	if r.err != nil {
		return spec.OK
	}
	chosen := runs[0]
	if len(runs) > 1 {
		chosen = runs[r.choose(len(runs))]
	}
	ret := chosen.Ret
	if ret == spec.EPERM {
		ret = r.vetoErrno(b)
	}
	was := r.online(b)
	if r.world = chosen.World; !was && r.online(b) {
		r.kick(b)
	}
	return ret
}

// distinct leaves one of the runs that nothing tells apart. No procedure alone breaks a rule.
func (r *run) distinct(name string, runs []solo.Run) []solo.Run {
	if len(runs) == 0 {
		r.err = fmt.Errorf("%s has no end", name)
	}
	for _, x := range runs {
		if len(x.Broken) > 0 {
			r.err = fmt.Errorf("%s alone breaks a rule of %s: %s", name, r.kernel, strings.Join(x.Broken, "; "))
		}
	}
	if len(runs) == 1 {
		return runs
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(runs, func(x solo.Run) bool {
		key := fmt.Sprint(x.Ret, x.World.Key())
		known := seen[key]
		seen[key] = true
		return known
	})
}

// vetoErrno is the errno of the notifier that vetoed, which is what the caller gets: notifier_to_errno() of include/linux/notifier.h. The specification
// writes each as NOTIFY_BAD, EPERM. A block that is online was going offline.
func (r *run) vetoErrno(b spec.Block) spec.Errno {
	action := goingOnline
	if r.online(b) {
		action = goingOffline
	}
	n, _ := strconv.Atoi(r.veto[action])
	return spec.Errno(n)
}

func truth(b bool) int {
	if b {
		return spec.True
	}
	return spec.False
}
