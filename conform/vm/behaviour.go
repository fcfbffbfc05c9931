package vm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"memhp/conform/behave"
	"memhp/conform/vm/agent"
	"memhp/spec"
)

// behaviourTask is the one task of the guest that does all operations of a sequence.
const behaviourTask = "A"

// vetoErrno is what an injected veto returns: EPERM is how the specification writes NOTIFY_BAD, and notifier_from_errno() makes just that
// of it (include/linux/notifier.h).
const vetoErrno = "-1"

// behaving is a guest as a behave.System. It boots another one where a reset is not possible any more: an unmovable page may have settled
// in a block.
type behaving struct {
	config Config
	g      *Guest
	slots  [behave.Slots]slot
	// vetoes tells that the guest can inject errors of notifiers.
	vetoes bool
	boots  int
}

// slot is where a DIMM goes: its address never changes, so that its block always has the same number.
type slot struct {
	plugged bool
	handles bool // state and online of its last block were opened
}

// NewBehaving returns the system of a kernel; Close must be called.
func NewBehaving(c Config) *behaving { return &behaving{config: c} }

// Close stops the guest.
func (s *behaving) Close() {
	if s.g != nil {
		s.g.Close()
	}
}

// Guest is the guest that runs, or nil.
func (s *behaving) Guest() *Guest { return s.g }

// Reset implements behave.System.
func (s *behaving) Reset(ctx context.Context) error {
	if s.g != nil && s.clean(ctx) == nil {
		return nil
	}
	s.Close()
	g, err := Boot(ctx, s.config)
	if err != nil {
		return err
	}
	s.g, s.slots = g, [behave.Slots]slot{}
	s.boots++
	r, err := g.Do(ctx, helperTimeout, behaviourTask, agent.Op{Do: agent.Write, Path: memoryDir + "/auto_online_blocks", Data: "offline"},
		agent.Op{Do: agent.List, Path: injectDir})
	if err == nil {
		s.vetoes = r[1].Errno == 0
	}
	return err
}

// errDirty tells that the guest cannot be reset.
var errDirty = errors.New("a block cannot be unplugged")

