package sim_test

import (
	"context"
	"fmt"

	"memhp/sim"
	"memhp/spec"
)

// A driver of one's own, checked together with the actors of a kernel: it onlines what it adds, and forgot the gate.
func Example() {
	kernel, err := spec.ParseKernel("v4.20+d2ab99403ee0+eca499ab3749")
	if err != nil {
		panic(err)
	}
	myDriver := spec.Actor{Name: "my_driver", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		if ret := spec.DoAddMemory(t, b); ret != spec.OK {
			return ret
		}
		return spec.DoDeviceOnline(t, b)
	}}
	core, err := spec.SelectActors(kernel, "state_store,acpi_eject")
	if err != nil {
		panic(err)
	}
	result, err := sim.Check(context.Background(), sim.Config{Kernel: kernel, Actors: append(core, myDriver), Tasks: 2, Blocks: 1})
	if err != nil {
		panic(err)
	}
	for _, v := range result.Violations {
		if v.Invariant == spec.NoDeadlock.ID || v.Invariant == spec.DeviceHotplugHeld.ID {
			fmt.Println(v.Invariant, v.Actors, v.Function)
		}
	}
	// Output:
	// device-hotplug-lock-held [my_driver] device_online
	// no-deadlock [acpi_eject my_driver] bus_remove_device, mem_hotplug_begin
	// no-deadlock [my_driver my_driver] bus_probe_device, mem_hotplug_begin
}

// The same driver with the gate is right.
func Example_repaired() {
	kernel, err := spec.ParseKernel("v4.20+d2ab99403ee0+eca499ab3749")
	if err != nil {
		panic(err)
	}
	myDriver := spec.Actor{Name: "my_driver", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		spec.DoLockDeviceHotplug(t)
		defer spec.DoUnlockDeviceHotplug(t)
		if ret := spec.DoAddMemoryLocked(t, b); ret != spec.OK {
			return ret
		}
		return spec.DoDeviceOnline(t, b)
	}}
	core, err := spec.SelectActors(kernel, spec.GroupCore)
	if err != nil {
		panic(err)
	}
	result, err := sim.Check(context.Background(), sim.Config{Kernel: kernel, Actors: append(core, myDriver), Tasks: 2, Blocks: 1})
	if err != nil {
		panic(err)
	}
	fmt.Println("holds:", result.Holds())
	// Output:
	// holds: true
}
