-------------------------------- MODULE memhp --------------------------------
(*
  The locking of memory hotplug in Linux v6.12. Tasks: 2. Memory blocks: 1.
  Each task runs these for ever, in any order: driver, reader.

  An action is a node of the automata that memhp explores: what a task does next follows from pc alone. Invariants are at the end.
  Not carried: lock-order, which is a property of all paths together: a cycle of requests that need not meet in one run.
  Not carried: progress, which is a property of runs, not of states.
*)
EXTENDS FiniteSets, TLC

CONSTANT Tasks

Locks == {"device_hotplug_lock", "mem_hotplug_lock", "kn->active#state(memory0)"}

\* The kernfs nodes, by the locks that stand for their active references.
Nodes == {"kn->active#state(memory0)"}

Variables == {"mem->state(memory0)", "dev->offline(memory0)"}

\* What some task relies on. It need not be a variable: of the memory map nobody asks more than that it stays as it is.
Pinned == {"zone and node pages"}

VARIABLES
    pc,      \* where each task is
    writers, \* who holds each lock for writing; a mutex is always held for writing
    readers, \* who holds it for reading
    pending, \* who announced that it waits for writing it: new readers are held off
    relies,  \* who relies on each variable
    visible, \* whether new users can take references of each kernfs node
    mem      \* the value of each variable

vars == <<pc, writers, readers, pending, relies, visible, mem>>

Symmetry == Permutations(Tasks)

At(t, n) == pc[t] = n
Goto(t, n) == pc' = [pc EXCEPT ![t] = n]

\* When a request of task t need not wait. What it holds itself does not keep it from going on.
CanLock(l, t) == (writers[l] \cup readers[l]) \ {t} = {}
CanRead(l, t) == writers[l] \ {t} = {}
CanDownRead(l, t) == (writers[l] \cup pending[l]) \ {t} = {}
CanDrain(l, t) == readers[l] \ {t} = {}

\* When a trylock succeeds. The task itself may be the holder: the trylock fails then, too.
Untaken(l) == writers[l] \cup readers[l] = {}
Unwritten(l) == writers[l] = {}
Unannounced(l) == writers[l] \cup pending[l] = {}

\* Whether nobody but task t relies on variable v.
AloneOn(v, t) == relies[v] \ {t} = {}

\* What a task waits for at place n.
Wants(n) ==
    CASE n \in {"driver_6"} -> <<"write", "mem_hotplug_lock">>
      [] n \in {"reader_1"} -> <<"read", "mem_hotplug_lock">>
      [] OTHER -> <<"nothing">>

\* Whether task t waits, and only tasks of the set S could let it go on.
Stuck(t, S) ==
    LET w == Wants(pc[t]) IN
    CASE w[1] = "write" -> (writers[w[2]] \cup readers[w[2]]) \cap (S \ {t}) # {}
      [] w[1] = "read"  -> (writers[w[2]] \cup pending[w[2]]) \cap (S \ {t}) # {}
      [] w[1] = "plain read" -> writers[w[2]] \cap (S \ {t}) # {}
      [] w[1] = "drain" -> readers[w[2]] \cap (S \ {t}) # {}
      [] w[1] = "value" -> mem[w[2]] # w[3] /\ S = Tasks
      [] w[1] = "value that nobody writes" -> mem[w[2]] # w[3]
      [] OTHER -> FALSE

\* Where a run starts: each block is in one of these states.
Init ==
    /\ pc = [t \in Tasks |-> "idle"]
    /\ writers = [l \in Locks |-> {}]
    /\ readers = [l \in Locks |-> {}]
    /\ pending = [l \in Locks |-> {}]
    /\ relies = [v \in Pinned |-> {}]
    /\ \E b0 \in {"absent", "offline", "online"} :
        /\ visible = [n \in Nodes |->
               CASE n = "kn->active#state(memory0)" -> b0 \in {"offline", "online"}]
        /\ mem = [v \in Variables |->
               CASE v = "mem->state(memory0)" -> [absent |-> "MEM_OFFLINE", offline |-> "MEM_OFFLINE", online |-> "MEM_ONLINE"][b0]
                 [] v = "dev->offline(memory0)" -> [absent |-> "true", offline |-> "true", online |-> "false"][b0]]

