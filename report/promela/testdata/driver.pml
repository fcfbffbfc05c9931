/*
 * The locking of memory hotplug in Linux v6.12: 2 tasks, 1 memory blocks.
 * Each task runs these for ever, in any order: driver, reader.
 *
 * To verify:  spin -a FILE && gcc -O3 -DSAFETY -o pan pan.c && ./pan -E -m1000000
 * -E since a task that waits is no error by itself: process watch asserts what is. To see a counterexample: spin -t -p FILE
 *
 * A location of proctype task is a node of the automata that memhp explores; what a task does next follows from its location alone.
 * Each step from location to location is one transition. Sets of tasks are bits of a byte; the sets of those that hold, await or
 * rely on something follow from the locations, so that they add no states.
 *
 * Not asserted: lock-order, which is a property of all paths together: a cycle of requests that need not meet in one run.
 *
 * Not asserted: progress, which is a property of runs, not of states or steps.
 */
#define TASKS 2

/* The invariants. A name is always false, and no part of a state: assert(... || name) prints it when it fails. Set to true,
   the invariant is not checked. */
hidden byte pages_under_mem_hotplug_lock = false;
	/* pages-under-mem-hotplug-lock: zone, node and memmap changes of online_pages()/offline_pages() happen only while the same task holds mem_hotplug_lock for writing */
hidden byte add_remove_under_mem_hotplug_lock = false;
	/* add-remove-under-mem-hotplug-lock: arch_add_memory() and arch_remove_memory(), of memory with and without block devices, run only while the same task holds mem_hotplug_lock for writing */
hidden byte device_hotplug_lock_held = false;
	/* device-hotplug-lock-held: device_online()/device_offline() of memory blocks, and adding and removing memory with block devices, happen under device_hotplug_lock */
hidden byte declared_order = false;
	/* declared-order: every edge of the lock order that a path makes is in the order text, with its guard */
hidden byte no_deadlock = false;
	/* no-deadlock: no reachable state has a set of tasks that can never move */
hidden byte no_recursion = false;
	/* no-recursion: no task takes a lock that it holds, unless that kind of lock allows it */
hidden byte locks_balanced = false;
	/* locks-balanced: no lock is released by a task that does not hold it, and none is held when a task returns to user space or a work item ends */
hidden byte block_device_agree = false;
	/* block-device-agree: for every block visible to user space, whenever neither its device_lock nor device_hotplug_lock is held, dev->offline == (mem->state == MEM_OFFLINE) */
hidden byte readers_see_stable_memory = false;
	/* readers-see-stable-memory: between get_online_mems() and put_online_mems() present pages, section online bits and memmap do not change */
hidden byte no_online_of_removed = false;
	/* no-online-of-removed: no task onlines a block during or after its removal, nor before the adding task has finished adding it */
hidden byte no_bug = false;
	/* no-bug: no BUG() or BUG_ON() of the source is reached */

/* Sets of tasks. */
#define bit_of(t)        (1 << (t))
#define me               bit_of(_pid - 1)
#define nobody_else(set) (((set) & ~me) == 0)
#define add(set)         set = set | me
#define drop(set)        set = set & ~me

/* The locks. */
#define cpu_hotplug_lock 0 /* percpu rwsem */
#define mem_hotplug_lock 1 /* percpu rwsem */
#define kn_active_state_memory0 2 /* kernfs active reference */
#define device_hotplug_lock 3 /* mutex */
#define device_lock_memory0 4 /* mutex */
byte writers[5]; /* who holds each lock for writing; a mutex is always held for writing */
byte readers[3]; /* who holds it for reading */
byte pending[2]; /* who waits for writing it: new readers are held off */

#define can_lock(l)      nobody_else(writers[l])
#define can_write(l)     nobody_else(writers[l] | readers[l])
#define can_read(l)      nobody_else(writers[l])
#define can_drain(l)     nobody_else(readers[l])
#define can_down_read(l) nobody_else(writers[l] | pending[l])

/* dev->offline: struct device.offline; drivers/base/core.c */
#define dev_offline_false 0
#define dev_offline_true 1
byte dev_offline_memory0 = dev_offline_false;

/* mem->state: struct memory_block.state; drivers/base/memory.c */
#define mem_state_MEM_OFFLINE 0
#define mem_state_MEM_GOING_OFFLINE 1
#define mem_state_MEM_ONLINE 2
byte mem_state_memory0 = mem_state_MEM_OFFLINE;

/* Whether the kernfs nodes are visible: new users can take references. */
bit kn_active_state_memory0_visible;

byte rely_on_zone_and_node_pages; /* who relies on zone and node pages */

