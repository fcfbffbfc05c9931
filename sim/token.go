package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"memhp/spec"
)

// token writes schedules in a form that can be pasted: kernel, actors, size, invariant and function, a check on the
// automata, and for each schedule its start and its moves, a letter for the task and the number of the outcome.
func (c Config) token(d distinct, nodes int, schedules ...schedule) string {
	size := fmt.Sprintf("%dx%d", c.Tasks, c.Blocks)
	if c.Reductions.NoLipton {
		size += "p"
	}
	if c.Reductions.NoFocus && c.Blocks > 1 {
		size += "w"
	}
	actors := c.Selection
	if c.Platform != "" {
		actors += "@" + c.Platform
	}
	parts := []string{c.Kernel.String(), actors, size, d.tokenRule(), strconv.Itoa(nodes)}
	for _, s := range schedules {
		w := strconv.Itoa(s.init)
		for _, m := range s.moves {
			w += "." + string(rune('a'+m.task)) + strconv.Itoa(m.outcome)
		}
		if d.invariant == spec.LockOrder {
			w += ".r" + strconv.Itoa(s.request)
		}
		parts = append(parts, w)
	}
	return strings.Join(parts, ":")
}

// tokenRule names the rule, and which of several ways to break it is meant: one operation may break it in several
// functions, and one state may have several stuck sets.
func (d distinct) tokenRule() string {
	switch d.invariant {
	case spec.LockOrder:
		return d.invariant.ID
	case spec.NoDeadlock:
		return d.invariant.ID + "/" + strings.Join(d.actors, ",")
	case spec.Progress:
		return d.invariant.ID + "/" + strings.ReplaceAll(d.function, ", ", ",")
	}
	return d.invariant.ID + "/" + d.function
}

// tokenParts is a token that was read.
type tokenParts struct {
	config    Config
	invariant *spec.Invariant
	rule      string // as tokenRule writes it
	nodes     int
	schedules []schedule
}

func parseToken(s string) (tokenParts, error) {
	f := strings.Split(strings.TrimSpace(s), ":")
	if len(f) < 6 {
		return tokenParts{}, fmt.Errorf("token: expected KERNEL:ACTORS[@PLATFORM]:TASKSxBLOCKS:INVARIANT[/WAY]:NODES:SCHEDULE, got %d of 6 parts", len(f))
	}
	k, err := spec.ParseKernel(f[0])
	if err != nil {
		return tokenParts{}, fmt.Errorf("token: %w", err)
	}
	t := tokenParts{config: Config{Kernel: k}}
	t.config.Selection, t.config.Platform, _ = strings.Cut(f[1], "@")
	size, whole := strings.CutSuffix(f[2], "w")
	size, plain := strings.CutSuffix(size, "p")
	t.config.Reductions = Reductions{NoLipton: plain, NoFocus: whole}
	if !parseSize(size, &t.config) {
		return t, fmt.Errorf("token: size %q: expected TASKSxBLOCKS", f[2])
	}
	id, _, _ := strings.Cut(f[3], "/")
	t.rule = f[3]
	i := slices.IndexFunc(spec.Invariants(), func(inv *spec.Invariant) bool { return inv.ID == id })
	if i < 0 {
		return t, fmt.Errorf("token: unknown invariant %q", id)
	}
	t.invariant = spec.Invariants()[i]
	if t.nodes, err = strconv.Atoi(f[4]); err != nil {
		return t, fmt.Errorf("token: %q is no number of nodes", f[4])
	}
	for _, w := range f[5:] {
		sch, err := parseSchedule(w)
		if err != nil {
			return t, err
		}
		t.schedules = append(t.schedules, sch)
	}
	return t, nil
}

func parseSize(s string, c *Config) bool {
	tasks, blocks, _ := strings.Cut(s, "x")
	var err1, err2 error
	c.Tasks, err1 = strconv.Atoi(tasks)
	c.Blocks, err2 = strconv.Atoi(blocks)
	return err1 == nil && err2 == nil && c.Tasks != 0 && c.Blocks != 0 // 0 would stand for the default
}

func parseSchedule(w string) (schedule, error) {
	words := strings.Split(w, ".")
	init, err := strconv.Atoi(words[0])
	if err != nil {
		return schedule{}, fmt.Errorf("token: start %q is no number", words[0])
	}
	s := schedule{init: init}
	for _, m := range words[1:] {
		if n, isRequest := strings.CutPrefix(m, "r"); isRequest {
			if s.request, err = strconv.Atoi(n); err != nil {
				return s, fmt.Errorf("token: request %q: expected r and a number", m)
			}
			continue
		}
		if m == "" || m[0] < 'a' || m[0] >= 'a'+maxTasks {
			return s, fmt.Errorf("token: move %q: expected a letter for the task and a number", m)
		}
		n, err := strconv.Atoi(m[1:])
		if err != nil || n < 0 {
			return s, fmt.Errorf("token: move %q: expected a letter for the task and a number", m)
		}
		s.moves = append(s.moves, move{int(m[0] - 'a'), n})
	}
	return s, nil
}
