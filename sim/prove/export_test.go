package prove

import (
	"context"

	"memhp/sim/prove/certify"
)

// CheckWrong lets the checker judge the ideals that the finest abstraction finds, although some states in them break a rule.
func CheckWrong(c Config) error {
	m, system, err := newSystem(c.withDefaults())
	if err != nil {
		return err
	}
	p := &prover{model: m, system: system}
	levels := p.levels()
	s, err := newSearch(m, system, levels[len(levels)-1], c.withDefaults().Config)
	if err != nil {
		return err
	}
	s.run(context.Background())
	return certify.Check(s.certificate())
}
