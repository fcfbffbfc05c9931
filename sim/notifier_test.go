package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// c5f1e2d18909 tells the memory notifier chain before a block is onlined and after it is offline; 300709fbefd1 takes that back.
func TestPrepareOnlineAndFinishOffline(t *testing.T) {
	listener := func(wanted spec.MemAction) spec.Actor {
		heard := func(t spec.Task, a spec.MemAction, _ spec.Block) spec.Errno {
			if a == wanted {
				t.Bug("heard")
			}
			return spec.OK
		}
		return spec.Actor{Name: "listener", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
			t = spec.WithHooks(t, spec.Hooks{Notify: []spec.Callback{heard}})
			spec.DoLockDeviceHotplug(t)
			defer spec.DoUnlockDeviceHotplug(t)
			if t.Read(spec.Presence.Of(b)) != spec.Present {
				return spec.ENODEV
			}
			if ret := spec.DoDeviceOnline(t, b); ret < spec.OK {
				return ret
			}
			return spec.DoDeviceOffline(t, b)
		}}
	}
	for kernel, told := range map[string]bool{"v6.8": false, "v6.9": true, "v6.12": true, "v6.18": true, "v6.19": false} {
		for _, a := range []spec.MemAction{spec.PrepareOnline, spec.FinishOffline} {
			r := check(t, sim.Config{Kernel: mustKernel(t, kernel), Actors: []spec.Actor{listener(a)}, Tasks: 1, Blocks: 1})
			require.Equal(t, told, len(find(r, spec.NoBug, "listener")) > 0, kernel)
		}
	}
}