\* A task in user space, or idle, starts an actor.
idle(t) ==
    /\ At(t, "idle")
    /\ \/ /\ Goto(t, "driver_1")
          /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>
       \/ /\ Goto(t, "reader_1")
          /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>

(* driver, memory0: offlines a block *)

driver_1(t) ==
    /\ At(t, "driver_1")
    /\ \/ /\ Untaken("device_hotplug_lock")
          /\ writers' = [writers EXCEPT !["device_hotplug_lock"] = @ \cup {t}]
          /\ Goto(t, "driver_2") \* taken
          /\ UNCHANGED <<readers, pending, relies, visible, mem>>
       \/ /\ ~Untaken("device_hotplug_lock")
          /\ Goto(t, "driver_4") \* fails
          /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>

driver_2(t) ==
    /\ At(t, "driver_2")
    /\ \/ /\ mem["mem->state(memory0)"] = "MEM_OFFLINE"
          /\ Goto(t, "driver_3")
          /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>
       \/ /\ mem["mem->state(memory0)"] \in {"MEM_GOING_OFFLINE", "MEM_ONLINE"}
          /\ Goto(t, "driver_5")
          /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>

driver_3(t) ==
    /\ At(t, "driver_3")
    /\ writers' = [writers EXCEPT !["device_hotplug_lock"] = @ \ {t}]
    /\ Goto(t, "driver_4")
    /\ UNCHANGED <<readers, pending, relies, visible, mem>>

driver_4(t) ==
    /\ At(t, "driver_4")
    /\ Goto(t, "idle")
    /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>

driver_5(t) ==
    /\ At(t, "driver_5")
    /\ pending' = [pending EXCEPT !["mem_hotplug_lock"] = @ \cup {t}]
    /\ Goto(t, "driver_6")
    /\ UNCHANGED <<writers, readers, relies, visible, mem>>

driver_6(t) ==
    /\ At(t, "driver_6")
    /\ CanLock("mem_hotplug_lock", t)
    /\ writers' = [writers EXCEPT !["mem_hotplug_lock"] = @ \cup {t}]
    /\ pending' = [pending EXCEPT !["mem_hotplug_lock"] = @ \ {t}]
    /\ Goto(t, "driver_7")
    /\ UNCHANGED <<readers, relies, visible, mem>>

driver_7(t) ==
    /\ At(t, "driver_7")
    /\ Goto(t, "driver_8")
    /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>

driver_8(t) ==
    /\ At(t, "driver_8")
    /\ mem' = [mem EXCEPT !["mem->state(memory0)"] = "MEM_OFFLINE"]
    /\ Goto(t, "driver_9")
    /\ UNCHANGED <<writers, readers, pending, relies, visible>>

driver_9(t) ==
    /\ At(t, "driver_9")
    /\ writers' = [writers EXCEPT !["mem_hotplug_lock"] = @ \ {t}]
    /\ Goto(t, "driver_10")
    /\ UNCHANGED <<readers, pending, relies, visible, mem>>

driver_10(t) ==
    /\ At(t, "driver_10")
    /\ writers' = [writers EXCEPT !["device_hotplug_lock"] = @ \ {t}]
    /\ Goto(t, "driver_4")
    /\ UNCHANGED <<readers, pending, relies, visible, mem>>

(* reader: a reader of memory *)

reader_1(t) ==
    /\ At(t, "reader_1")
    /\ CanDownRead("mem_hotplug_lock", t)
    /\ readers' = [readers EXCEPT !["mem_hotplug_lock"] = @ \cup {t}]
    /\ Goto(t, "reader_2")
    /\ UNCHANGED <<writers, pending, relies, visible, mem>>

reader_2(t) ==
    /\ At(t, "reader_2")
    /\ relies' = [relies EXCEPT !["zone and node pages"] = @ \cup {t}]
    /\ Goto(t, "reader_3")
    /\ UNCHANGED <<writers, readers, pending, visible, mem>>

reader_3(t) ==
    /\ At(t, "reader_3")
    /\ relies' = [relies EXCEPT !["zone and node pages"] = @ \ {t}]
    /\ Goto(t, "reader_4")
    /\ UNCHANGED <<writers, readers, pending, visible, mem>>

reader_4(t) ==
    /\ At(t, "reader_4")
    /\ readers' = [readers EXCEPT !["mem_hotplug_lock"] = @ \ {t}]
    /\ Goto(t, "reader_5")
    /\ UNCHANGED <<writers, pending, relies, visible, mem>>

