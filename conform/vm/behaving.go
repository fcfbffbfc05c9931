package vm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"memhp/conform/behave"
	"memhp/conform/vm/agent"
	"memhp/spec"
)

// behaviourTask is the one task of the guest that does all operations of a sequence.
const behaviourTask = "A"

// paramDir has the parameters of mm/memory_hotplug.c.
const paramDir = "/sys/module/memory_hotplug/parameters"

// behaving is a guest as a behave.System. It boots another one where a reset is not possible any more: an unmovable page may have settled
// in a block.
type behaving struct {
	config Config
	g      *Guest
	start  behave.Start
	// fresh is what there was when it had booted, last what there was at the last look.
	fresh, last behave.Facts
	// plugged are the DIMMs, by slot. handles are the files of blocks that were opened when the block came.
	plugged map[string]bool
	handles map[string]bool
	present map[string]bool
	pinned  bool
	// vetoes tells that the guest can inject errors of notifiers.
	vetoes bool
	began  time.Time // the sequence of operations
	boots  int
	counts map[string]int
}

// NewBehaving returns the system of a kernel; Close must be called.
func NewBehaving(c Config) *behaving {
	for _, d := range behave.Devices() {
		if d.Unit > 0 {
			c.Devices = append(c.Devices, "-object", fmt.Sprintf("memory-backend-ram,id=mem-%s,size=%dM", d.Name, d.Size),
				"-device", fmt.Sprintf("virtio-mem-pci,id=%s,memdev=mem-%s,requested-size=0,block-size=%dM,memaddr=%#x", d.Name, d.Name, d.Unit, d.Address<<20))
		}
	}
	return &behaving{config: c, counts: map[string]int{}}
}

// Close stops the guest.
func (s *behaving) Close() {
	if s.g != nil {
		s.g.Close()
		s.g = nil
	}
}

// bootWith has the next guest booted with a parameter of the kernel, and ends one that was booted without.
func (s *behaving) bootWith(parameter string) {
	if strings.Contains(s.config.Append, parameter) {
		return
	}
	s.config.Append = strings.TrimSpace(s.config.Append + " " + parameter)
	s.Close()
}

// Guest is the guest that runs, or nil.
func (s *behaving) Guest() *Guest { return s.g }

// Reset implements behave.System.
func (s *behaving) Reset(ctx context.Context) (behave.Start, error) {
	if s.g != nil && s.clean(ctx) == nil {
		s.began = time.Now()
		return s.start, nil
	}
	s.Close()
	g, err := Boot(ctx, s.config)
	if err != nil {
		return behave.Start{}, err
	}
	*s = behaving{config: s.config, counts: s.counts, boots: s.boots + 1, g: g, plugged: map[string]bool{}, handles: map[string]bool{}, present: map[string]bool{},
		start: behave.Start{MovableNode: strings.Contains(s.config.Append, movableNode)}}
	if err := s.ask(ctx); err != nil {
		return s.start, err
	}
	s.fresh, err = s.look(ctx)
	s.began = time.Now()
	return s.start, err
}

// needs are the files without which a kernel lacks operations.
var needs = []struct {
	dir   string
	kinds []behave.Kind
}{
	{"/sys/bus/virtio/drivers/virtio_mem", []behave.Kind{behave.Resize}},
	{injectDir, []behave.Kind{behave.Veto, behave.Allow}},
	{paramDir, []behave.Kind{behave.Policy, behave.Ratio}},
}

// ask finds out what the guest can do, and what memory it has.
func (s *behaving) ask(ctx context.Context) error {
	ops := []agent.Op{{Do: agent.Write, Path: memoryDir + "/auto_online_blocks", Data: "offline"}, {Do: agent.Read, Path: "/proc/zoneinfo"}}
	for _, n := range needs {
		ops = append(ops, agent.Op{Do: agent.List, Path: n.dir})
	}
	r, err := s.g.Do(ctx, helperTimeout, behaviourTask, ops...)
	if err != nil {
		return err
	}
	for i, n := range needs {
		if r[2+i].Errno != 0 {
			s.start.Lacks = append(s.start.Lacks, n.kinds...)
		}
	}
	s.vetoes = !slices.Contains(s.start.Lacks, behave.Veto)
	pages, err := presentPages(r[1].Data)
	if err != nil {
		return err
	}
	s.start.EarlyPages = pages["DMA"] + pages["DMA32"] + pages["Normal"] + pages["Movable"]
	s.start.Zones = pages["DMA"] > 0 && pages["DMA32"] > 0 && pages["Normal"] == 0 && pages["Movable"] == 0
	return nil
}

