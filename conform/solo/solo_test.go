package solo

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

func blockInit(name string) spec.BlockInit {
	for _, i := range spec.BlockInits() {
		if i.Name == name {
			return i
		}
	}
	panic(name)
}

func run(t *testing.T, kernel string, f func(spec.Task, spec.Block) spec.Errno, blocks ...string) ([]Run, error) {
	t.Helper()
	k, err := spec.ParseKernel(kernel)
	require.NoError(t, err)
	var inits []spec.BlockInit
	for _, b := range blocks {
		inits = append(inits, blockInit(b))
	}
	return NewMachine(k).Outcomes(spec.Actor{Name: "test", Run: f}, 0, NewWorld(inits...))
}

func actor(t *testing.T, kernel, name string) func(spec.Task, spec.Block) spec.Errno {
	t.Helper()
	k, err := spec.ParseKernel(kernel)
	require.NoError(t, err)
	a, err := spec.SelectActors(k, name)
	require.NoError(t, err)
	return a[0].Run
}

// TestEveryAnswer: each combination of answers is a run, and runs do not see one another's world.
func TestEveryAnswer(t *testing.T) {
	v := spec.AutoOnline.Of(spec.NoBlock)
	runs, err := run(t, "v6.12", func(t spec.Task, _ spec.Block) spec.Errno {
		was := t.Read(v)
		t.Write(v, spec.True)
		return spec.Errno(100*was + 10*t.Choose("a", 2) + t.Choose("b", 3))
	})
	require.NoError(t, err)
	var got []spec.Errno
	for _, r := range runs {
		got = append(got, r.Ret)
		require.Equal(t, spec.True, r.World.Value(v))
	}
	require.Equal(t, []spec.Errno{0, 1, 2, 10, 11, 12}, got)
}

// TestAlone: what a task meets that is alone.
func TestAlone(t *testing.T) {
	l, other := spec.DeviceHotplugLock, spec.MemHotplugLock
	attr := spec.StateAttr.Of(0)
	for _, tt := range []struct {
		name   string
		f      func(spec.Task) spec.Errno
		ret    spec.Errno
		broken []string
	}{
		{"a free lock", func(t spec.Task) spec.Errno { t.Lock(l); t.Unlock(l); return 7 }, 7, nil},
		{"its own lock", func(t spec.Task) spec.Errno { t.Lock(l); defer t.Unlock(l); t.Lock(l); return 7 }, 0,
			[]string{"waits for ever: device_hotplug_lock, which it holds"}},
		{"a trylock of its own lock", func(t spec.Task) spec.Errno {
			t.Lock(l)
			defer t.Unlock(l)
			if t.TryLock(l) {
				return 1
			}
			return 2
		}, 2, nil},
		{"a read trylock of its own lock", func(t spec.Task) spec.Errno {
			t.Lock(other)
			defer t.Unlock(other)
			if t.TryRLock(other) {
				return 1
			}
			return 2
		}, 2, nil},
		{"a read trylock of a free lock", func(t spec.Task) spec.Errno {
			if !t.TryRLock(other) {
				return 1
			}
			t.RUnlock(other)
			return 2
		}, 2, nil},
		{"a drain of its own reference", func(t spec.Task) spec.Errno { t.TryRLock(attr); t.Deactivate(attr); t.Drain(attr); return 7 }, 0,
			[]string{"waits for ever: kn->active#state(memory0), to which it holds a reference"}},
		{"a foreign release", func(t spec.Task) spec.Errno { t.Unlock(other); return 7 }, 0, []string{"releases mem_hotplug_lock, which it does not hold"}},
		{"a lock kept", func(t spec.Task) spec.Errno { t.Lock(l); return 7 }, 7, []string{"returns with [device_hotplug_lock] held"}},
		{"a wait for nobody", func(t spec.Task) spec.Errno { t.Wait(spec.BlockState.Of(0), spec.MemOnline); return 7 }, 0,
			[]string{"waits for ever: mem->state(memory0) becoming MEM_ONLINE"}},
		{"a bug", func(t spec.Task) spec.Errno { t.Bug("here"); return 7 }, 0, []string{"BUG: here"}},
		{"a failed assertion", func(t spec.Task) spec.Errno {
			t.Assert(spec.Presence.Of(0), spec.Absent, spec.NoOnlineOfRemoved)
			return 7
		}, 0, []string{"no-online-of-removed: presence(memory0) is not absent"}},
		{"a broken contract", func(t spec.Task) spec.Errno { defer t.Call(spec.DeviceOnline)(); return 7 }, 7,
			[]string{"device_online() requires device_hotplug_lock"}},
		{"a loop", func(t spec.Task) spec.Errno {
			p := t.Mark()
			if t.Choose("again", 2) == 1 {
				t.Again(p)
			}
			return 7
		}, 7, nil},
	} {
		runs, err := run(t, "v6.12", func(t spec.Task, _ spec.Block) spec.Errno { return tt.f(t) }, "offline")
		require.NoError(t, err, tt.name)
		require.Len(t, runs, 1, tt.name)
		require.Equal(t, tt.broken, runs[0].Broken, tt.name)
		require.Equal(t, tt.ret, runs[0].Ret, tt.name)
	}
	_, err := run(t, "v6.12", func(t spec.Task, _ spec.Block) spec.Errno {
		p := t.Mark()
		t.Write(spec.AutoOnline.Of(spec.NoBlock), spec.True)
		t.Again(p)
		return 0
	})
	require.ErrorContains(t, err, "it loops, and has changed")
	_, err = run(t, "v6.12", func(spec.Task, spec.Block) spec.Errno { panic("no") })
	require.ErrorContains(t, err, "procedure test: panic: no")
}

