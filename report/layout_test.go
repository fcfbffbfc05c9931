package report

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"memhp/sim"
	"memhp/spec"
)

// philosophers are n actors, each of which takes a lock and then the next one, under names as long as the kernel's longest.
func philosophers(n int) []spec.Actor {
	locks := make([]spec.Lock, n)
	for i := range locks {
		locks[i] = (&spec.LockClass{Name: fmt.Sprintf("a_lock_with_quite_a_long_name_%d->rwsem.mutex", i+1), Kind: spec.Mutex}).Of(spec.NoBlock)
	}
	long := &spec.Function{Name: "philosopher_takes_one_fork_and_then_the_next"}
	var out []spec.Actor
	for i := range n {
		out = append(out, spec.Actor{Name: fmt.Sprintf("philosopher_of_the_table_%d", i+1), Run: func(t spec.Task, _ spec.Block) spec.Errno {
			defer t.Call(long)()
			t.Lock(locks[i])
			t.Lock(locks[(i+1)%n])
			t.Unlock(locks[(i+1)%n])
			t.Unlock(locks[i])
			return spec.OK
		}})
	}
	return out
}

// results returns checks whose counterexamples have one to four tasks: of kernels, and of philosophers.
func results(t *testing.T) []*sim.Result {
	t.Helper()
	var out []*sim.Result
	for _, c := range []sim.Config{
		{Kernel: kernel(t, "v3.18"), Tasks: 2, Blocks: 1}, {Kernel: kernel(t, "v4.13"), Tasks: 2, Blocks: 2, Selection: "online_store,driver_remove,online_mems_reader"},
		{Kernel: kernel(t, "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee8"), Tasks: 2, Blocks: 1, Selection: "memtrace,probe_store,state_store"},
		{Kernel: kernel(t, "v4.6"), Tasks: 1, Blocks: 1},
		{Kernel: kernel(t, "v6.12"), Tasks: 2, Blocks: 1, Actors: philosophers(2)},
		{Kernel: kernel(t, "v6.12"), Tasks: 3, Blocks: 1, Actors: philosophers(3)},
		{Kernel: kernel(t, "v6.12"), Tasks: 4, Blocks: 1, Actors: philosophers(4)},
	} {
		out = append(out, checked1(t, c))
	}
	return out
}

func checked1(t *testing.T, c sim.Config) *sim.Result {
	t.Helper()
	r, err := sim.Check(context.Background(), c)
	require.NoError(t, err)
	require.NotEmpty(t, r.Violations, "%s %d", r.Kernel, r.Tasks)
	return r
}

func kernel(t *testing.T, name string) spec.Kernel {
	t.Helper()
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

// fits demands that text keeps to the width, colours aside.
func fits(t *testing.T, text string) {
	t.Helper()
	for _, line := range strings.Split(escape.ReplaceAllString(text, ""), "\n") {
		require.LessOrEqual(t, utf8.RuneCountInString(line), Width, line)
		require.NotContains(t, line, "…", "nothing is cut off")
	}
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// flat takes the layout away: blanks, bars and line ends.
func flat(text string) string {
	return strings.Join(strings.FieldsFunc(escape.ReplaceAllString(text, ""), func(r rune) bool { return r == ' ' || r == '|' || r == '\n' }), " ")
}

// Whatever the number of tasks, and however narrow the columns: a counterexample keeps to the width, each operation names its source
// function, and no lock that somebody holds has its name cut off.
func TestInterleavingIsWholeInNarrowColumns(t *testing.T) {
	seen := map[int]bool{}
	for _, r := range results(t) {
		for _, v := range r.Violations {
			seen[tasksOf(v)] = true
			var text bytes.Buffer
			require.NoError(t, Interleaving(&text, Style{Color: true}, v))
			fits(t, text.String())
			words := flat(text.String())
			for _, s := range v.Trace {
				if !interesting(s) {
					continue
				}
				require.Contains(t, words, flat(Phrase(s)+" in "+s.Function+"()"), v.Token)
				for _, h := range s.Held {
					require.Contains(t, words, flat(h), v.Token)
				}
			}
		}
	}
	for tasks := 1; tasks <= 4; tasks++ {
		require.True(t, seen[tasks], "a counterexample of %d tasks", tasks)
	}
}

// The splat, the heading, the verdicts and the list of the others keep to the width, too.
func TestEverythingFits(t *testing.T) {
	all := results(t)
	for _, r := range all {
		for i, v := range r.Violations {
			var text bytes.Buffer
			require.NoError(t, Heading(&text, Style{}, r, v))
			require.NoError(t, Splat(&text, r.Kernel, v))
			require.NoError(t, Others(&text, Style{}, r, i))
			fits(t, text.String())
			for _, s := range v.Trace {
				if s.Blocked {
					require.Contains(t, flat(text.String()), flat(s.Object), v.Token)
				}
			}
		}
	}
	var text bytes.Buffer
	require.NoError(t, Check(&text, Style{Color: true}, all))
	fits(t, text.String())
}

// Each kind of violation has the form in which the kernel reports it.
func TestSplatHasTheFormOfItsKind(t *testing.T) {
	forms := map[string]string{
		"no-deadlock":                       "possible circular locking dependency detected",
		"lock-order":                        "possible circular locking dependency detected",
		"declared-order":                    "WARNING: undeclared lock order",
		"device-hotplug-lock-held":          "lockdep_assert_held(&device_hotplug_lock) fails",
		"pages-under-mem-hotplug-lock":      "lockdep_assert_held_write(&mem_hotplug_lock) fails",
		"add-remove-under-mem-hotplug-lock": "lockdep_assert_held_write(&mem_hotplug_lock) fails",
		"readers-see-stable-memory":         "BUG: KCSAN: data-race in ",
		"no-bug":                            "kernel BUG at ",
		"locks-balanced":                    "bad unlock balance detected!",
		"block-device-agree":                "------------[ cut here ]------------",
		"no-online-of-removed":              "------------[ cut here ]------------",
		"no-recursion":                      "possible recursive locking detected",
	}
	all := results(t)
	m := (&spec.LockClass{Name: "m", Kind: spec.Mutex}).Of(spec.NoBlock)
	one := func(name string, run func(spec.Task)) spec.Actor {
		return spec.Actor{Name: name, Run: func(t spec.Task, _ spec.Block) spec.Errno { run(t); return spec.OK }}
	}
	all = append(all, checked1(t, sim.Config{Kernel: kernel(t, "v6.12"), Tasks: 1, Blocks: 1,
		Actors: []spec.Actor{one("twice", func(t spec.Task) { t.Lock(m); t.Lock(m) })}}))
	seen := map[string]bool{}
	for _, r := range all {
		for _, v := range r.Violations {
			var text bytes.Buffer
			require.NoError(t, Splat(&text, r.Kernel, v))
			require.Contains(t, text.String(), forms[v.Invariant], v.Token)
			seen[v.Invariant] = true
		}
	}
	for id := range forms {
		require.True(t, seen[id], id)
	}
	held := checked1(t, sim.Config{Kernel: kernel(t, "v6.12"), Tasks: 1, Blocks: 1, Actors: []spec.Actor{one("keeper", func(t spec.Task) { t.Lock(m) })}})
	var text bytes.Buffer
	require.NoError(t, Splat(&text, held.Kernel, held.Violations[0]))
	require.Contains(t, text.String(), "WARNING: lock held when returning to user space!")
	require.Contains(t, text.String(), "1 lock held by keeper/T1:\n #0: m, at: keeper()")
}
