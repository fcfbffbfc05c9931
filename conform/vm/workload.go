package vm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"memhp/conform/vm/agent"
)

// The files of memory hotplug.
const (
	memoryDir  = "/sys/devices/system/memory"
	injectDir  = "/sys/kernel/debug/notifier-error-inject/memory/actions"
	lruGenFile = "/sys/kernel/mm/lru_gen/enabled"
)

// Workload is what random tasks do.
type Workload struct {
	Tasks, Ops int
	Seed       uint64
}

// driver runs a workload in a guest.
type driver struct {
	g      *Guest
	boot   []string // the blocks that were there at boot: left alone
	mu     sync.Mutex
	left   int
	counts map[string]int
}

// actor is one task of a workload. Its DIMMs are its own.
type actor struct {
	*driver
	name  string
	draw  *rand.Rand
	dimms []string // plugged
	next  int
}

// Drive runs the workload and returns how often each operation ended how.
func (g *Guest) Drive(ctx context.Context, w Workload) (map[string]int, error) {
	d := &driver{g: g, left: w.Ops, counts: map[string]int{}}
	var err error
	if d.boot, err = g.Blocks(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for i := range w.Tasks {
		a := &actor{driver: d, name: taskName(i), draw: rand.New(rand.NewPCG(w.Seed, uint64(i)))}
		all.Go(func() {
			if err := a.run(ctx); err != nil {
				cancel(fmt.Errorf("task %s: %w", a.name, err))
			}
		})
	}
	all.Wait()
	return d.counts, context.Cause(ctx)
}

func taskName(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return fmt.Sprintf("T%d", i)
}

var blockName = regexp.MustCompile(`^memory\d+$`)

// Blocks returns the memory blocks that exist.
func (g *Guest) Blocks(ctx context.Context) ([]string, error) {
	r, err := g.Do(ctx, helperTimeout, "lister", agent.Op{Do: agent.List, Path: memoryDir})
	if err != nil {
		return nil, err
	}
	if r[0].Errno != 0 {
		return nil, fmt.Errorf("list %s: %w: the kernel needs CONFIG_MEMORY_HOTPLUG", memoryDir, syscall.Errno(r[0].Errno))
	}
	return slices.DeleteFunc(strings.Split(r[0].Data, "\n"), func(s string) bool { return !blockName.MatchString(s) }), nil
}

// take tells whether there is another operation to do.
func (d *driver) take() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left--
	return d.left >= 0
}

func (d *driver) count(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[what]++
}

// action is something that an actor can do, and how often it does.
type action struct {
	weight int
	do     func(*actor, context.Context) error
}

func actions() []action {
	return []action{
		{30, (*actor).writeState}, {20, (*actor).writeOnline}, {10, (*actor).readBlock},
		{12, (*actor).plug}, {6, (*actor).unplug}, {6, (*actor).resize},
		{6, (*actor).autoOnline}, {6, (*actor).inject}, {4, (*actor).lruGen},
	}
}

