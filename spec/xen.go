package spec

// The Xen balloon: drivers/xen/balloon.c.

// XenBalloon is the lock of the Xen balloon.
var XenBalloon = &LockClass{Name: "balloon_mutex", Kind: Mutex, Doc: "protects the Xen balloon; drivers/xen/balloon.c"}

var balloonMutex = XenBalloon.Of(NoBlock)

// xenBalloonWorker models balloon_process() and reserve_additional_memory(). From 8df1d0e4a265 it takes
// device_hotplug_lock around add_memory_resource(), which is what add_memory() does.
func xenBalloonWorker(t Task, b Block) Errno {
	t.Lock(balloonMutex)
	defer t.Unlock(balloonMutex)
	if t.Kernel().Has(XenDropMutex) {
		t.Unlock(balloonMutex)
		defer t.Lock(balloonMutex)
	}
	return addMemory(onXen(t), b)
}

// xenOnline is user space that onlines a block on Xen.
func xenOnline(t Task, b Block) Errno { return underGate(onXen(t), b, deviceOnline) }

func onXen(t Task) Task { return WithHooks(t, Hooks{OnlinePage: xenOnlinePage}) }

// xenOnlinePage models xen_online_page(): pages that come online go into the balloon.
func xenOnlinePage(t Task, _ Block) {
	t.Lock(balloonMutex)
	t.Unlock(balloonMutex)
}

var xenBalloonWork = &LockClass{Name: "xen_balloon_wq", Kind: WorkItem, Doc: "balloon_worker; drivers/xen/balloon.c"}

func xenActors() []Actor {
	xen := []string{"x86", "arm64"}
	return inGroup(GroupPlatform,
		Actor{Name: "xen_balloon", Doc: "the Xen balloon adds memory", PerBlock: true, Single: xenBalloonWork, Platforms: xen, Run: xenBalloonWorker},
		Actor{Name: "xen_online", Doc: "user space onlines a block on Xen", PerBlock: true, Platforms: xen, Run: xenOnline},
	)
}
