package spin

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const end = `
State-vector 60 byte, depth reached 11337, errors: 2
    78405 states, stored
   108807 states, matched
   187212 transitions (= stored+matched)
       18 atomic steps
`

func TestReadOutput(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Result
	}{
		"holds": {end, Result{States: 78405, Transitions: 187212, Complete: true}},
		"failing assertions": {"pan:1: assertion violated no_bug (at depth 7)\npan:2: assertion violated ( !(stuck)||no_deadlock) (at depth 8)\n" +
			"pan:3: assertion violated no_bug (at depth 9)" + end,
			Result{States: 78405, Transitions: 187212, Complete: true, Failed: []string{"no_bug", "( !(stuck)||no_deadlock)"}}},
		"too deep": {"error: max search depth too small" + end,
			Result{States: 78405, Transitions: 187212, Limit: "the search is deeper than its limit"}},
		"out of memory": {"pan: reached -DMEMLIM bound\nWarning: Search not completed" + end,
			Result{States: 78405, Transitions: 187212, Limit: "out of memory"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := read(strings.NewReader(c.in))
			require.NoError(t, err)
			require.Equal(t, c.want, *r)
		})
	}
}

func TestReadBadOutput(t *testing.T) {
	for in, message := range map[string]string{
		"": "no count of states",
		"pan:1: invalid end state (at depth 7)" + end:                                     "invalid end state",
		"error: proctype 'task' line 378, state 367: has unconditional self-loop\n" + end: "unconditional self-loop",
	} {
		_, err := read(strings.NewReader(in))
		require.ErrorContains(t, err, message)
	}
}

func TestBroken(t *testing.T) {
	r := Result{Failed: []string{"( !(stuck)||no_deadlock)", "m1_no_bug"}}
	for rule, broken := range map[string]bool{"no_deadlock": true, "m1_no_bug": true, "no_bug": false, "deadlock": false} {
		require.Equal(t, broken, r.Broken(rule), rule)
	}
}
