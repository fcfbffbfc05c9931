package tla_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/report/tla"
	"memhp/sim"
	"memhp/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

func kernel(t *testing.T, name string) spec.Kernel {
	t.Helper()
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

// write returns the module and the configuration of a machine.
func write(t *testing.T, c sim.Config) (text, config string) {
	t.Helper()
	m, err := sim.NewModel(c)
	require.NoError(t, err)
	var a, b bytes.Buffer
	require.NoError(t, tla.Write(&a, m))
	require.NoError(t, tla.WriteConfig(&b, m))
	return a.String(), b.String()
}

// rules returns the conditions of an invariant, those of each task and those of all.
func (m *module) readRule(lines []string) []condition {
	var out []condition
	for _, line := range lines {
		line = strings.TrimPrefix(strings.TrimSpace(line), `/\ `)
		if line == "TRUE" || strings.HasPrefix(line, `\A t `) {
			continue
		}
		out = append(out, m.condition(line))
	}
	return out
}

// explore visits every state, and returns how many there are and which of the rules are broken in some.
func (m *module) explore(rules map[string][]condition) (int, map[string]bool) {
	seen := map[state]bool{}
	broken := map[string]bool{}
	byPlace := map[byte][]action{}
	for _, a := range m.actions {
		byPlace[a.place] = append(byPlace[a.place], a)
	}
	var queue []state
	visit := func(s state) {
		if !seen[s] {
			seen[s] = true
			queue = append(queue, s)
			m.judge(s, rules, broken)
		}
	}
	for _, s := range m.inits {
		visit(s)
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for t := range m.tasks {
			for _, a := range byPlace[s[t]] {
				if enabled(a, s, t) {
					after := []byte(s)
					for _, u := range a.updates {
						u(s, after, t)
					}
					visit(state(after))
				}
			}
		}
	}
	return len(seen), broken
}

func enabled(a action, s state, t int) bool {
	for _, g := range a.guards {
		if !g(s, t) {
			return false
		}
	}
	return true
}

func (m *module) judge(s state, rules map[string][]condition, broken map[string]bool) {
	for name, conditions := range rules {
		for _, c := range conditions {
			for t := range m.tasks {
				if !c(s, t) {
					broken[name] = true
				}
			}
		}
	}
	for set := 1; set < 1<<m.tasks; set++ {
		stuck := true
		for t := range m.tasks {
			stuck = stuck && (set>>t&1 == 0 || m.stuck(s, t, byte(set)))
		}
		if stuck {
			broken["no_deadlock"] = true
		}
	}
}

// stuck is the definition Stuck of the modules.
func (m *module) stuck(s state, t int, set byte) bool {
	want := m.wants[s[t]]
	if want == nil {
		return false
	}
	of := func(sets ...string) bool {
		var all byte
		for _, name := range sets {
			all |= s[m.slot(fmt.Sprintf("%s[%q]", name, want[1]))]
		}
		return all&set&^(1<<t) != 0
	}
	switch want[0] {
	case "write":
		return of("writers", "readers")
	case "read":
		return of("writers", "pending")
	case "plain read":
		return of("writers")
	case "drain":
		return of("readers")
	}
	slot := fmt.Sprintf("mem[%q]", want[1])
	there := s[m.slot(slot)] == m.value(slot, want[2])
	return !there && (want[0] == "value that nobody writes" || set == 1<<m.tasks-1)
}

// names of the invariants in a configuration
var listed = regexp.MustCompile(`(?m)^  (\w+)$`)

// The module has the states of plain exploration, and breaks the same invariants: it says what memhp explores.
func TestModuleIsTheMachine(t *testing.T) {
	for _, c := range []sim.Config{
		{Kernel: kernel(t, "v3.18"), Selection: "state_store,online_store,add_memory", Tasks: 2, Blocks: 1},
		{Kernel: kernel(t, "v4.1"), Selection: "online_store,online_mems_reader,driver_remove", Tasks: 2, Blocks: 1},
		{Kernel: kernel(t, "v4.19"), Selection: "memtrace,online_store", Tasks: 2, Blocks: 1},
		{Kernel: kernel(t, "v4.20"), Selection: "probe_store,online_show,acpi_eject", Tasks: 2, Blocks: 1},
		{Kernel: kernel(t, "v6.12"), Selection: "online_store,online_mems_reader,cpu_up", Tasks: 2, Blocks: 1},
		{Kernel: kernel(t, "v6.12"), Selection: "online_show,acpi_eject", Tasks: 2, Blocks: 2},
		{Kernel: kernel(t, "v6.12"), Selection: "online_store,state_show", Tasks: 3, Blocks: 1},
		{Kernel: kernel(t, "v6.12"), Actors: waiters(), Tasks: 2, Blocks: 1},
	} {
		text, config := write(t, c)
		m, err := read(text, c.Tasks)
		require.NoError(t, err)
		defs := definitionsOf(text)
		rules := map[string][]condition{}
		for _, l := range listed.FindAllStringSubmatch(config, -1) {
			require.Contains(t, defs, l[1])
			if l[1] != "TypeOK" && l[1] != "no_deadlock" {
				rules[l[1]] = m.readRule(defs[l[1]])
			}
		}
		states, broken := m.explore(rules)
		c.Reductions = sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}
		r, err := sim.Check(context.Background(), c)
		require.NoError(t, err)
		require.Equal(t, int(r.States), states, "%s %s", c.Kernel, c.Selection)
		want := map[string]bool{}
		for _, v := range r.Violations {
			if v.Invariant != spec.LockOrder.ID && v.Invariant != spec.Progress.ID {
				want[strings.ReplaceAll(v.Invariant, "-", "_")] = true
			}
		}
		require.Equal(t, want, broken, "%s %s", c.Kernel, c.Selection)
	}
}