// presentPages returns the pages of each zone of /proc/zoneinfo.
func presentPages(zoneinfo string) (map[string]int, error) {
	out, zone := map[string]int{}, ""
	for line := range strings.Lines(zoneinfo) {
		switch f := strings.Fields(line); {
		case len(f) == 4 && f[0] == "Node" && f[2] == "zone":
			zone = f[3]
		case len(f) == 2 && f[0] == "present":
			n, err := strconv.Atoi(f[1])
			if err != nil {
				return nil, fmt.Errorf("/proc/zoneinfo: %w", err)
			}
			out[zone] += n
		}
	}
	if len(out) == 0 {
		return nil, errors.New("/proc/zoneinfo: no pages are present")
	}
	return out, nil
}

// errDirty tells that the guest cannot be reset.
var errDirty = errors.New("the guest is not as it was when it had booted")

// clean brings the guest back to what it was when it had booted.
func (s *behaving) clean(ctx context.Context) error {
	ops := []behave.Op{{Kind: behave.Unpin}, {Kind: behave.AutoOnline, Word: "offline"}, {Kind: behave.Policy, Word: "contig-zones"}, {Kind: behave.Ratio, Word: "301"}}
	for _, action := range behave.Words(behave.Allow) {
		ops = append(ops, behave.Op{Kind: behave.Allow, Word: action})
	}
	for _, d := range behave.Devices() {
		switch {
		case d.Unit > 0:
			ops = append(ops, behave.Op{Kind: behave.Resize, On: d.Name, Word: "0"})
		case s.plugged[d.Name]:
			ops = append(ops, behave.Op{Kind: behave.Unplug, On: d.Name})
		case d.Name == behave.Boot:
			ops = append(ops, s.reboot()...)
		}
	}
	for _, o := range ops {
		if slices.Contains(s.start.Lacks, o.Kind) {
			continue
		}
		if _, err := s.act(ctx, o); err != nil {
			return err
		}
	}
	now, err := s.look(ctx)
	if err != nil || !maps.Equal(now, s.fresh) {
		return errors.Join(err, errDirty)
	}
	return nil
}

// reboot brings the blocks of boot that can go offline back to the zone that they were in.
func (s *behaving) reboot() []behave.Op {
	var out []behave.Op
	for _, name := range []string{"memory1", "memory2"} {
		if s.last[behave.ZonesFact(name)] != s.fresh[behave.ZonesFact(name)] {
			out = append(out, behave.Op{Kind: behave.State, On: name, Word: "offline"}, behave.Op{Kind: behave.State, On: name, Word: "online_kernel"})
		}
	}
	return out
}

// retryMargin is for clocks that differ.
const retryMargin = 5 * time.Second

// Do implements behave.System.
func (s *behaving) Do(ctx context.Context, o behave.Op) (behave.Seen, error) {
	seen, err := s.act(ctx, o)
	s.counts[fmt.Sprintf("%s: %s", o.What(), seen.Result)]++
	if err == nil {
		seen.Facts, err = s.look(ctx)
	}
	seen.Late = time.Since(s.began) > behave.RetryAfter-retryMargin
	return seen, err
}

// act does an operation, and waits until all that it sets off is over.
func (s *behaving) act(ctx context.Context, o behave.Op) (behave.Seen, error) {
	seen := behave.Seen{Result: spec.OK.String()}
	var err error
	switch o.Kind {
	case behave.Plug, behave.Unplug, behave.Resize:
		var out Outcome
		if out, err = s.hotplug(ctx, o); out == Silent {
			err = errors.Join(err, fmt.Errorf("%w: no report of %s", ErrHang, o))
		}
		seen.Result = string(out)
	case behave.State, behave.Online:
		seen.Result, seen.Interrupted, err = s.store(ctx, o)
	case behave.AutoOnline:
		seen.Result, seen.Interrupted, err = s.write(ctx, memoryDir+"/auto_online_blocks", o.Word)
	case behave.Policy:
		seen.Result, seen.Interrupted, err = s.write(ctx, paramDir+"/online_policy", o.Word)
	case behave.Ratio:
		seen.Result, seen.Interrupted, err = s.write(ctx, paramDir+"/auto_movable_ratio", o.Word)
	case behave.Veto, behave.Allow:
		err = s.setVeto(ctx, o)
	case behave.Pin, behave.Unpin:
		err = s.pin(ctx, o.Kind)
	}
	if err == nil && o.OnVirtioMem() {
		err = s.quiet(ctx)
	}
	return seen, err
}