/* What each task waits for: 0, or one of these. */
byte waits[TASKS];
#define to_write(l)     (1 + 3 * (l))
#define to_read(l)      (2 + 3 * (l))
#define to_drain(l)     (3 + 3 * (l))
#define for_value(c)    (16 + (c))
#define await(what)     waits[_pid - 1] = what
#define waiting         ((waits[0] != 0) << 0 | (waits[1] != 0) << 1)

/* The tasks because of which task t waits for a lock. */
#define wanted(t)       ((waits[t] - 1) / 3)
#define mode(t)         ((waits[t] - 1) % 3)
#define readers_of(t)   (wanted(t) < 3 -> readers[wanted(t)] : 0)
#define pending_of(t)   (wanted(t) < 2 -> pending[wanted(t)] : 0)
#define blockers(t)     (mode(t) == 0 -> writers[wanted(t)] | readers_of(t) : (mode(t) == 1 -> writers[wanted(t)] | pending_of(t) : readers_of(t)))

/* Whether task t waits, and only tasks of the set could let it go on. */
#define hopeless(t, set) (waits[t] != 0 && (waits[t] < for_value(0) && (blockers(t) & (set) & ~bit_of(t)) != 0))

#define again (me != 0) /* always true: SPIN refuses a skip that leads back to its own location */

proctype task()
{
end_idle: /* in user space, or idle */
	if
	:: await(to_write(device_hotplug_lock)); goto driver_1
	:: await(to_read(mem_hotplug_lock)); goto reader_1
	fi;

/* driver, memory0: offlines a block */
driver_1:
	if :: d_step { can_lock(device_hotplug_lock) -> add(writers[device_hotplug_lock]); await(to_write(device_lock_memory0)) }; goto driver_2 fi;
	/* device_offline() */
driver_2:
	if :: d_step { can_lock(device_lock_memory0) -> add(writers[device_lock_memory0]); await(0) }; goto driver_3 fi;
driver_3:
	if
	:: dev_offline_memory0 == dev_offline_false; goto driver_4
	:: dev_offline_memory0 == dev_offline_true; goto driver_6
	fi;
	/* memory_subsys_offline() */
driver_4:
	if
	:: mem_state_memory0 == mem_state_MEM_OFFLINE; goto driver_5
	:: mem_state_memory0 == mem_state_MEM_GOING_OFFLINE; goto driver_9
	:: mem_state_memory0 == mem_state_MEM_ONLINE; goto driver_10
	fi;
	/* device_offline() */
driver_5:
	dev_offline_memory0 = dev_offline_true; goto driver_6;
driver_6:
	drop(writers[device_lock_memory0]); goto driver_7;
driver_7:
	drop(writers[device_hotplug_lock]); goto driver_8;
driver_8: /* returns */
	skip; goto end_idle;
	/* memory_block_change_state() */
driver_9:
	if
	:: mem_state_memory0 == mem_state_MEM_GOING_OFFLINE; goto driver_6
	:: d_step { else -> assert(false) }; goto driver_9 /* no other value can be read here: theorem 1 of docs/semantics.md */
	fi;
driver_10:
	if
	:: mem_state_memory0 == mem_state_MEM_ONLINE; goto driver_11
	:: d_step { else -> assert(false) }; goto driver_10 /* no other value can be read here: theorem 1 of docs/semantics.md */
	fi;
driver_11:
	if :: d_step { mem_state_memory0 = mem_state_MEM_GOING_OFFLINE; await(to_read(cpu_hotplug_lock)) }; goto driver_12 fi;
	/* mem_hotplug_begin() */
driver_12:
	if :: d_step { can_down_read(cpu_hotplug_lock) -> add(readers[cpu_hotplug_lock]); await(0) }; goto driver_13 fi;
driver_13:
	if :: d_step { add(pending[mem_hotplug_lock]); await(to_write(mem_hotplug_lock)) }; goto driver_14 fi;
driver_14:
	if :: d_step { can_write(mem_hotplug_lock) -> add(writers[mem_hotplug_lock]); drop(pending[mem_hotplug_lock]); await(0) }; goto driver_15 fi;
	/* offline_pages() */
driver_15:
	if
	:: skip; goto driver_16 /* the range has holes or is of several zones: 0 */
	:: skip; goto driver_30 /* the range has holes or is of several zones: 1 */
	fi;
driver_16:
	if
	:: skip; goto driver_17 /* start_isolate_page_range() fails: 0 */
	:: skip; goto driver_30 /* start_isolate_page_range() fails: 1 */
	fi;
driver_17:
	if
	:: skip; goto driver_18 /* a notifier vetoes MEM_GOING_OFFLINE: 0 */
	:: skip; goto driver_30 /* a notifier vetoes MEM_GOING_OFFLINE: 1 */
	fi;
driver_18:
	if
	:: skip; goto driver_19 /* isolation: all pages isolated, some left, fails: 0 */
	:: again; goto driver_18 /* isolation: all pages isolated, some left, fails: 1 */
	:: skip; goto driver_24 /* isolation: all pages isolated, some left, fails: 2 */
	fi;
driver_19:
	assert(nobody_else(rely_on_zone_and_node_pages) || readers_see_stable_memory); goto driver_20;
	/* mem_hotplug_done() */
driver_20:
	drop(writers[mem_hotplug_lock]); goto driver_21;
driver_21:
	drop(readers[cpu_hotplug_lock]); goto driver_22;
	/* memory_block_change_state() */
driver_22:
	mem_state_memory0 = mem_state_MEM_OFFLINE; goto driver_23;
	/* device_offline() */
driver_23:
	dev_offline_memory0 = dev_offline_true; goto driver_6;
	/* offline_pages() */
driver_24:
	if
	:: skip; goto driver_25 /* a signal, a page that cannot be moved, time is over: 0 */
	:: skip; goto driver_25 /* a signal, a page that cannot be moved, time is over: 1 */
	fi;
	/* mem_hotplug_done() */
driver_25:
	drop(writers[mem_hotplug_lock]); goto driver_26;
driver_26:
	drop(readers[cpu_hotplug_lock]); goto driver_27;
	/* memory_block_change_state() */
driver_27:
	mem_state_memory0 = mem_state_MEM_ONLINE; goto driver_28;
	/* device_offline() */
driver_28:
	drop(writers[device_lock_memory0]); goto driver_29;
driver_29:
	drop(writers[device_hotplug_lock]); goto driver_8;
	/* mem_hotplug_done() */
driver_30:
	drop(writers[mem_hotplug_lock]); goto driver_31;
driver_31:
	drop(readers[cpu_hotplug_lock]); goto driver_32;
	/* memory_block_change_state() */
driver_32:
	mem_state_memory0 = mem_state_MEM_ONLINE; goto driver_6;

/* reader: a reader of memory */
reader_1:
	if :: d_step { can_down_read(mem_hotplug_lock) -> add(readers[mem_hotplug_lock]); await(0) }; goto reader_2 fi;
reader_2:
	add(rely_on_zone_and_node_pages); goto reader_3;
reader_3:
	drop(rely_on_zone_and_node_pages); goto reader_4;
reader_4:
	drop(readers[mem_hotplug_lock]); goto reader_5;
reader_5: /* returns */
	skip; goto end_idle;
}

