package spec

import "slices"

// Drivers and architectures reach into the paths of memory hotplug: through the memory notifier chain, the callback that
// frees onlined pages, and arch_add_memory(). An actor says what is registered on its machine by wrapping its Task.

// MemAction is what the memory notifier chain is told: include/linux/memory.h.
type MemAction uint8

// The actions of memory_notify().
const (
	GoingOnline MemAction = iota
	CancelOnline
	Online
	GoingOffline
	CancelOffline
	Offline
	// PrepareOnline comes before GoingOnline, FinishOffline after Offline and after a failure to online (c5f1e2d18909).
	PrepareOnline
	FinishOffline
)

// Callback is a notifier callback.
type Callback func(t Task, a MemAction, b Block) Errno

// Hooks are what is registered. A nil field is not.
type Hooks struct {
	// Notify are the callbacks of register_memory_notifier(), highest priority first. One that returns an
	// error to PrepareOnline, GoingOnline or GoingOffline stops the chain.
	Notify []Callback
	// NodeNotify are the callbacks of register_node_notifier(). Before 8d2882a8edb8 they are on the memory notifier chain.
	NodeNotify []Callback
	// OnlinePage is the callback of set_online_page_callback(): it is given the pages that are onlined.
	OnlinePage func(t Task, b Block)
	// ArchAdd is what the architecture does in arch_add_memory().
	ArchAdd func(t Task, b Block)
	// MemmapOnMemory tells that the block holds its own memmap.
	MemmapOnMemory bool
	// NoDrain leaves out the wait of kernfs_drain(): no kernel does, but some proofs rest on it.
	NoDrain bool
}

// WithHooks returns t with h registered, besides what t has already.
func WithHooks(t Task, h Hooks) Task {
	old := hooksOf(t)
	h.Notify = slices.Concat(old.Notify, h.Notify)
	h.NodeNotify = slices.Concat(old.NodeNotify, h.NodeNotify)
	if h.OnlinePage == nil {
		h.OnlinePage = old.OnlinePage
	}
	if h.ArchAdd == nil {
		h.ArchAdd = old.ArchAdd
	}
	h.MemmapOnMemory = h.MemmapOnMemory || old.MemmapOnMemory
	h.NoDrain = h.NoDrain || old.NoDrain
	return hooked{t, h}
}

type hooked struct {
	Task
	hooks Hooks
}

func hooksOf(t Task) Hooks {
	if h, ok := t.(hooked); ok {
		return h.hooks
	}
	return Hooks{}
}

// memoryNotify models memory_notify(). From 8d2882a8edb8 node_notify() is called before it, for the first and the last memory of a node,
// and it is told of the end of an operation first; the two chains never nest.
func memoryNotify(t Task, a MemAction, b Block) Errno {
	h := hooksOf(t)
	if len(h.Notify)+len(h.NodeNotify) == 0 {
		return OK // without callbacks it makes no difference which chain there is
	}
	if !t.Kernel().Has(NodeNotifier) {
		return callChain(t, MemoryChainLock, slices.Concat(h.Notify, h.NodeNotify), a, b)
	}
	if a == PrepareOnline || a == FinishOffline {
		return callChain(t, MemoryChainLock, h.Notify, a, b)
	}
	cancelled := a == CancelOnline || a == CancelOffline
	if !cancelled {
		if ret := callChain(t, NodeChainLock, h.NodeNotify, a, b); ret != OK {
			return ret
		}
	}
	ret := callChain(t, MemoryChainLock, h.Notify, a, b)
	if cancelled {
		callChain(t, NodeChainLock, h.NodeNotify, a, b)
	}
	return ret
}

// callChain models blocking_notifier_call_chain() of kernel/notifier.c: it reads the rwsem of the chain while the callbacks
// run, and does not touch it if nothing is registered.
func callChain(t Task, chain Lock, callbacks []Callback, a MemAction, b Block) Errno {
	if len(callbacks) == 0 {
		return OK
	}
	t.RLock(chain)
	defer t.RUnlock(chain)
	for _, f := range callbacks {
		if ret := f(t, a, b); ret != OK {
			return ret
		}
	}
	return OK
}

// onlinePageCallback is generic_online_page() unless a driver has put its own in place.
func onlinePageCallback(t Task, b Block) {
	if f := hooksOf(t).OnlinePage; f != nil {
		f(t, b)
	}
}
