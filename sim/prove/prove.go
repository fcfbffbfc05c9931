package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"memhp/sim"
	"memhp/sim/prove/certify"
	"memhp/sim/prove/proof"
	"memhp/spec"
)

// Config says what to prove.
type Config struct {
	// Config names kernel, actors and platform, as for a check. Blocks is 1 if it is 0; Tasks is not looked at.
	// Limits.States bounds the ideals, Limits.Time everything.
	sim.Config
	// AnyBlocks asks for any number of blocks; Blocks is not looked at. Several blocks are proved that way too, if possible.
	AnyBlocks bool
	// MaxTasks is up to how many tasks a counterexample is looked for; 0 means DefaultMaxTasks.
	MaxTasks int
}

// DefaultMaxTasks is up to how many tasks a counterexample is looked for.
const DefaultMaxTasks = 5

// Verdict is an answer.
type Verdict string

// The answers.
const (
	Proved   Verdict = "proved"
	Violated Verdict = "violated"
	Unknown  Verdict = "unknown"
)

// Result is what was found for any number of tasks.
type Result struct {
	Kernel   string   `json:"kernel"`
	Actors   []string `json:"actors"`
	Groups   []string `json:"groups,omitempty"`
	Platform string   `json:"platform,omitempty"`
	// Blocks is the number of memory blocks that was asked for, 0 for any number.
	Blocks int `json:"blocks"`
	// AnyBlocks tells that the verdict is one for any number of blocks.
	AnyBlocks bool    `json:"any_blocks"`
	Verdict   Verdict `json:"verdict"`
	// Reason says what is neither proved nor refuted.
	Reason  string  `json:"reason"`
	Seconds float64 `json:"seconds"`
	// Ideals and Nodes are the sizes of the last abstraction.
	Ideals int64 `json:"ideals"`
	Nodes  int   `json:"nodes"`
	// Certificate is the name of the file, if one was written.
	Certificate string      `json:"certificate"`
	Violations  []Violation `json:"violations"`
}

// Violation is a counterexample, and the smallest number of tasks that shows one like it.
type Violation struct {
	Tasks int `json:"tasks"`
	sim.Violation
}

// Breaks tells whether r has a counterexample of the rule.
func (r *Result) Breaks(rule string) bool {
	return slices.ContainsFunc(r.Violations, func(v Violation) bool { return v.Invariant == rule })
}

// prover is one attempt to prove a kernel right.
type prover struct {
	c       Config
	model   *sim.Model
	system  *proof.System
	result  *Result
	checked int // up to how many tasks counterexamples were looked for
	tooBig  string
}

// Prove tries to prove that no number of tasks breaks a rule. If it does, the certificate tells why. An error is a configuration that
// cannot be explored.
func Prove(ctx context.Context, c Config) (*Result, *proof.Certificate, error) {
	start := time.Now()
	if c.Limits.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Limits.Time, fmt.Errorf("longer than %s", c.Limits.Time))
		defer cancel()
	}
	r, cert, err := proveAnyFirst(ctx, c)
	if err == nil {
		r.Seconds = time.Since(start).Seconds()
	}
	return r, cert, err
}

// proveAnyFirst proves several blocks by way of any number of them, which is easier, if that leads to an answer.
func proveAnyFirst(ctx context.Context, c Config) (*Result, *proof.Certificate, error) {
	if c.Blocks > 1 && !c.AnyBlocks {
		anyBlocks := c
		anyBlocks.AnyBlocks = true
		if r, cert, err := proveOne(ctx, anyBlocks); err == nil && r.Verdict != Unknown {
			r.Blocks = c.Blocks
			return r, cert, nil
		}
	}
	return proveOne(ctx, c)
}

func proveOne(ctx context.Context, c Config) (*Result, *proof.Certificate, error) {
	c = c.withDefaults()
	m, system, err := newSystem(c)
	if err != nil {
		return nil, nil, err
	}
	p := &prover{c: c, model: m, system: system, result: newResult(c, m)}
	cert, err := p.prove(ctx)
	return p.result, cert, err
}

// newResult returns a result that says what it is about.
func newResult(c Config, m *sim.Model) *Result {
	r := &Result{Kernel: c.Kernel.String(), Groups: m.Groups, Platform: c.Platform, Blocks: c.Blocks, AnyBlocks: c.AnyBlocks,
		Verdict: Unknown, Nodes: len(m.Nodes), Violations: []Violation{}}
	for _, a := range m.Actors {
		r.Actors = append(r.Actors, a.Name)
	}
	return r
}

func (c Config) withDefaults() Config {
	if c.Blocks == 0 {
		c.Blocks = 1
	}
	if c.AnyBlocks {
		c.Blocks = 0
	}
	if c.Selection == "" {
		c.Selection = spec.GroupCore
	}
	if c.MaxTasks == 0 {
		c.MaxTasks = DefaultMaxTasks
	}
	c.Tasks = 1
	return c
}

// newSystem returns what the proof is about: the automata, and the system that they make.
func newSystem(c Config) (*sim.Model, *proof.System, error) {
	mc := c.Config
	if c.AnyBlocks {
		mc.Blocks = 2
	}
	m, err := sim.NewModel(mc)
	if err == nil && c.AnyBlocks {
		m, err = anyBlocks(m)
	}
	if err != nil {
		return nil, nil, err
	}
	s, err := export(m)
	return m, s, err
}

