package sim_test

import (
	"context"
	"fmt"
	"os"

	"memhp/report"
	"memhp/sim"
	"memhp/spec"
)

// verdict checks actors of one's own together with some of a kernel, two tasks on one block, and prints what is broken.
func verdict(kernel, actors string, own ...spec.Actor) {
	k, err := spec.ParseKernel(kernel)
	if err != nil {
		fmt.Println(err)
		return
	}
	theirs, err := spec.SelectActors(k, actors)
	if err != nil {
		fmt.Println(err)
		return
	}
	print2x1(k, append(theirs, own...))
}

func print2x1(k spec.Kernel, actors []spec.Actor) {
	r, err := sim.Check(context.Background(), sim.Config{Kernel: k, Actors: actors, Tasks: 2, Blocks: 1})
	switch {
	case err != nil:
		fmt.Println(err)
	case r.Holds():
		fmt.Println("every rule holds")
	default:
		for _, v := range r.Violations {
			fmt.Println(v)
		}
	}
}

// A violation has the shortest interleaving that shows it; package report prints it.
func Example_trace() {
	k, err := spec.ParseKernel("v6.12")
	if err != nil {
		panic(err)
	}
	leaky := spec.Actor{Name: "leaky", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		t.Lock(myMutex)
		if t.Choose("kmalloc() fails", 2) == 1 {
			return spec.ENOMEM
		}
		t.Unlock(myMutex)
		return spec.OK
	}}
	r, err := sim.Check(context.Background(), sim.Config{Kernel: k, Actors: []spec.Actor{leaky}, Tasks: 1, Blocks: 1})
	if err != nil {
		panic(err)
	}
	for _, v := range r.Violations {
		if err := report.Interleaving(os.Stdout, report.Style{}, v); err != nil {
			panic(err)
		}
	}
	// Output:
	// T1 leaky
	//      1  lock my_mutex in leaky()
	//           holds my_mutex
	//      2  kmalloc() fails in leaky()
	// >>   3  return -ENOMEM in leaky()
	//
	// >> locks-balanced is broken at 3
	//    rule     no lock is released by a task that does not hold it, and none is held when a task
	//             returns to user space or a work item ends
	//    false    it returns with [my_mutex] held
	//    because  a foreign release breaks someone else's critical section (d2ab99403ee0, b4223a510e2a)
}

// A driver onlines the memory that it adds, and forgot the gate.
func Example() {
	myDriver := spec.Actor{Name: "my_driver", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		if ret := spec.DoAddMemory(t, b); ret != spec.OK {
			return ret
		}
		return spec.DoDeviceOnline(t, b)
	}}
	verdict("v6.12", "acpi_eject", myDriver)
	// Output:
	// device-hotplug-lock-held by my_driver in device_online: device_online() requires device_hotplug_lock, which its caller does not hold
	// lock-order by acpi_eject, my_driver in device_del, mem_hotplug_begin: acpi_eject (device_del) requests device_lock with mem_hotplug_lock held; my_driver (mem_hotplug_begin) requests mem_hotplug_lock with device_lock held; no gate lock is held for writing by two of them
	// no-deadlock by acpi_eject, my_driver in device_del, mem_hotplug_begin: T1 waits for mem_hotplug_lock, which T2 holds; T2 waits for device_lock(memory0), which T1 holds
	// no-deadlock by acpi_eject, my_driver in bus_remove_device, mem_hotplug_begin: T1 waits for mem_hotplug_lock, which T2 holds; T2 waits for device_lock(memory0), which T1 holds
	// no-deadlock by my_driver, my_driver in bus_probe_device, mem_hotplug_begin: T1 waits for mem_hotplug_lock, which T2 holds; T2 waits for device_lock(memory0), which T1 holds
	// no-online-of-removed by my_driver in online_pages: presence(memory0) is removing, not present
	// no-bug by acpi_eject in __remove_memory: BUG() in __remove_memory(): try_remove_memory() failed
}