// waiters wait for a condition that another makes true, and for one that nobody does.
func waiters() []spec.Actor {
	ready := (&spec.VarClass{Name: "ready", Values: []string{"no", "yes"}}).Of(spec.NoBlock)
	never := (&spec.VarClass{Name: "never", Values: []string{"no", "yes"}}).Of(spec.NoBlock)
	m := (&spec.LockClass{Name: "m", Kind: spec.Mutex}).Of(spec.NoBlock)
	return []spec.Actor{
		{Name: "waits", Run: func(t spec.Task, _ spec.Block) spec.Errno {
			t.Lock(m)
			t.Wait(ready, 1)
			t.Swap(ready, 1, 0)
			t.Unlock(m)
			return spec.OK
		}},
		{Name: "wakes", Run: func(t spec.Task, _ spec.Block) spec.Errno {
			t.Write(ready, 1)
			if t.TryLock(m) {
				t.Wait(never, 1)
			}
			return spec.OK
		}},
	}
}

// The reader reads nothing into a text: a module with a mistake is refused, or differs.
func TestReaderSeesMistakes(t *testing.T) {
	c := sim.Config{Kernel: kernel(t, "v6.12"), Selection: "online_store,online_mems_reader", Tasks: 2, Blocks: 1}
	text, _ := write(t, c)
	good, err := read(text, 2)
	require.NoError(t, err)
	states, _ := good.explore(nil)
	for from, to := range map[string]string{
		`Goto(t, "online_store_3")`:               `Goto(t, "nowhere")`,
		"UNCHANGED <<writers, readers, pending, ": "UNCHANGED <<readers, pending, ",
		`writers' = [writers EXCEPT`:              `writers' = [readers EXCEPT`,
		`CanLock("device_lock(memory0)", t)`:      `CanTake("device_lock(memory0)", t)`,
		`mem["dev->offline(memory0)"] = "false"`:  `mem["dev->offline(memory0)"] = "maybe"`,
		`Untaken("device_hotplug_lock")`:          `Untaken("another_lock")`,
		`["device_hotplug_lock"] = @ \cup {t}`:    `["device_hotplug_lock"] = @ \cap {t}`,
		"online_mems_reader_1(t) ==\n":            "online_store_1(t) ==\n",
	} {
		require.Contains(t, text, from)
		_, err := read(strings.Replace(text, from, to, 1), 2)
		require.Error(t, err, "%s: %s", from, to)
	}
	other, err := read(strings.Replace(text, `["device_hotplug_lock"] = @ \cup {t}`, `["device_hotplug_lock"] = @ \ {t}`, 1), 2)
	require.NoError(t, err)
	n, _ := other.explore(nil)
	require.NotEqual(t, states, n)
}

// A module is to be read, too: this is a whole one, with its configuration.
func TestModuleOfASmallDriver(t *testing.T) {
	driver := spec.Actor{Name: "driver", Doc: "offlines a block", PerBlock: true, Run: func(t spec.Task, b spec.Block) spec.Errno {
		if !t.TryLock(spec.DeviceHotplugLock) {
			return spec.EBUSY
		}
		defer t.Unlock(spec.DeviceHotplugLock)
		if t.Read(spec.BlockState.Of(b)) == spec.MemOffline {
			return spec.AlreadyDone
		}
		t.Lock(spec.MemHotplugLock)
		defer t.Unlock(spec.MemHotplugLock)
		t.Write(spec.ZonePages.Of(spec.NoBlock), 0)
		t.Write(spec.BlockState.Of(b), spec.MemOffline)
		return spec.OK
	}}
	reader := spec.Actor{Name: "reader", Doc: "a reader of memory", Run: func(t spec.Task, _ spec.Block) spec.Errno {
		t.RLock(spec.MemHotplugLock)
		t.Pin(spec.ZonePages.Of(spec.NoBlock))
		t.Unpin(spec.ZonePages.Of(spec.NoBlock))
		t.RUnlock(spec.MemHotplugLock)
		return spec.OK
	}}
	c := sim.Config{Kernel: kernel(t, "v6.12"), Actors: []spec.Actor{driver, reader}, Tasks: 2, Blocks: 1}
	text, config := write(t, c)
	for name, got := range map[string]string{"driver.tla": text, "driver.cfg": config} {
		file := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), got)
	}
}

// Every name that is used is defined once, and the next-state relation has every action.
func TestNamesAreDefined(t *testing.T) {
	text, config := write(t, sim.Config{Kernel: kernel(t, "v4.20"), Tasks: 2, Blocks: 2})
	defs := definitionsOf(text)
	next := strings.Join(defs["Next"], "\n")
	steps := map[string]int{}
	for _, used := range regexp.MustCompile(`\\/ (\w+\(t\))`).FindAllStringSubmatch(next, -1) {
		require.Contains(t, defs, used[1])
		steps[used[1]]++
	}
	for name := range defs {
		if strings.HasSuffix(name, "(t)") {
			require.Equal(t, 1, steps[name], name)
		}
	}
	for _, l := range listed.FindAllStringSubmatch(config, -1) {
		require.Contains(t, defs, l[1])
	}
	for _, inv := range spec.Invariants() {
		require.True(t, strings.Contains(text, "Not carried: "+inv.ID+",") != strings.Contains(config, "  "+strings.ReplaceAll(inv.ID, "-", "_")+"\n"), inv.ID)
	}
}
