package spec

import "strconv"

// Kind tells how a lock behaves.
type Kind uint8

// The kinds of lock that the kernels of this specification use.
const (
	// Mutex is an ordinary sleeping mutex.
	Mutex Kind = iota + 1
	// Rwsem is a reader-writer semaphore: a pending writer holds off new readers.
	Rwsem
	// PercpuRwsem is a percpu_rw_semaphore. For a model it is an Rwsem: percpu_down_write()
	// makes readers wait before it has the lock (kernel/locking/percpu-rwsem.c).
	PercpuRwsem
	// CounterLock is the home-made lock of memory and CPU hotplug before v4.13: a count of
	// readers and an active writer. A pending writer does not hold off readers, readers nest,
	// and the active writer may read (get_online_mems(), mm/memory_hotplug.c, v3.18).
	CounterLock
	// KernfsActive is the active reference of one kernfs node. Users share it for the time of a
	// show or a store; removal deactivates the node and drains the users (fs/kernfs/dir.c).
	KernfsActive
	// WorkItem stands for "this work item is running": single actors hold it.
	WorkItem
)

var kindNames = [...]string{
	Mutex: "mutex", Rwsem: "rwsem", PercpuRwsem: "percpu rwsem", CounterLock: "counter lock",
	KernfsActive: "kernfs active reference", WorkItem: "work item",
}

func (k Kind) String() string { return kindNames[k] }

// PendingWriterBlocksReaders tells whether a writer that waits holds off new readers.
func (k Kind) PendingWriterBlocksReaders() bool { return k == Rwsem || k == PercpuRwsem }

// ReadersNest tells whether a task may take the lock for reading while it reads already.
func (k Kind) ReadersNest() bool { return k == CounterLock || k == KernfsActive }

// WriterMayRead tells whether the holder for writing may take the lock for reading too.
func (k Kind) WriterMayRead() bool { return k == CounterLock }

// Shared tells whether the kind can be held for reading at all.
func (k Kind) Shared() bool { return k != Mutex && k != WorkItem }

// Mode is how a lock is held or requested.
type Mode uint8

// The two modes. A mutex is always held for writing.
const (
	Read Mode = iota + 1
	Write
)

func (m Mode) String() string {
	if m == Read {
		return "R"
	}
	return "W"
}

// Block is the index of a memory block device; NoBlock stands in names of global objects.
type Block int

// NoBlock marks an object that belongs to no memory block.
const NoBlock Block = -1

// Scope says how many objects of a class exist.
type Scope uint8

// A class has one object, or one for each memory block.
const (
	Global Scope = iota
	PerBlock
)

// LockClass is a class of locks: a kernel symbol and a kind of object, as lockdep has it.
type LockClass struct {
	// Name is the kernel's symbol, for example "mem_hotplug_lock".
	Name string
	// Kind is how the lock behaves, in kernels that have no entry in Before.
	Kind Kind
	// Scope is Global or PerBlock.
	Scope Scope
	// Doc says what the lock is for, and names its source file.
	Doc string
	// Before gives the kind in kernels without a change.
	Before *OlderKind
	// From and Until bound the kernels that have the lock: those with From and without Until.
	From, Until *Change
	// Aliases are other names under which traces and lockdep print the lock.
	Aliases []string
}

// OlderKind says that a lock was of another kind before a change, and of yet another before an older one.
type OlderKind struct {
	Change *Change
	Kind   Kind
	Before *OlderKind
}

// KindIn returns the kind of the lock in kernel k.
func (c *LockClass) KindIn(k Kernel) Kind {
	kind := c.Kind
	for o := c.Before; o != nil && !k.Has(o.Change); o = o.Before {
		kind = o.Kind
	}
	return kind
}

// ExistsIn tells whether kernel k has the lock.
func (c *LockClass) ExistsIn(k Kernel) bool {
	return (c.From == nil || k.Has(c.From)) && (c.Until == nil || !k.Has(c.Until))
}

// Of returns the lock of this class that belongs to block b. For a global class b is ignored.
func (c *LockClass) Of(b Block) Lock {
	if c.Scope == Global {
		b = NoBlock
	}
	return Lock{c, b}
}

// Lock is one lock object: comparable, and usable as a map key.
type Lock struct {
	Class *LockClass
	Block Block
}

func (l Lock) String() string { return objectName(l.Class.Name, l.Block) }

func objectName(class string, b Block) string {
	if b == NoBlock {
		return class
	}
	return class + "(memory" + strconv.Itoa(int(b)) + ")"
}