// hotplug is a request of QEMU.
func (s *behaving) hotplug(ctx context.Context, o behave.Op) (Outcome, error) {
	switch {
	case o.Kind == behave.Resize:
		mb, err := strconv.Atoi(o.Word)
		if err != nil {
			return "", fmt.Errorf("size %q of a virtio-mem device: %w", o.Word, err)
		}
		if _, err = s.g.qmp.run(ctx, "qom-set", map[string]any{"path": "/machine/peripheral/" + o.On, "property": "requested-size", "value": mb << 20}); err != nil {
			return refused(err)
		}
		return Done, nil
	case s.plugged[o.On] == (o.Kind == behave.Plug): // QEMU would say so
		return Refused, nil
	case o.Kind == behave.Unplug:
		out, err := s.g.Unplug(ctx, o.On)
		s.plugged[o.On] = out != Done
		return out, err
	}
	bytes, address := behave.DIMM(o.On, o.Word)
	out, err := s.g.PlugAt(ctx, o.On, bytes>>20, address)
	s.plugged[o.On] = out == Done
	return out, err
}

// store writes through a file that was opened when the block came, so that a block that is gone still has somebody who writes: kernfs
// answers ENODEV. Where there never was a block there is no file to open, which says the same.
func (s *behaving) store(ctx context.Context, o behave.Op) (string, bool, error) {
	file := handle(o.On, string(o.Kind))
	if !s.handles[o.On] {
		return s.write(ctx, memoryDir+"/"+file, o.Word)
	}
	return s.result(ctx, agent.Op{Do: agent.WriteTo, Handle: file, Data: o.Word})
}

// handle names an open file of a block.
func handle(block, file string) string { return block + "/" + file }

func (s *behaving) write(ctx context.Context, path, word string) (string, bool, error) {
	return s.result(ctx, agent.Op{Do: agent.Write, Path: path, Data: word})
}

func (s *behaving) result(ctx context.Context, op agent.Op) (string, bool, error) {
	r, interrupted, err := s.g.DoPatiently(ctx, behaviourTask, op)
	if err != nil {
		return "", interrupted, err
	}
	e := spec.Errno(-r.Errno)
	if syscall.Errno(r.Errno) == syscall.ENOENT {
		e = spec.ENODEV
	}
	if e == spec.OK && r.N != len(op.Data) {
		return fmt.Sprint(r.N), interrupted, nil // a store that returned something else than the length
	}
	return e.String(), interrupted, nil
}

// setVeto makes a notifier veto an action, or lets it pass.
func (s *behaving) setVeto(ctx context.Context, o behave.Op) error {
	action, errno, vetoes := strings.Cut(o.Word, " ")
	if !vetoes {
		errno = "0"
	}
	got, _, err := s.write(ctx, injectDir+"/"+action+"/error", errno)
	if err == nil && got != spec.OK.String() {
		return fmt.Errorf("inject an error into %s: %s", action, got)
	}
	return err
}

// pins is how often a file is opened, so that the kernel allocates some pages for it: no limit of open files is below.
const pins = 900

// pin opens a file many times, or closes all of them.
func (s *behaving) pin(ctx context.Context, k behave.Kind) error {
	if s.pinned == (k == behave.Pin) {
		return nil
	}
	s.pinned = k == behave.Pin
	var ops []agent.Op
	for i := range pins {
		op := agent.Op{Do: agent.Close, Handle: fmt.Sprint("pin", i)}
		if s.pinned {
			op.Do, op.Path = agent.Open, memoryDir+"/auto_online_blocks"
		}
		ops = append(ops, op)
	}
	r, err := s.g.Do(ctx, helperTimeout, "pinner", ops...)
	for _, x := range r {
		if x.Errno != 0 && err == nil {
			err = fmt.Errorf("%s %s %d times: %w", ops[0].Do, memoryDir, pins, syscall.Errno(x.Errno))
		}
	}
	return err
}
