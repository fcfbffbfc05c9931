package spec

const lockingInternals = "Documentation/core-api/memory-hotplug.rst, Locking Internals (dee6da22efac)"

// The invariants. Their formal statements are in docs/semantics.md.
var (
	PagesUnderMemHotplug = &Invariant{ID: "pages-under-mem-hotplug-lock",
		Statement: "zone, node and memmap changes of online_pages()/offline_pages() happen only while the same task holds mem_hotplug_lock for writing",
		Reason:    "readers of get_online_mems() and other writers rely on it",
		Source:    "381eab4a6ee8; " + lockingInternals}
	AddRemoveUnderMemHotplug = &Invariant{ID: "add-remove-under-mem-hotplug-lock",
		Statement: "arch_add_memory() and arch_remove_memory(), of memory with and without block devices, run only while the same task holds mem_hotplug_lock for writing",
		Reason:    "two tasks that populate the same page tables, or a reader that walks them, go wrong",
		Source:    "f931ab479dd2; " + lockingInternals}
	DeviceHotplugHeld = &Invariant{ID: "device-hotplug-lock-held",
		Statement: "device_online()/device_offline() of memory blocks, and adding and removing memory with block devices, happen under device_hotplug_lock",
		Reason:    "it is the gate that makes the two orders of device_lock() and mem_hotplug_lock harmless",
		Source:    "8df1d0e4a265, d15e59260f62; " + lockingInternals}
	LockOrder = &Invariant{ID: "lock-order",
		Statement: "no cycle of lock classes whose edges different tasks could hold at once; a cycle with two edges requested under a common gate lock is harmless",
		Reason:    "a cycle that can be held at once is a deadlock",
		Source:    "30467e0b3be8; Documentation/locking/lockdep-design.rst"}
	DeclaredOrder = &Invariant{ID: "declared-order",
		Statement: "every edge of the lock order that a path makes is in the order text, with its guard",
		Reason:    "an edge that nobody wrote down is one that nobody thought about",
		Source:    "spec/order.txt"}
	NoDeadlock = &Invariant{ID: "no-deadlock",
		Statement: "no reachable state has a set of tasks that can never move",
		Reason:    "such tasks hang until reboot",
		Source:    "30467e0b3be8"}
	NoRecursion = &Invariant{ID: "no-recursion",
		Statement: "no task takes a lock that it holds, unless that kind of lock allows it",
		Reason:    "it waits for itself, at once or as soon as a writer is pending between two reads",
		Source:    "kernel/locking; 3f906ba23689 for mem_hotplug_lock"}
	LocksBalanced = &Invariant{ID: "locks-balanced",
		Statement: "no lock is released by a task that does not hold it, and none is held when a task returns to user space or a work item ends",
		Reason:    "a foreign release breaks someone else's critical section",
		Source:    "d2ab99403ee0, b4223a510e2a"}
	BlockDeviceAgree = &Invariant{ID: "block-device-agree",
		Statement: "for every block visible to user space, whenever neither its device_lock nor device_hotplug_lock is held, dev->offline == (mem->state == MEM_OFFLINE)",
		Reason:    "a block whose two states differ cannot be offlined or onlined from user space",
		Source:    "dc18d706a436"}
	ReadersSeeStable = &Invariant{ID: "readers-see-stable-memory",
		Statement: "between get_online_mems() and put_online_mems() present pages, section online bits and memmap do not change",
		Reason:    "it is what the read side of mem_hotplug_lock promises",
		Source:    "381eab4a6ee8; " + lockingInternals}
	NoOnlineOfRemoved = &Invariant{ID: "no-online-of-removed",
		Statement: "no task onlines a block during or after its removal, nor before the adding task has finished adding it",
		Reason:    "half-added or removed memory has no node, no links, or no memmap",
		Source:    "8df1d0e4a265, d15e59260f62"}
	NoBug = &Invariant{ID: "no-bug",
		Statement: "no BUG() or BUG_ON() of the source is reached",
		Reason:    "the kernel dies",
		Source:    "eca499ab3749"}
	Progress = &Invariant{ID: "progress",
		Statement: "no fair run in which, from some point on, operations are in progress, none ends and no new one starts",
		Reason:    "tasks that keep one another busy for ever, or that try again for ever with a lock held, hang the machine like a deadlock",
		Source:    "9a1ea439b16b; 5e33bc4165f3, which answers a trylock that fails with a restart"}
)

// Invariants returns every invariant.
func Invariants() []*Invariant {
	return []*Invariant{PagesUnderMemHotplug, AddRemoveUnderMemHotplug, DeviceHotplugHeld, LockOrder, DeclaredOrder,
		NoDeadlock, NoRecursion, LocksBalanced, BlockDeviceAgree, ReadersSeeStable, NoOnlineOfRemoved, NoBug, Progress}
}

// Agreement is a predicate over states that block-device-agree states for block b.
type Agreement struct {
	// Invariant is the rule that a state breaks in which Holds is false.
	Invariant *Invariant
	// Vars, Locks and Nodes are what the predicate looks at: values, what is held, and which kernfs nodes are active.
	Vars         func(b Block) []Var
	Locks, Nodes func(b Block) []Lock
	// Holds tells whether the state keeps the rule for block b.
	Holds func(s State, b Block) bool
	// Why explains which conjunct is false in a state that breaks the rule.
	Why func(s State, b Block) string
}

// Agreements returns the predicates over states.
func Agreements() []Agreement {
	return []Agreement{{
		Invariant: BlockDeviceAgree,
		Vars:      func(b Block) []Var { return []Var{BlockState.Of(b), DevOffline.Of(b)} },
		Locks:     func(b Block) []Lock { return []Lock{DeviceLock.Of(b), DeviceHotplugLock} },
		Nodes:     func(b Block) []Lock { return []Lock{StateAttr.Of(b)} },
		Holds: func(s State, b Block) bool {
			if !s.Active(StateAttr.Of(b)) || s.Held(DeviceLock.Of(b)) || s.Held(DeviceHotplugLock) {
				return true
			}
			return (s.Value(DevOffline.Of(b)) == True) == (s.Value(BlockState.Of(b)) == MemOffline)
		},
		Why: func(s State, b Block) string {
			v, d := BlockState.Of(b), DevOffline.Of(b)
			return d.String() + " is " + d.ValueName(s.Value(d)) + " and " + v.String() + " is " +
				v.ValueName(s.Value(v)) + ", with nobody holding " + DeviceLock.Of(b).String() + " or device_hotplug_lock"
		},
	}}
}
