package behave

import (
	"fmt"
	"slices"
	"strconv"

	"memhp/conform/solo"
	"memhp/spec"
)

// Start is what a guest is when it has booted.
type Start struct {
	// EarlyPages is how many pages its zones have: present_early_pages of struct zone.
	EarlyPages int
	// MovableNode tells that it was booted with movable_node.
	MovableNode bool
	// Zones tells that its memory is in ZONE_DMA and ZONE_DMA32, as it is with Debian's configuration. If not, zones are not predicted.
	Zones bool
	// Lacks are the kinds of operations that it cannot do: a kernel may be without virtio-mem, online policies, or errors of notifiers.
	Lacks []Kind
}

// Model is what a kernel of the specification may be in after a sequence of operations.
type Model struct {
	kernel spec.Kernel
	actors map[string]spec.Actor
	states []state
	// veto has the errno, a negative number, by which a notifier vetoes an action.
	veto map[string]string
	// zones tells that zones are predicted.
	zones bool
}

// NewModel returns the model of a kernel on which nothing is plugged and nothing is onlined by itself.
func NewModel(k spec.Kernel, start Start) *Model {
	inits := spec.BlockInits()
	absent, online := inits[0], inits[2]
	first := slices.Repeat([]spec.BlockInit{absent}, blocks())
	boot := device(Boot)
	for i := range boot.blocks() {
		first[boot.block(i)] = online
	}
	s := state{world: solo.NewWorld(first...), dimms: map[string]string{}, mems: map[string]virtioMem{SubBlocks: {}, BigBlocks: {}},
		start: start, policy: contigZones, ratio: 301, auto: "offline", pinned: spec.NoBlock}
	for i := range boot.blocks() {
		if b := boot.block(i); i > 0 {
			s.world.Set(zoneVar.Of(b), dma32)
		}
	}
	return &Model{kernel: k, actors: map[string]spec.Actor{}, states: []state{s}, veto: map[string]string{},
		zones: start.Zones && !k.Base().Before(zonesSince)}
}

// actor returns an entry point of the kernel.
func (m *Model) actor(name string) (spec.Actor, error) {
	if a, ok := m.actors[name]; ok {
		return a, nil
	}
	actors, err := spec.SelectActors(m.kernel, name)
	if err != nil {
		return spec.Actor{}, err
	}
	m.actors[name] = actors[0]
	return actors[0], nil
}

// do is one run of an operation, with all that it sets off.
func (r *run) do(o Op) string {
	r.mayRetry()
	r.work()
	result := spec.OK.String()
	switch o.Kind {
	case Plug:
		result = r.plug(o.On, o.Word)
	case Unplug:
		result = r.unplug(o.On)
	case Resize:
		mb, _ := strconv.Atoi(o.Word)
		result = r.resize(o.On, mb)
	case State, Online:
		result = r.write(o)
	case AutoOnline:
		result = r.autoOnline(o.Word)
	case Policy, Ratio:
		result = r.parameter(o)
	case Pin:
		r.pin()
	case Unpin:
		r.holds, r.pinned = false, spec.NoBlock
	}
	r.mayRetry()
	r.work()
	return result
}

// autoOnline is a write to auto_online_blocks: the specification knows whether blocks are onlined, not as what. 5.6.4 knows the words offline and
// online alone, 5.8.1 all four; 5.7 was not read.
func (r *run) autoOnline(word string) string {
	const offline, online, other = 0, 1, 2
	answer := online
	switch {
	case word == "offline":
		answer = offline
	case word == "bogus", word != "online" && r.kernel.Base().Before(spec.Release{Major: 5, Minor: 7}):
		answer = other
	}
	ret := r.call("auto_online_store", spec.NoBlock, map[string]int{askAuto: answer})
	if ret == spec.OK {
		r.auto = word
	}
	return ret.String()
}