// The same driver with the gate is right.
func Example_repaired() {
	myDriver := spec.Actor{Name: "my_driver", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		spec.DoLockDeviceHotplug(t)
		defer spec.DoUnlockDeviceHotplug(t)
		if ret := spec.DoAddMemoryLocked(t, b); ret != spec.OK {
			return ret
		}
		return spec.DoDeviceOnline(t, b)
	}}
	verdict("v6.12", spec.GroupCore, myDriver)
	// Output:
	// every rule holds
}

// The reviewer of a patch to memory_probe_store() puts the patched function in the place of the kernel's, wherever it is called.
func Example_patch() {
	v420, err := spec.ParseKernel("v4.20")
	if err != nil {
		panic(err)
	}
	actors, err := spec.SelectActors(v420, "probe_store,online_show")
	if err != nil {
		panic(err)
	}
	print2x1(v420, actors)
	print2x1(v420, spec.Replace(actors, spec.ProbeStore, func(t spec.Task, b spec.Block) (errno spec.Errno) {
		defer t.Call(spec.ProbeStore)(&errno)
		restart := t.Mark()
		if spec.DoLockDeviceHotplugSysfs(t) != spec.OK {
			t.Again(restart) // and no unlock: this is the patch
		}
		defer spec.DoUnlockDeviceHotplug(t)
		return spec.DoAddMemoryLocked(t, b)
	}))
	// Output:
	// locks-balanced by probe_store in probe_store: it releases device_hotplug_lock, which it does not hold
	// every rule holds
}

// A patch may call the function that it replaces. This one lets online_pages() of v4.1 take mem_hotplug_lock; state_store has it already.
func Example_patchThatRecurs() {
	v41, err := spec.ParseKernel("v4.1")
	if err != nil {
		panic(err)
	}
	actors, err := spec.SelectActors(v41, "state_store")
	if err != nil {
		panic(err)
	}
	print2x1(v41, spec.Replace(actors, spec.OnlinePages, func(t spec.Task, b spec.Block) spec.Errno {
		spec.DoMemHotplugBegin(t)
		defer spec.DoMemHotplugDone(t)
		return spec.DoOnlinePages(t, b)
	}))
	// Output:
	// no-recursion by state_store in mem_hotplug_begin: mem_hotplug_begin() must not be called under mem_hotplug_lock, which its caller holds
}

// onliner is a driver that onlines a block with a callback of its own on the memory notifier chain.
func onliner(callback spec.Callback) spec.Actor {
	return spec.Actor{Name: "onliner", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t = spec.WithHooks(t, spec.Hooks{Notify: []spec.Callback{callback}})
		spec.DoLockDeviceHotplug(t)
		defer spec.DoUnlockDeviceHotplug(t)
		if t.Read(spec.Presence.Of(b)) != spec.Present {
			return spec.ENODEV
		}
		return spec.DoDeviceOnline(t, b)
	}}
}

// A notifier callback walks the online memory under get_online_mems(), but the chain is called with mem_hotplug_lock held for writing.
func Example_recursion() {
	verdict("v6.12", "online_show", onliner(func(t spec.Task, _ spec.MemAction, _ spec.Block) spec.Errno {
		t.RLock(spec.MemHotplugLock)
		defer t.RUnlock(spec.MemHotplugLock)
		return spec.OK
	}))
	// Output:
	// no-recursion by onliner in memory_block_online: it takes mem_hotplug_lock, which it holds
}

// Repaired: the callback only says that there is work, and a worker walks the memory.
func Example_recursionRepaired() {
	work := spec.NewVar("work", "none", "queued")
	verdict("v6.12", "online_show", onliner(func(t spec.Task, _ spec.MemAction, _ spec.Block) spec.Errno {
		t.Write(work, 1)
		return spec.OK
	}), spec.Actor{Name: "worker", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		if t.Swap(work, 1, 0) {
			t.RLock(spec.MemHotplugLock)
			t.RUnlock(spec.MemHotplugLock)
		}
		return spec.OK
	}})
	// Output:
	// every rule holds
}