func (a *actor) run(ctx context.Context) error {
	total := 0
	for _, x := range actions() {
		total += x.weight
	}
	for a.take() && ctx.Err() == nil {
		n := a.draw.IntN(total)
		for _, x := range actions() {
			if n -= x.weight; n < 0 {
				if err := x.do(a, ctx); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// pick draws one of some words.
func (a *actor) pick(words ...string) string { return words[a.draw.IntN(len(words))] }

// op runs one operation as this task.
func (a *actor) op(ctx context.Context, label string, op agent.Op) error {
	r, interrupted, err := a.g.DoPatiently(ctx, a.name, op)
	if interrupted {
		a.count(op.Do + " interrupted")
	}
	if err != nil {
		return err
	}
	outcome := "ok"
	if e := syscall.Errno(r.Errno); e != 0 {
		outcome = errnoName(e)
	}
	a.count(label + ": " + outcome)
	return nil
}

// block draws a block that was hotplugged, or "" if there is none.
func (a *actor) block(ctx context.Context) (string, error) {
	blocks, err := a.g.Blocks(ctx)
	if err != nil {
		return "", err
	}
	blocks = slices.DeleteFunc(blocks, func(b string) bool { return slices.Contains(a.boot, b) })
	if len(blocks) == 0 {
		return "", nil
	}
	return memoryDir + "/" + a.pick(blocks...), nil
}

// onBlock runs an operation on a file of a drawn block, or plugs one if there is none.
func (a *actor) onBlock(ctx context.Context, label, file string, op agent.Op) error {
	block, err := a.block(ctx)
	if err != nil {
		return err
	}
	if block == "" {
		return a.plug(ctx)
	}
	op.Path = block + "/" + file
	return a.op(ctx, label, op)
}

func (a *actor) writeState(ctx context.Context) error {
	word := a.pick("online", "online_kernel", "online_movable", "online_movable", "offline", "offline", "offline", "bogus")
	return a.onBlock(ctx, "state <- "+word, "state", agent.Op{Do: agent.Write, Data: word})
}

func (a *actor) writeOnline(ctx context.Context) error {
	word := a.pick("0", "0", "1", "1", "x")
	return a.onBlock(ctx, "online <- "+word, "online", agent.Op{Do: agent.Write, Data: word})
}

func (a *actor) readBlock(ctx context.Context) error {
	file := a.pick("state", "online", "valid_zones", "removable")
	return a.onBlock(ctx, "read "+file, file, agent.Op{Do: agent.Read})
}

// dimmsPerTask bounds the DIMMs of a task, so that all tasks find slots.
const dimmsPerTask = 3

func (a *actor) plug(ctx context.Context) error {
	if len(a.dimms) == dimmsPerTask {
		return a.unplug(ctx)
	}
	id := fmt.Sprintf("%s%d", strings.ToLower(a.name), a.next)
	a.next++
	out, err := a.g.Plug(ctx, id, BlockMB*(1+a.draw.IntN(3)))
	if err != nil {
		return err
	}
	a.count("plug DIMM: " + string(out))
	if out != Refused {
		a.dimms = append(a.dimms, id)
	}
	return nil
}

func (a *actor) unplug(ctx context.Context) error {
	if len(a.dimms) == 0 {
		return a.plug(ctx)
	}
	i := a.draw.IntN(len(a.dimms))
	out, err := a.g.Unplug(ctx, a.dimms[i])
	if err != nil {
		return err
	}
	a.count("unplug DIMM: " + string(out))
	if out == Done {
		a.dimms = slices.Delete(a.dimms, i, i+1)
	}
	return nil
}

func (a *actor) resize(ctx context.Context) error {
	a.count("resize virtio-mem")
	return a.g.Resize(ctx, []int{0, 128, 200, 256}[a.draw.IntN(4)])
}

func (a *actor) autoOnline(ctx context.Context) error {
	word := a.pick("offline", "offline", "online", "online_kernel", "online_movable", "bogus")
	return a.op(ctx, "auto_online_blocks <- "+word, agent.Op{Do: agent.Write, Path: memoryDir + "/auto_online_blocks", Data: word})
}

// inject makes a notifier veto while this task does something.
func (a *actor) inject(ctx context.Context) error {
	event, value := a.pick("MEM_GOING_ONLINE", "MEM_GOING_OFFLINE"), a.pick("-12", "-16")
	write := agent.Op{Do: agent.Write, Path: injectDir + "/" + event + "/error", Data: value}
	if err := a.op(ctx, "inject "+event+" = "+value, write); err != nil {
		return err
	}
	do := []func(*actor, context.Context) error{(*actor).writeState, (*actor).writeOnline, (*actor).unplug}[a.draw.IntN(3)]
	if err := do(a, ctx); err != nil {
		return err
	}
	write.Data = "0"
	return a.op(ctx, "inject "+event+" = 0", write)
}

// lruGen makes lru_gen_change_state() of mm/vmscan.c take get_online_mems().
func (a *actor) lruGen(ctx context.Context) error {
	return a.op(ctx, "lru_gen", agent.Op{Do: agent.Write, Path: lruGenFile, Data: a.pick("0", "7")})
}

// errnoName is the symbol of an errno.
func errnoName(e syscall.Errno) string {
	names := map[syscall.Errno]string{syscall.EPERM: "EPERM", syscall.ENOENT: "ENOENT", syscall.EINTR: "EINTR", syscall.EAGAIN: "EAGAIN", syscall.ENOMEM: "ENOMEM",
		syscall.EACCES: "EACCES", syscall.EBUSY: "EBUSY", syscall.EEXIST: "EEXIST", syscall.ENODEV: "ENODEV", syscall.EINVAL: "EINVAL", syscall.ENXIO: "ENXIO"}
	if n, ok := names[e]; ok {
		return n
	}
	return fmt.Sprintf("errno %d", int(e))
}
