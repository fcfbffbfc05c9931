package props

import (
	"context"
	"flag"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memhp/sim"
	"memhp/spec"
)

const (
	rightKernel = "v4.20+d2ab99403ee0+eca499ab3749"
	seedAlone   = "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Several tests expect a property to fail, and shrink it; those failures are not to be kept.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func kernel(t rapid.TB, name string) spec.Kernel {
	k, err := spec.ParseKernel(name)
	require.NoError(t, err)
	return k
}

func walker(t rapid.TB, c sim.Config) *sim.Walker {
	w, err := sim.NewWalker(c)
	require.NoError(t, err)
	return w
}

func check(t rapid.TB, c sim.Config) *sim.Result {
	r, err := sim.Check(context.Background(), c)
	require.NoError(t, err)
	require.True(t, r.Complete, r.Limit)
	return r
}

// take makes a random walk whose choices rapid draws, and can shrink.
func take(t *rapid.T, w *sim.Walker, steps int) sim.Walk {
	walk, err := w.Walk(func(label string, n int) int {
		return rapid.IntRange(0, n-1).Draw(t, label)
	}, rapid.IntRange(1, steps).Draw(t, "steps"))
	require.NoError(t, err)
	return walk
}

// probe is a TB that notes failure instead of failing a test.
type probe struct {
	testing.TB
	failed bool
}

func (p *probe) Helper()               {}
func (p *probe) Name() string          { return p.TB.Name() }
func (p *probe) Logf(string, ...any)   {}
func (p *probe) Log(...any)            {}
func (p *probe) Errorf(string, ...any) { p.failed = true }
func (p *probe) Error(...any)          { p.failed = true }
func (p *probe) Fail()                 { p.failed = true }
func (p *probe) Failed() bool          { return p.failed }
func (p *probe) FailNow()              { p.failed = true; runtime.Goexit() }
func (p *probe) Fatalf(string, ...any) { p.FailNow() }
func (p *probe) Fatal(...any)          { p.FailNow() }

// hunt looks for a violation by random search, at most budget walks, and returns the one that rapid shrank it to.
func hunt(t *testing.T, w *sim.Walker, budget, steps int, wanted func(*sim.Violation) bool) *sim.Violation {
	t.Helper()
	var last *sim.Violation
	w.Untraced = true
	refuted(t, budget, func(t *rapid.T) {
		if walk := take(t, w, steps); walk.Violation != nil && wanted(walk.Violation) {
			last = walk.Violation
			t.Fatalf("%s", last.Invariant)
		}
	})
	return last
}

// refuted tells whether random search, of so many checks, finds where a property is false; rapid shrinks that. It must not run beside
// other tests of properties, since rapid keeps the number of checks in a global flag.
func refuted(t *testing.T, checks int, property func(*rapid.T)) bool {
	t.Helper()
	defer setFlag(t, "rapid.checks", strconv.Itoa(checks))()
	p := &probe{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		rapid.Check(p, property)
	}()
	<-done
	return p.failed
}

// setFlag sets a flag of rapid, and returns what sets it back.
func setFlag(t *testing.T, name, value string) (reset func()) {
	t.Helper()
	before := flag.Lookup(name).Value.String()
	require.NoError(t, flag.Set(name, value))
	return func() { require.NoError(t, flag.Set(name, before)) }
}

// oneInChecks lets rapid make one in so many of the runs that it was asked for, until the test and its subtests end.
func oneInChecks(t *testing.T, share int) {
	t.Helper()
	n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	require.NoError(t, err)
	t.Cleanup(setFlag(t, "rapid.checks", strconv.Itoa((n+share-1)/share)))
}

// signature is what makes two violations the same.
func signature(v sim.Violation) string {
	return v.Invariant + ": " + v.Function + " by " + strings.Join(v.Actors, ", ")
}

func signatures(r *sim.Result) []string {
	var out []string
	for _, v := range r.Violations {
		if v.Invariant != spec.LockOrder.ID { // a property of all paths, which no single walk shows
			out = append(out, signature(v))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
