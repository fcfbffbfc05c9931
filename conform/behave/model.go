package behave

import (
	"fmt"
	"slices"
	"strings"

	"memhp/conform/solo"
	"memhp/spec"
)

// onlinedAs is a ghost: the type by which a block was onlined last. mem->online_type itself is unset again when that is done.
var onlinedAs = &spec.VarClass{Name: "onlined as", Values: spec.OnlineType.Values, Scope: spec.PerBlock}

// Model is what a kernel of the specification may be in after a sequence of operations.
type Model struct {
	kernel spec.Kernel
	worlds []solo.World
	veto   map[string]bool // by action
}

// NewModel returns the model of a kernel on which nothing is plugged and nothing is onlined by itself.
func NewModel(k spec.Kernel) *Model {
	absent := spec.BlockInits()[0]
	return &Model{k, []solo.World{solo.NewWorld(slices.Repeat([]spec.BlockInit{absent}, Slots)...)}, map[string]bool{}}
}

// The names under which the procedures ask for what is not theirs to choose.
const (
	askState       = "word written: online, online_kernel, online_movable, offline, other"
	askOnline      = "value written: 0, 1, x"
	askAuto        = "word written: offline, online, other"
	askVetoOnline  = "a notifier vetoes MEM_GOING_ONLINE"
	askVetoOffline = "a notifier vetoes MEM_GOING_OFFLINE"
)

// actor is the entry point that an operation goes through, and what it asks for the word.
func (o Op) actor() (name, asks string) {
	switch o.Kind {
	case Plug:
		return "acpi_add", ""
	case Unplug:
		return "acpi_eject", ""
	case State:
		return "state_store", askState
	case Online:
		return "online_store", askOnline
	case AutoOnline:
		return "auto_online_store", askAuto
	}
	return "", ""
}

// end is one end of an operation: what it returned, and what it left.
type end struct {
	ret   spec.Errno
	world solo.World
}

// ends returns every end that the specification has for an operation.
func (m *Model) ends(o Op) ([]end, error) {
	name, asks := o.actor()
	if name == "" { // a notifier comes or goes: nothing else happens
		var out []end
		for _, w := range m.worlds {
			out = append(out, end{spec.OK, w})
		}
		return out, nil
	}
	actors, err := spec.SelectActors(m.kernel, name)
	if err != nil {
		return nil, err
	}
	machine := solo.NewMachine(m.kernel)
	machine.Watch = noteType
	machine.Answers = map[string]int{askVetoOnline: truth(m.veto["MEM_GOING_ONLINE"]), askVetoOffline: truth(m.veto["MEM_GOING_OFFLINE"])}
	if asks != "" {
		machine.Answers[asks] = slices.Index(Words(o.Kind), o.Word)
	}
	block := spec.Block(o.Slot)
	if !actors[0].PerBlock {
		block = spec.NoBlock
	}
	var out []end
	for _, w := range m.worlds {
		runs, err := machine.Outcomes(actors[0], block, w)
		if err != nil {
			return nil, err
		}
		for _, r := range runs {
			if len(r.Broken) > 0 {
				return nil, fmt.Errorf("%s alone breaks a rule of %s: %s", o, m.kernel, strings.Join(r.Broken, "; "))
			}
			out = append(out, end{r.Ret, r.World})
		}
	}
	return out, nil
}

func truth(b bool) int {
	if b {
		return spec.True
	}
	return spec.False
}

// noteType sees a block go online, and notes as what.
func noteType(w solo.World, v spec.Var, x int) {
	if v.Class == spec.BlockState && x == spec.MemOnline && w.Value(v) == spec.MemOffline {
		w.Set(onlinedAs.Of(v.Block), w.Value(spec.OnlineType.Of(v.Block)))
	}
}

// step keeps the worlds that agree with what an operation returned and left. It tells what the specification predicted, and whether
// any world is left.
func (m *Model) step(o Op, seen Seen) (predicted []string, agrees bool, err error) {
	switch o.Kind {
	case Veto, Allow:
		m.veto[o.Word] = o.Kind == Veto
	}
	ends, err := m.ends(o)
	if err != nil {
		return nil, false, err
	}
	keys := map[string]bool{}
	var worlds []solo.World
	for _, e := range ends {
		if text := describe(o, e); !slices.Contains(predicted, text) {
			predicted = append(predicted, text)
		}
		if key := e.world.Key(); matches(o, e, seen) && !keys[key] {
			keys[key] = true
			worlds = append(worlds, e.world)
		}
	}
	m.worlds = worlds
	return predicted, len(worlds) > 0, nil
}

// matches tells whether an end is what was seen.
func matches(o Op, e end, seen Seen) bool {
	if result(o, e.ret) != seen.Result {
		return false
	}
	for i, b := range seen.Blocks {
		if !sameBlock(e.world, spec.Block(i), b) {
			return false
		}
	}
	return true
}

// sameBlock compares a block of the model with one that was seen.
func sameBlock(w solo.World, b spec.Block, seen Block) bool {
	want := blockIn(w, b)
	if want.Zone == "" {
		seen.Zone = ""
	}
	return want == seen
}

// blockIn is what user space sees of a block. Zone is empty where the specification leaves it to the policy of the kernel.
func blockIn(w solo.World, b spec.Block) Block {
	if !w.Active(spec.StateAttr.Of(b)) {
		return Block{}
	}
	out := Block{Present: true, State: "offline", Online: "0"}
	switch w.Value(spec.BlockState.Of(b)) {
	case spec.MemOnline:
		out.State = "online"
		switch w.Value(onlinedAs.Of(b)) {
		case spec.TypeMovable:
			out.Zone = Movable
		case spec.TypeKernel:
			out.Zone = KernelZone
		}
	case spec.MemGoingOffline:
		out.State = "going-offline"
	}
	if w.Value(spec.DevOffline.Of(b)) == spec.False {
		out.Online = "1"
	}
	return out
}

// result is what the caller of an operation sees: a hotplug event reports success or failure only.
func result(o Op, ret spec.Errno) string {
	if o.Kind == Plug || o.Kind == Unplug {
		if ret == spec.OK {
			return "done"
		}
		return "refused"
	}
	return ret.String()
}

func describe(o Op, e end) string {
	return result(o, e.ret) + Blocks(func() (out []Block) {
		for b := range spec.Block(Slots) {
			out = append(out, blockIn(e.world, b))
		}
		return out
	}()).String()
}
