package vm

import (
	"context"
	"math/rand/v2"
	"time"

	"memhp/conform/behave"
	"memhp/spec"
)

// Behaviour is what the comparison of a kernel's behaviour with the specification gave.
type Behaviour struct {
	Sequences int `json:"sequences"`
	Ops       int `json:"ops"`
	// Vetoes tells that notifiers vetoed: the kernel has CONFIG_MEMORY_NOTIFIER_ERROR_INJECT, built in or as a module.
	Vetoes bool `json:"vetoes"`
	// Counts says how often each operation ended how.
	Counts map[string]int `json:"counts"`
	// Boots is how many guests it took.
	Boots   int     `json:"boots"`
	Seconds float64 `json:"seconds"`
	// Difference is the first that was found, shrunk, or nil.
	Difference *behave.Difference `json:"difference,omitempty"`
}

// sequenceLength is how many operations are drawn between two resets.
const sequenceLength = 25

// movableNode is the parameter by which blocks go to ZONE_MOVABLE unless they are near others: cmdline_parse_movable_node(), mm/memory_hotplug.c.
const movableNode = "movable_node"

// CompareBehaviour draws sequences of operations until there are so many, and compares what the guest does with what kernel k of the
// specification predicts. Every third sequence is for a guest that was booted with movable_node, and comes last. A difference ends it, and is shrunk.
func CompareBehaviour(ctx context.Context, s *behaving, k spec.Kernel, ops int, seed uint64) (b Behaviour, err error) {
	start := time.Now()
	defer func() {
		b.Boots, b.Counts, b.Vetoes, b.Seconds = s.boots, s.counts, s.vetoes, time.Since(start).Seconds()
	}()
	if _, err := s.Reset(ctx); err != nil {
		return b, err
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	for b.Ops < ops {
		if b.Ops >= ops*2/3 {
			s.bootWith(movableNode)
		}
		sequence, err := behave.Sequence(k, s.start, min(sequenceLength, ops-b.Ops), func(_ string, n int) int { return draw.IntN(n) })
		if err != nil {
			return b, err
		}
		d, err := behave.Compare(ctx, s, k, sequence)
		if err != nil {
			return b, err
		}
		b.Sequences++
		b.Ops += len(sequence)
		if d != nil {
			b.Difference, err = shrink(ctx, s, k, d)
			return b, err
		}
	}
	return b, nil
}

// shrinkTime bounds the shrinking of a difference: each try may need a guest of its own.
const shrinkTime = 90 * time.Second

// shrink shortens a difference as far as there is time.
func shrink(ctx context.Context, s *behaving, k spec.Kernel, d *behave.Difference) (*behave.Difference, error) {
	limited, cancel := context.WithTimeout(ctx, shrinkTime)
	defer cancel()
	d, err := behave.Shrink(limited, s, k, d)
	if limited.Err() != nil && ctx.Err() == nil {
		err = nil // what there is by now is a difference too
	}
	return d, err
}
