package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"memhp/sim"
	"memhp/sim/prove/certify"
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
func (r *Result) Breaks(rule *spec.Invariant) bool {
	return slices.ContainsFunc(r.Violations, func(v Violation) bool { return v.Invariant == rule.ID })
}

// prover is one attempt to prove a kernel right.
type prover struct {
	c       Config
	model   *sim.Model
	result  *Result
	checked int // up to how many tasks counterexamples were looked for
	tooBig  string
}

// Prove tries to prove that no number of tasks breaks a rule. If it does, the certificate tells why. An error is a configuration that
// cannot be explored.
func Prove(ctx context.Context, c Config) (*Result, *certify.Certificate, error) {
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
func proveAnyFirst(ctx context.Context, c Config) (*Result, *certify.Certificate, error) {
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

func proveOne(ctx context.Context, c Config) (*Result, *certify.Certificate, error) {
	c = c.withDefaults()
	m, err := newModel(c)
	if err != nil {
		return nil, nil, err
	}
	p := &prover{c: c, model: m, result: &Result{Kernel: c.Kernel.String(), Groups: m.Groups, Platform: c.Platform,
		Blocks: c.Blocks, AnyBlocks: c.AnyBlocks, Verdict: Unknown, Nodes: len(m.Nodes), Violations: []Violation{}}}
	for _, a := range m.Actors {
		p.result.Actors = append(p.result.Actors, a.Name)
	}
	cert, err := p.prove(ctx)
	return p.result, cert, err
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

// newModel returns the automata that the proof is about.
func newModel(c Config) (*sim.Model, error) {
	mc := c.Config
	if c.AnyBlocks {
		mc.Blocks = 2
	}
	m, err := sim.NewModel(mc)
	if err != nil || !c.AnyBlocks {
		return m, err
	}
	return anyBlocks(m)
}

// Check re-checks a certificate with package certify.
func Check(c Config, cert *certify.Certificate) error {
	c.Selection, c.Platform, c.Blocks, c.AnyBlocks = cert.Selection, cert.Platform, cert.Blocks, cert.Blocks == 0
	if c.Kernel.String() != cert.Kernel {
		return fmt.Errorf("the certificate is for kernel %s, not %s", cert.Kernel, c.Kernel)
	}
	m, err := newModel(c.withDefaults())
	if err != nil {
		return err
	}
	return certify.Check(m, cert)
}

// prove goes from coarse to fine abstractions. Where one has a state that breaks a rule, real ones are looked for, first with few tasks.
func (p *prover) prove(ctx context.Context) (*certify.Certificate, error) {
	levels := p.levels()
	for n, counted := range levels {
		s, err := newSearch(p.model, counted, p.c.Config)
		if err != nil {
			return nil, err
		}
		s.run(ctx)
		p.result.Ideals = s.count
		if s.limit != "" {
			p.result.Reason = s.limit
			return nil, nil
		}
		covered := len(s.waits) == 0 && !p.model.Endless
		if len(s.suspects) == 0 && covered {
			p.result.Verdict = Proved
			return s.certificate(), nil
		}
		upTo := p.c.MaxTasks
		if n < len(levels)-1 && covered {
			upTo = min(n+2, upTo)
		}
		p.refute(ctx, upTo, s.suspects)
		p.result.Reason = p.open(s)
		if p.result.Verdict == Violated || len(s.suspects) == 0 || ctx.Err() != nil {
			break // a finer abstraction does not help
		}
	}
	return nil, nil
}

// open says what is neither proved nor refuted.
func (p *prover) open(s *search) string {
	var parts, suspects []string
	for _, r := range s.suspects {
		if !p.result.Breaks(r) {
			suspects = append(suspects, r.ID)
		}
	}
	if len(suspects) > 0 {
		parts = append(parts, fmt.Sprintf("the abstraction does not exclude that %s is broken", strings.Join(suspects, ", ")))
	}
	for _, v := range s.waits {
		parts = append(parts, fmt.Sprintf("no-deadlock is not covered where tasks wait for %s", v))
	}
	if p.model.Endless && !p.result.Breaks(spec.Progress) {
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

// levels returns the classes of locks whose holders are counted, from coarse to fine: those of the lock that is held at the most nodes, of
// the two such locks, and of all.
func (p *prover) levels() [][]*spec.LockClass {
	count := map[*spec.LockClass]int{}
	var all []*spec.LockClass
	for _, n := range p.model.Nodes {
		for _, h := range n.Held {
			if h.Mode != spec.Write {
				continue
			}
			if count[h.Lock.Class]++; count[h.Lock.Class] == 1 {
				all = append(all, h.Lock.Class)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *spec.LockClass) int { return count[b] - count[a] })
	if len(all) <= 2 {
		return [][]*spec.LockClass{all}
	}
	return [][]*spec.LockClass{all[:1], all[:2], all}
}

// refute looks for counterexamples with growing numbers of tasks, until each suspected rule has one, or it gets too much.
func (p *prover) refute(ctx context.Context, upTo int, suspects []*spec.Invariant) {
	for tasks := p.checked + 1; tasks <= p.c.MaxTasks; tasks++ {
		refuted := len(p.result.Violations) > 0 && !slices.ContainsFunc(suspects, func(r *spec.Invariant) bool { return !p.result.Breaks(r) })
		if refuted || tasks > upTo && len(p.result.Violations) == 0 {
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
