package sim_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memhp/sim"
)

// seed is the kernel of the commit at which the work on the model began, with the two others of its series.
const seed = "v4.19+8df1d0e4a265+d15e59260f62+381eab4a6ee"

// BenchmarkCheck is the time to a verdict, unrolling included.
func BenchmarkCheck(b *testing.B) {
	for _, k := range []string{"v3.18", "v4.6", "v4.14", "v4.16", "v4.19", "v4.19+8df1d0e4a265", seed, "v4.20", rightOne, "v6.12"} {
		for _, size := range []sim.Config{{Tasks: 3, Blocks: 2}, {Tasks: 4, Blocks: 2}, {Tasks: 5, Blocks: 2}} {
			b.Run(fmt.Sprintf("%s/%dx%d", k, size.Tasks, size.Blocks), func(b *testing.B) {
				size.Kernel = mustKernel(b, k)
				size.Limits = sim.Limits{Bytes: 8 << 30, Time: 10 * time.Minute}
				measure(b, size)
			})
		}
	}
}

// BenchmarkJobs searches many states with one worker and with two: states/s tells what the second one is worth.
func BenchmarkJobs(b *testing.B) {
	for _, jobs := range []int{1, 2} {
		b.Run(fmt.Sprint(jobs), func(b *testing.B) {
			measure(b, sim.Config{Kernel: mustKernel(b, "v4.19"), Tasks: 3, Blocks: 2, Jobs: jobs, Reductions: sim.Reductions{NoFocus: true},
				Limits: sim.Limits{States: 10_000_000}})
		})
	}
}

// BenchmarkPlain searches without reductions, with one worker.
func BenchmarkPlain(b *testing.B) {
	measure(b, sim.Config{Kernel: mustKernel(b, "v4.20"), Tasks: 2, Blocks: 1, Jobs: 1,
		Reductions: sim.Reductions{NoSymmetry: true, NoBlockSymmetry: true, NoLipton: true, NoSlicing: true, NoFocus: true}})
}

func measure(b *testing.B, c sim.Config) {
	var states, bytes, seconds float64
	for b.Loop() {
		r, err := sim.Check(context.Background(), c)
		require.NoError(b, err)
		states, bytes, seconds = states+float64(r.States), bytes+float64(r.Bytes), seconds+r.Seconds
	}
	b.ReportMetric(states/seconds, "states/s")
	b.ReportMetric(states/float64(b.N), "states")
	b.ReportMetric(bytes/states, "B/state")
}
