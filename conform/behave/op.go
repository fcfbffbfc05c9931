package behave

import (
	"fmt"
	"strings"
)

// Kind is what an operation does.
type Kind string

// The kinds of operations.
const (
	Plug       Kind = "plug"        // a DIMM of Word into the slot
	Unplug     Kind = "unplug"      // request its eject
	Resize     Kind = "resize"      // request Word MiB of the virtio-mem device
	State      Kind = "state"       // write Word to the block's state
	Online     Kind = "online"      // write Word to the block's online
	AutoOnline Kind = "auto_online" // write Word to auto_online_blocks
	Policy     Kind = "policy"      // write Word to memory_hotplug.online_policy
	Ratio      Kind = "ratio"       // write Word to memory_hotplug.auto_movable_ratio
	Veto       Kind = "veto"        // a notifier vetoes from now on: Word is the action and the errno
	Allow      Kind = "allow"       // and no longer: Word is the action
	Pin        Kind = "pin"         // user space makes the kernel allocate pages that cannot move
	Unpin      Kind = "unpin"       // and frees them
)

// Op is one operation. Sequences are plain data: any part of one is one too, which is what shrinking needs.
type Op struct {
	Kind Kind `json:"kind"`
	// On is the block or the device that it is about, if any.
	On   string `json:"on,omitempty"`
	Word string `json:"word,omitempty"`
}

func (o Op) String() string {
	switch o.Kind {
	case Unplug, Pin, Unpin:
		return strings.TrimSpace(fmt.Sprintf("%s %s", o.Kind, o.On))
	case Plug:
		return fmt.Sprintf("plug %s: %s MiB", o.On, o.Word)
	case Resize:
		return fmt.Sprintf("resize %s to %s MiB", o.On, o.Word)
	case State, Online:
		return fmt.Sprintf("%s of %s <- %s", o.Kind, o.On, o.Word)
	case Veto, Allow:
		return fmt.Sprintf("%s %s", o.Kind, o.Word)
	}
	return fmt.Sprintf("%s <- %s", o.Kind, o.Word)
}

// OnVirtioMem tells that an operation may set the worker of a virtio-mem device to work.
func (o Op) OnVirtioMem() bool {
	b, ok := blockNamed(o.On)
	return o.Kind == Resize || ok && deviceOf(b).Unit > 0
}

// What says what an operation does, but not to which block.
func (o Op) What() string {
	if d, ok := blockNamed(o.On); ok {
		o.On = "a block of " + deviceOf(d).Name
	}
	return o.String()
}

// Words are what an operation of a kind can say, in the order of the specification's own choices where it has one. DIMMs are of whole blocks
// and not, and one starts inside a block. The actions of a notifier are those of include/linux/memory.h that can be vetoed.
func Words(k Kind) []string {
	switch k {
	case Plug:
		return []string{"128", "256", "384", "64", "192", "128 at 64"}
	case Resize:
		return []string{"0", "64", "128", "192", "256", "384", "512", "100"}
	case State:
		return []string{"online", "online_kernel", "online_movable", "offline", "bogus"}
	case Online:
		return []string{"0", "1", "x"}
	case AutoOnline:
		return []string{"offline", "online", "online_kernel", "online_movable", "bogus"}
	case Policy:
		return []string{contigZones, autoMovable, "bogus"}
	case Ratio:
		return []string{"301", "50", "0", "x"}
	case Veto:
		return []string{goingOnline + " -1", goingOnline + " -16", goingOffline + " -12", goingOffline + " -16"}
	case Allow:
		return []string{goingOnline, goingOffline}
	}
	return nil
}

// The actions that a notifier can veto, and the policies of onlining.
const (
	goingOnline  = "MEM_GOING_ONLINE"
	goingOffline = "MEM_GOING_OFFLINE"
	contigZones  = "contig-zones"
	autoMovable  = "auto-movable"
)

// Format writes a sequence on one line.
func Format(ops []Op) string {
	var out []string
	for _, o := range ops {
		out = append(out, o.String())
	}
	return strings.Join(out, "; ")
}