// parameter is a write to a parameter of mm/memory_hotplug.c: set_online_policy(), and param_set_uint() of kernel/params.c.
func (r *run) parameter(o Op) string {
	n, err := strconv.Atoi(o.Word)
	switch {
	case o.Kind == Policy && o.Word != "bogus":
		r.policy = o.Word
	case o.Kind == Ratio && err == nil:
		r.ratio = n
	default:
		return spec.EINVAL.String()
	}
	return spec.OK.String()
}

// pin makes the kernel allocate pages that cannot move. It takes them from ZONE_NORMAL if that has any (the zonelists go from the highest zone
// down: build_zonerefs_node(), mm/page_alloc.c); so if one block is in it, they are in that.
func (r *run) pin() {
	if r.holds {
		return
	}
	r.holds = true
	for b := range spec.Block(blocks()) {
		if r.zone(b) != normal || r.pagesOf(b) == reserved {
			continue
		}
		if r.pinned != spec.NoBlock {
			r.pinned = spec.NoBlock
			return
		}
		r.pinned = b
	}
}

// ends returns every end that the specification has for an operation.
func (m *Model) ends(o Op, c circumstances) ([]end, error) {
	switch o.Kind {
	case Veto:
		var action, errno string
		_, _ = fmt.Sscanf(o.Word, "%s %s", &action, &errno) // Words are well-formed
		m.veto[action] = errno
	case Allow:
		delete(m.veto, o.Word)
	}
	var out []end
	known := map[string]bool{}
	for _, s := range m.states {
		ends, err := m.explore(s, c, func(r *run) string { return r.do(o) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o, err)
		}
		for _, e := range ends {
			if key := e.result + e.state.key(); !known[key] {
				known[key] = true
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// maxStates bounds the states that a kernel may be in, as far as could be seen.
const maxStates = 256

// step keeps the states that agree with what an operation returned and left. It tells what the specification predicted, and whether any is left.
func (m *Model) step(o Op, seen Seen) (predicted []Seen, agrees bool, err error) {
	ends, err := m.ends(o, circumstances{seen.Interrupted, seen.Late})
	if err != nil {
		return nil, false, err
	}
	var states []state
	for _, e := range ends {
		p := Seen{Result: e.result, Facts: m.facts(e.state)}
		if !slices.ContainsFunc(predicted, p.equal) {
			predicted = append(predicted, p)
		}
		if p.agrees(seen) {
			states = append(states, e.state)
		}
	}
	if len(states) > maxStates {
		return nil, false, fmt.Errorf("after %s the kernel may be in more than %d states", o, maxStates)
	}
	m.states = states
	return predicted, len(states) > 0, nil
}

// facts is what user space sees of a state.
func (m *Model) facts(s state) Facts {
	out := Facts{"auto_online_blocks": s.auto}
	for name, mem := range s.mems {
		out[name] = MiB(mem.plugged)
	}
	for b := range spec.Block(blocks()) {
		name := blockName(b)
		out[name] = Absent
		if !s.present(b) {
			if m.zones {
				out[name+zonesFact] = ""
			}
			continue
		}
		out[name] = m.blockText(s, b)
		if m.zones {
			out[name+zonesFact] = m.zonesText(s, b)
		}
	}
	return out
}

// blockText is what state and online of a block say.
func (m *Model) blockText(s state, b spec.Block) string {
	names := map[int]string{spec.MemOnline: "online", spec.MemOffline: "offline", spec.MemGoingOffline: "going-offline"}
	online := "0"
	if s.world.Value(spec.DevOffline.Of(b)) == spec.False {
		online = "1"
	}
	return BlockText(names[s.world.Value(spec.BlockState.Of(b))], online)
}

// zonesText is what valid_zones and removable of a block say. All blocks are removable for a kernel with CONFIG_MEMORY_HOTREMOVE: removable_show(),
// drivers/base/memory.c, since 53cdc1cb29e8.
func (m *Model) zonesText(s state, b spec.Block) string { return ZonesText(s.validZones(b), "1") }