/* Looks at every state. It has one location, so it adds no states; what it computes is hidden, which means no part of a state.
   A set of tasks can never move if each waits for something that only tasks of the set could give. */
hidden byte stuck, before, t;

proctype watch()
{
end_watch:
	do
	:: d_step {
		hopeless(0, waiting) || hopeless(1, waiting) ->
		stuck = waiting;
		do
		:: before = stuck; t = 0;
			do
			:: t < TASKS ->
				if
				:: !hopeless(t, stuck) -> stuck = stuck & ~bit_of(t)
				:: else
				fi;
				t++
			:: else -> break
			od;
			if
			:: stuck == before -> break
			:: else
			fi
		od;
		assert(!stuck || no_deadlock)
	}
	:: d_step { kn_active_state_memory0_visible && !writers[device_lock_memory0] && !writers[device_hotplug_lock] && dev_offline_memory0 == dev_offline_false && mem_state_memory0 == mem_state_MEM_OFFLINE ->
		assert(block_device_agree) }
	:: d_step { kn_active_state_memory0_visible && !writers[device_lock_memory0] && !writers[device_hotplug_lock] && dev_offline_memory0 == dev_offline_true && mem_state_memory0 == mem_state_MEM_GOING_OFFLINE ->
		assert(block_device_agree) }
	:: d_step { kn_active_state_memory0_visible && !writers[device_lock_memory0] && !writers[device_hotplug_lock] && dev_offline_memory0 == dev_offline_true && mem_state_memory0 == mem_state_MEM_ONLINE ->
		assert(block_device_agree) }
	od
}

init {
	atomic {
		if /* memory0 */
		:: dev_offline_memory0 = dev_offline_true /* absent */
		:: dev_offline_memory0 = dev_offline_true; kn_active_state_memory0_visible = 1 /* offline */
		:: dev_offline_memory0 = dev_offline_false; mem_state_memory0 = mem_state_MEM_ONLINE; kn_active_state_memory0_visible = 1 /* online */
		fi;
		run task();
		run task();
		run watch()
	}
}
