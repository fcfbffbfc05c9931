package solo

import (
	"fmt"
	"slices"
)

// Choices goes through all answers to the choices that a run makes, one run after the other. What is asked must depend on the answers alone. The
// zero value is at the first run.
type Choices struct {
	answers []answer // the first pos of them are those of this run so far, the others are still to be given
	pos     int
}

// answer is one of so many to a choice.
type answer struct{ n, of int }

// Choose returns the answer of this run to its next choice: a number from 0 to n-1.
func (c *Choices) Choose(n int) int {
	if c.pos == len(c.answers) {
		c.answers = append(c.answers, answer{0, n})
	}
	c.pos++
	return c.answers[c.pos-1].n
}

// Way tells the runs apart that have come here.
func (c *Choices) Way() string { return fmt.Sprint(c.answers[:c.pos]) }

// Next goes on to the next run: the last choice that has another answer takes it. It is false if there is none.
func (c *Choices) Next() bool {
	for i, a := range slices.Backward(c.answers[:c.pos]) {
		if a.n+1 < a.of {
			c.answers[i].n++
			c.answers, c.pos = c.answers[:i+1], 0
			return true
		}
	}
	return false
}
