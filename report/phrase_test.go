package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim"
)

// What a choice is about, and what was chosen: answers are listed after a colon, or are all of the question, or are yes and no.
func TestPhraseOfAChoice(t *testing.T) {
	for _, c := range []struct{ question, value, want string }{
		{"an allocation fails", "yes", "an allocation fails"},
		{"an allocation fails", "no", "an allocation fails: no"},
		{"value written: 0, 1, x", "1", "value written: 1"},
		{"a signal, a page that cannot be moved, time is over", "time is over", "time is over"},
		{"which way", "2", "which way: 2"},
	} {
		require.Equal(t, c.want, Phrase(sim.Step{Op: "choose", Object: c.question, Value: c.value}))
	}
}