func (s *behaving) clean(ctx context.Context) error {
	for _, event := range behave.Words(behave.Allow) {
		if !s.vetoes {
			break
		}
		if err := s.setVeto(ctx, event, "0"); err != nil {
			return err
		}
	}
	if _, err := s.write(ctx, memoryDir+"/auto_online_blocks", "offline"); err != nil {
		return err
	}
	for i := range s.slots {
		if !s.slots[i].plugged {
			continue
		}
		if out, err := s.unplug(ctx, i); err != nil || out != Done {
			return errors.Join(err, errDirty)
		}
	}
	for i := range s.slots {
		if err := s.forget(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// Do implements behave.System.
func (s *behaving) Do(ctx context.Context, o behave.Op) (behave.Seen, error) {
	var seen behave.Seen
	var err error
	switch o.Kind {
	case behave.Plug, behave.Unplug:
		var out Outcome
		if o.Kind == behave.Plug {
			out, err = s.plug(ctx, o.Slot)
		} else {
			out, err = s.unplug(ctx, o.Slot)
		}
		if out == Silent {
			err = errors.Join(err, fmt.Errorf("%w: no report of %s", ErrHang, o))
		}
		seen.Result = string(out)
	case behave.State, behave.Online:
		seen.Result, err = s.store(ctx, o.Slot, string(o.Kind), o.Word)
	case behave.AutoOnline:
		seen.Result, err = s.write(ctx, memoryDir+"/auto_online_blocks", o.Word)
	case behave.Veto:
		seen.Result, err = spec.OK.String(), s.setVeto(ctx, o.Word, vetoErrno)
	case behave.Allow:
		seen.Result, err = spec.OK.String(), s.setVeto(ctx, o.Word, "0")
	}
	if err == nil {
		seen.Blocks, err = s.look(ctx)
	}
	return seen, err
}

// plug plugs a DIMM of one block at the address of the slot. A slot that is full refuses in QEMU already: the specification calls that EEXIST.
func (s *behaving) plug(ctx context.Context, i int) (Outcome, error) {
	if s.slots[i].plugged {
		return Refused, nil
	}
	if err := s.forget(ctx, i); err != nil {
		return "", err
	}
	out, err := s.g.PlugAt(ctx, dimmID(i), BlockMB, dimmBase+uint64(i)*BlockMB<<20)
	if err != nil || out != Done {
		return out, err
	}
	s.slots[i].plugged = true
	_, err = s.g.Do(ctx, helperTimeout, behaviourTask, agent.Op{Do: agent.Open, Path: s.path(i, "state"), Handle: handle(i, "state")},
		agent.Op{Do: agent.Open, Path: s.path(i, "online"), Handle: handle(i, "online")})
	s.slots[i].handles = err == nil
	return out, err
}

// unplug ejects the DIMM of a slot. An empty slot has nothing to eject: the specification calls that ENODEV.
func (s *behaving) unplug(ctx context.Context, i int) (Outcome, error) {
	if !s.slots[i].plugged {
		return Refused, nil
	}
	out, err := s.g.Unplug(ctx, dimmID(i))
	if out == Done {
		s.slots[i].plugged = false
	}
	return out, err
}

// forget closes what is open of a block that is gone.
func (s *behaving) forget(ctx context.Context, i int) error {
	if !s.slots[i].handles {
		return nil
	}
	s.slots[i].handles = false
	_, err := s.g.Do(ctx, helperTimeout, behaviourTask, agent.Op{Do: agent.Close, Handle: handle(i, "state")}, agent.Op{Do: agent.Close, Handle: handle(i, "online")})
	return err
}

// dimmBase is where QEMU's machine pc puts hotplugged memory when all of the guest's own is below 4 GiB.
const dimmBase = 4 << 30

func dimmID(i int) string { return fmt.Sprintf("slot%d", i) }

func handle(i int, file string) string { return fmt.Sprintf("%s %d", file, i) }

func (s *behaving) path(i int, file string) string {
	return fmt.Sprintf("%s/memory%d/%s", memoryDir, dimmBase/(BlockMB<<20)+i, file)
}

// store writes through a file that was opened when the block came, so that a block that is gone still has somebody who writes: kernfs
// answers ENODEV. Where nothing was ever plugged there is no file to open, which says the same.
func (s *behaving) store(ctx context.Context, i int, file, word string) (string, error) {
	if !s.slots[i].handles {
		return s.write(ctx, s.path(i, file), word)
	}
	return s.result(ctx, agent.Op{Do: agent.WriteTo, Handle: handle(i, file), Data: word})
}

func (s *behaving) write(ctx context.Context, path, word string) (string, error) {
	return s.result(ctx, agent.Op{Do: agent.Write, Path: path, Data: word})
}

func (s *behaving) result(ctx context.Context, op agent.Op) (string, error) {
	r, _, err := s.g.DoPatiently(ctx, behaviourTask, op)
	if err != nil {
		return "", err
	}
	e := spec.Errno(-r.Errno)
	if syscall.Errno(r.Errno) == syscall.ENOENT {
		e = spec.ENODEV
	}
	if e == spec.OK && r.N != len(op.Data) {
		return fmt.Sprint(r.N), nil // a store that returned something else than the length
	}
	return e.String(), nil
}

func (s *behaving) setVeto(ctx context.Context, event, errno string) error {
	got, err := s.write(ctx, injectDir+"/"+event+"/error", errno)
	if err == nil && got != spec.OK.String() {
		return fmt.Errorf("inject an error into %s: %s", event, got)
	}
	return err
}

// look reads all blocks.
func (s *behaving) look(ctx context.Context) (behave.Blocks, error) {
	var ops []agent.Op
	for i := range s.slots {
		for _, file := range []string{"state", "online", "valid_zones"} {
			ops = append(ops, agent.Op{Do: agent.Read, Path: s.path(i, file)})
		}
	}
	r, err := s.g.Do(ctx, helperTimeout, behaviourTask, ops...)
	if err != nil {
		return nil, err
	}
	out := make(behave.Blocks, len(s.slots))
	for i := range out {
		state, online, zones := r[3*i], r[3*i+1], r[3*i+2]
		if state.Errno != 0 && online.Errno != 0 {
			continue
		}
		out[i] = behave.Block{Present: true, State: strings.TrimSpace(state.Data), Online: strings.TrimSpace(online.Data)}
		if out[i].State == "online" {
			out[i].Zone = zoneOf(zones.Data)
		}
	}
	return out, nil
}

func zoneOf(validZones string) string {
	if strings.HasPrefix(validZones, "Movable") {
		return behave.Movable
	}
	return behave.KernelZone
}

// Behaviour is what the comparison of a kernel's behaviour with the specification gave.
type Behaviour struct {
	Sequences int `json:"sequences"`
	Ops       int `json:"ops"`
	// Vetoes tells that notifiers vetoed: the kernel has CONFIG_MEMORY_NOTIFIER_ERROR_INJECT, built in or as a module.
	Vetoes bool `json:"vetoes"`
	// Boots is how many guests it took.
	Boots   int     `json:"boots"`
	Seconds float64 `json:"seconds"`
	// Difference is the first that was found, shrunk, or nil.
	Difference *behave.Difference `json:"difference,omitempty"`
}

// sequenceLength is how many operations are drawn between two resets.
const sequenceLength = 25

// CompareBehaviour draws sequences of operations until there are so many, and compares what the guest does with what kernel k of the
// specification predicts. A difference ends it, and is shrunk.
func CompareBehaviour(ctx context.Context, s *behaving, k spec.Kernel, ops int, seed uint64) (b Behaviour, err error) {
	start := time.Now()
	defer func() { b.Boots, b.Vetoes, b.Seconds = s.boots, s.vetoes, time.Since(start).Seconds() }()
	if err := s.Reset(ctx); err != nil {
		return b, err
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	for b.Ops < ops {
		sequence := s.drawSequence(draw, min(sequenceLength, ops-b.Ops))
		d, err := behave.Compare(ctx, s, k, sequence)
		if err != nil {
			return b, err
		}
		b.Sequences++
		b.Ops += len(sequence)
		if d != nil {
			b.Difference, err = behave.Shrink(ctx, s, k, d)
			return b, err
		}
	}
	return b, nil
}

// drawSequence draws so many operations that the guest can do.
func (s *behaving) drawSequence(draw *rand.Rand, n int) []behave.Op {
	var out []behave.Op
	for len(out) < n {
		o := behave.Draw(func(_ string, n int) int { return draw.IntN(n) })
		if s.vetoes || o.Kind != behave.Veto && o.Kind != behave.Allow {
			out = append(out, o)
		}
	}
	return out
}