// TestProcedures: what stores of the specification do alone.
func TestProcedures(t *testing.T) {
	seen := func(runs []Run) (out []spec.Errno) {
		for _, r := range runs {
			require.Empty(t, r.Broken)
			out = append(out, r.Ret)
		}
		return out
	}
	// online, online_kernel, online_movable without a veto, with one, and of pages with a hardware error; offline of a block that is; another word.
	runs, err := run(t, "v6.12", actor(t, "v6.12", "state_store"), "offline")
	require.NoError(t, err)
	require.Equal(t, []spec.Errno{0, spec.EPERM, spec.EHWPOISON, 0, spec.EPERM, spec.EHWPOISON, 0, spec.EPERM, spec.EHWPOISON,
		spec.EINVAL, spec.EINVAL}, seen(runs))
	require.Equal(t, spec.MemOnline, runs[0].World.Value(spec.BlockState.Of(0)))
	require.NotEqual(t, runs[0].World.Key(), runs[1].World.Key())
	runs, err = run(t, "v6.12", actor(t, "v6.12", "online_store"), "absent")
	require.NoError(t, err)
	require.Equal(t, []spec.Errno{spec.ENODEV}, seen(runs))
	// A driver that offlines its block and removes it may fail to offline it.
	runs, err = run(t, "v6.12", actor(t, "v6.12", "driver_remove"), "online")
	require.NoError(t, err)
	require.Contains(t, seen(runs), spec.OK)
}

// TestRequests: the locks of a store, with those that are held; trylocks are none.
func TestRequests(t *testing.T) {
	runs, err := run(t, "v6.12", actor(t, "v6.12", "online_store"), "offline")
	require.NoError(t, err)
	var got []string
	for _, r := range runs[len(runs)-3].Requests {
		got = append(got, r.Lock.String()+" "+r.Mode.String())
	}
	require.Equal(t, []string{"device_lock(memory0) W", "cpu_hotplug_lock R", "mem_hotplug_lock W"}, got)
	require.Len(t, runs[len(runs)-3].Requests[2].Held, 4)

	// A drain is a wait, too.
	var drained []Request
	runs, err = run(t, "v6.12", func(t spec.Task, b spec.Block) spec.Errno {
		t.Lock(spec.MemHotplugLock)
		defer t.Unlock(spec.MemHotplugLock)
		t.Drain(spec.StateAttr.Of(b))
		return spec.OK
	}, "offline")
	require.NoError(t, err)
	for _, r := range runs {
		drained = append(drained, r.Requests[1:]...)
	}
	require.Len(t, drained, 1)
	require.Equal(t, "kn->active#state(memory0)", drained[0].Lock.String())
	require.Equal(t, "mem_hotplug_lock", drained[0].Held[0].String())
}
