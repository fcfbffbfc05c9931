package spec

// Bugs of callbacks on the notifier chains.

func notifierBugs() []Bug {
	return []Bug{
		{ID: "B19", Title: "KSM and CPU hotplug deadlock through lru_add_drain_all()", Fix: []*Change{DrainWithoutCPULock},
			Story: "ksmd holds ksm_thread_mutex when lru_add_drain_all() reads cpu_hotplug_lock; offlining holds cpu_hotplug_lock for reading when KSM's callback takes " +
				"ksm_thread_mutex. A pending CPU hotplug holds off ksmd. The repair drops the lock from lru_add_drain_all().",
			Source: "9852a7212324; mm/ksm.c and mm/swap.c of v4.14.74", Unverified: "the changelog cites another report; that the repair ends this one is from the source",
			Scenarios: []Scenario{{Before: "v4.14", After: "v4.14+9852a7212324", Actors: "ksmd,ksm_offline,cpu_up", Tasks: 3,
				Breaks: []*Invariant{NoDeadlock, LockOrder}, By: []string{"cpu_up", "ksm_offline", "ksmd"}}}},
	}
}