// The objects of a driver that stops its worker.
var (
	myMutex = spec.NewLock("my_mutex", spec.Mutex)
	running = spec.NewVar("worker", "stopped", "running")
)

// worker needs my_mutex before it can stop.
var worker = spec.Actor{Name: "worker", Single: &spec.LockClass{Name: "my_wq", Kind: spec.WorkItem}, Run: func(t spec.Task, _ spec.Block) spec.Errno {
	t.Write(running, 1)
	t.Lock(myMutex)
	t.Unlock(myMutex)
	t.Write(running, 0)
	return spec.OK
}}

// A driver waits for its worker with the mutex held that the worker wants.
func Example_waitUnderALock() {
	verdict("v6.12", "online_show", worker, spec.Actor{Name: "stop", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		t.Lock(myMutex)
		t.Wait(running, 0)
		t.Unlock(myMutex)
		return spec.OK
	}})
	// Output:
	// no-deadlock by stop, worker in stop, worker: T1 waits for my_mutex, which T2 holds; T2 waits until worker is stopped, which no task that can still move writes
}

// Repaired: it lets go of the mutex first.
func Example_waitRepaired() {
	verdict("v6.12", "online_show", worker, spec.Actor{Name: "stop", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		t.Lock(myMutex)
		t.Unlock(myMutex)
		t.Wait(running, 0)
		return spec.OK
	}})
	// Output:
	// every rule holds
}

// The objects of a driver that is asked to eject a block, and a rule of its own.
var (
	eject  = spec.NewVar("eject", "done", "requested")
	noLoss = &spec.Invariant{ID: "no-eject-lost", Statement: "whoever asks for an eject gets one"}
)

// ejector returns the driver; take says how it takes device_hotplug_lock, and whether it has it.
func ejector(take func(t spec.Task) bool) spec.Actor {
	return spec.Actor{Name: "ejector", Single: &spec.LockClass{Name: "eject_wq", Kind: spec.WorkItem}, Run: func(t spec.Task, _ spec.Block) spec.Errno {
		t.Write(eject, 1)
		if take(t) {
			t.Write(eject, 0)
			spec.DoUnlockDeviceHotplug(t)
		}
		t.Assert(eject, 0, noLoss)
		return spec.OK
	}}
}

// A trylock that fails drops the work. A rule of one's own says so.
func Example_trylock() {
	verdict("v6.12", "online_store", ejector(func(t spec.Task) bool { return t.TryLock(spec.DeviceHotplugLock) }))
	// Output:
	// no-eject-lost by ejector in ejector: eject is requested, not done
}

// Repaired: it tries again. Mark and Again make a loop.
func Example_trylockRepaired() {
	verdict("v6.12", "online_store", ejector(func(t spec.Task) bool {
		again := t.Mark()
		if !t.TryLock(spec.DeviceHotplugLock) {
			t.Again(again)
		}
		return true
	}))
	// Output:
	// every rule holds
}

// A lock is leaked on an error path.
func Example_leak() {
	verdict("v6.12", "online_show", spec.Actor{Name: "my_driver", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t.Lock(myMutex)
		if ret := spec.DoAddMemory(t, b); ret != spec.OK {
			return ret
		}
		t.Unlock(myMutex)
		return spec.OK
	}})
	// Output:
	// locks-balanced by my_driver in my_driver: it returns with [my_mutex] held
}

// Repaired: defer is just Go.
func Example_leakRepaired() {
	verdict("v6.12", "online_show", spec.Actor{Name: "my_driver", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		t.Lock(myMutex)
		defer t.Unlock(myMutex)
		return spec.DoAddMemory(t, b)
	}})
	// Output:
	// every rule holds
}