reader_5(t) ==
    /\ At(t, "reader_5")
    /\ Goto(t, "idle")
    /\ UNCHANGED <<writers, readers, pending, relies, visible, mem>>

Next ==
    \E t \in Tasks :
        \/ idle(t)
        \/ driver_1(t)
        \/ driver_2(t)
        \/ driver_3(t)
        \/ driver_4(t)
        \/ driver_5(t)
        \/ driver_6(t)
        \/ driver_7(t)
        \/ driver_8(t)
        \/ driver_9(t)
        \/ driver_10(t)
        \/ reader_1(t)
        \/ reader_2(t)
        \/ reader_3(t)
        \/ reader_4(t)
        \/ reader_5(t)

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------

Places == {"idle", "driver_1", "driver_4", "driver_2", "driver_3", "driver_5", "driver_6", "driver_7", "driver_8",
           "driver_9", "driver_10", "reader_1", "reader_2", "reader_3", "reader_4", "reader_5"}

TypeOK ==
    /\ pc \in [Tasks -> Places]
    /\ writers \in [Locks -> SUBSET Tasks]
    /\ readers \in [Locks -> SUBSET Tasks]
    /\ pending \in [Locks -> SUBSET Tasks]
    /\ relies \in [Pinned -> SUBSET Tasks]
    /\ visible \in [Nodes -> BOOLEAN]
    /\ mem["mem->state(memory0)"] \in {"MEM_OFFLINE", "MEM_GOING_OFFLINE", "MEM_ONLINE"}
    /\ mem["dev->offline(memory0)"] \in {"false", "true"}

\* memhp unrolls a procedure for the answers that can occur. No other value can be read: theorem 1 of its docs/semantics.md.
answers_known == TRUE

\* pages-under-mem-hotplug-lock: zone, node and memmap changes of online_pages()/offline_pages() happen only while the same task holds mem_hotplug_lock for writing
pages_under_mem_hotplug_lock == TRUE

\* add-remove-under-mem-hotplug-lock: arch_add_memory() and arch_remove_memory(), of memory with and without block devices, run only while the same task holds mem_hotplug_lock for writing
add_remove_under_mem_hotplug_lock == TRUE

\* device-hotplug-lock-held: device_online()/device_offline() of memory blocks, and adding and removing memory with block devices, happen under device_hotplug_lock
device_hotplug_lock_held == TRUE

\* declared-order: every edge of the lock order that a path makes is in the order text, with its guard
declared_order == TRUE

\* no-deadlock: no reachable state has a set of tasks that can never move
no_deadlock ==
    ~ \E S \in SUBSET Tasks : S # {} /\ \A t \in S : Stuck(t, S)

\* no-recursion: no task takes a lock that it holds, unless that kind of lock allows it
no_recursion == TRUE

\* locks-balanced: no lock is released by a task that does not hold it, and none is held when a task returns to user space or a work item ends
locks_balanced == TRUE

\* block-device-agree: for every block visible to user space, whenever neither its device_lock nor device_hotplug_lock is held, dev->offline == (mem->state == MEM_OFFLINE)
block_device_agree ==
    /\ ~ (visible["kn->active#state(memory0)"] /\ Untaken("device_hotplug_lock") /\ mem["dev->offline(memory0)"] = "false" /\ mem["mem->state(memory0)"] = "MEM_OFFLINE")
    /\ ~ (visible["kn->active#state(memory0)"] /\ Untaken("device_hotplug_lock") /\ mem["dev->offline(memory0)"] = "true" /\ mem["mem->state(memory0)"] = "MEM_GOING_OFFLINE")
    /\ ~ (visible["kn->active#state(memory0)"] /\ Untaken("device_hotplug_lock") /\ mem["dev->offline(memory0)"] = "true" /\ mem["mem->state(memory0)"] = "MEM_ONLINE")

\* readers-see-stable-memory: between get_online_mems() and put_online_mems() present pages, section online bits and memmap do not change
readers_see_stable_memory ==
    /\ \A t \in Tasks :
        /\ At(t, "driver_7") => AloneOn("zone and node pages", t)

\* no-online-of-removed: no task onlines a block during or after its removal, nor before the adding task has finished adding it
no_online_of_removed == TRUE

\* no-bug: no BUG() or BUG_ON() of the source is reached
no_bug == TRUE
==============================================================================