// Check re-checks a certificate with package certify, after it has compared the system there with that of the kernel. The result says what is
// proved; actors, platform and blocks are those of the certificate.
func Check(c Config, cert *proof.Certificate) (*Result, error) {
	start := time.Now()
	c.Selection, c.Platform, c.Blocks, c.AnyBlocks = cert.Selection, cert.Platform, cert.Blocks, cert.Blocks == 0
	if c.Kernel.String() != cert.Kernel {
		return nil, fmt.Errorf("the certificate is for kernel %s, not %s", cert.Kernel, c.Kernel)
	}
	c = c.withDefaults()
	m, s, err := newSystem(c)
	if err != nil {
		return nil, err
	}
	want, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if got, err := json.Marshal(cert.System); err != nil || !bytes.Equal(got, want) {
		return nil, fmt.Errorf("the certificate is about another system than that of kernel %s", c.Kernel)
	}
	if err := certify.Check(cert); err != nil {
		return nil, err
	}
	r := newResult(c, m)
	r.Verdict, r.Ideals, r.Seconds = Proved, int64(len(cert.Ideals)), time.Since(start).Seconds()
	return r, nil
}

// prove goes from coarse to fine abstractions. Where one has a state that breaks a rule, real ones are looked for, first with few tasks.
func (p *prover) prove(ctx context.Context) (*proof.Certificate, error) {
	levels := p.levels()
	var open []string // rules that are neither proved nor refuted
	for n := 0; n < len(levels); n++ {
		s, err := newSearch(p.model, p.system, levels[n], p.c.Config)
		if err != nil {
			return nil, err
		}
		s.open, s.bounded = open, p.result.Verdict == Violated
		s.run(ctx)
		p.result.Ideals = s.count
		if s.limit != "" && p.result.Verdict != Violated {
			p.result.Reason = s.limit
			return nil, nil
		}
		if s.end == crowded {
			levels = append(levels[:n+1], p.levelsWithoutOwners()...)
		}
		covered := len(s.waits) == 0 && !p.model.Endless
		if s.end == complete && len(s.suspects) == 0 && covered {
			p.result.Verdict = Proved
			return s.certificate(), nil
		}
		upTo := p.c.MaxTasks
		if n < len(levels)-1 && covered {
			upTo = min(n+2, upTo)
		}
		p.refute(ctx, upTo, s.suspects)
		open = p.unrefuted(s)
		p.result.Reason = p.reason(open, s)
		if len(open) == 0 || s.limit != "" || ctx.Err() != nil {
			break // a finer abstraction does not help
		}
	}
	return nil, nil
}

// unrefuted returns the rules that are neither proved nor refuted after a search. One that came to its end proves the others.
func (p *prover) unrefuted(s *search) []string {
	open := s.suspects
	if s.end != complete {
		open = slices.Compact(slices.Sorted(slices.Values(slices.Concat(open, s.open))))
	}
	return slices.DeleteFunc(slices.Clone(open), p.result.Breaks)
}

// reason says what is neither proved nor refuted, and why.
func (p *prover) reason(open []string, s *search) string {
	var parts []string
	if len(open) > 0 {
		why := "the abstraction, which does not count tasks that hold no lock for writing,"
		if s.end == tooMany {
			why = fmt.Sprintf("a search of %d ideals", s.count)
		}
		parts = append(parts, fmt.Sprintf("%s does not exclude that %s is broken", why, strings.Join(open, ", ")))
	}
	parts = append(parts, s.waits...)
	if p.model.Endless && !p.result.Breaks(spec.Progress.ID) {
		parts = append(parts, "progress is not covered, since some task may loop")
	}
	if len(parts) == 0 {
		return ""
	}
	if len(s.suspects) == 0 {
		parts = append(parts, "everything else is proved")
	}
	parts = append(parts, fmt.Sprintf("checks of up to %d tasks found nothing of it", p.checked))
	if p.tooBig != "" {
		parts = append(parts, p.tooBig)
	}
	return strings.Join(parts, "; ")
}

// refute looks for counterexamples of growing numbers of tasks, until each suspected rule has one, or it gets too much.
func (p *prover) refute(ctx context.Context, upTo int, suspects []string) {
	for tasks := p.checked + 1; tasks <= upTo; tasks++ {
		if len(p.result.Violations) > 0 && !slices.ContainsFunc(suspects, func(r string) bool { return !p.result.Breaks(r) }) {
			return
		}
		for _, blocks := range p.sizes() {
			if !p.check(ctx, tasks, blocks) {
				return
			}
		}
		p.checked = tasks
	}
}

// check checks one size, and notes the violations that smaller ones do not have. Once there are some, it is not worth much time.
func (p *prover) check(ctx context.Context, tasks, blocks int) (complete bool) {
	c := p.c.Config
	c.Tasks, c.Blocks, c.Limits = tasks, blocks, sim.Limits{States: manyStates}
	if len(p.result.Violations) > 0 {
		c.Limits.States = fewStates
	}
	r, err := sim.Check(ctx, c)
	if err != nil { // what can be explored at all was unrolled before: it is too big
		p.tooBig = err.Error()
		return false
	}
	for _, v := range r.Violations {
		if !slices.ContainsFunc(p.result.Violations, func(w Violation) bool { return w.Same(v) }) {
			p.result.Violations = append(p.result.Violations, Violation{tasks, v})
			p.result.Verdict = Violated
		}
	}
	return r.Complete
}

// The bounds of checks that look for a counterexample, and for further ones.
const (
	manyStates = 5_000_000
	fewStates  = 200_000
)

func (p *prover) sizes() []int {
	if p.c.AnyBlocks {
		return []int{1, 2}
	}
	return []int{p.c.Blocks}
}

// cause says why a context has ended.
func cause(ctx context.Context) string {
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err.Error()
	}
	return "interrupted"
}
