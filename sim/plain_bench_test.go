package sim

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// BenchmarkPlainSearch is plain exploration without unrolling, by compiled steps and by the stepper.
func BenchmarkPlainSearch(b *testing.B) {
	for _, c := range []struct {
		kernel string
		tasks  int
	}{{"v4.20", 2}, {"v6.12", 3}} {
		for name, change := range map[string]func(*edges) *edges{"compiled": compiled, "stepper": slowly} {
			b.Run(c.kernel+"/"+name, func(b *testing.B) {
				kernel, err := spec.ParseKernel(c.kernel)
				require.NoError(b, err)
				var states int64
				for b.Loop() {
					b.StopTimer()
					e := plainExplorer(b, Config{Kernel: kernel, Tasks: c.tasks, Blocks: 1, Jobs: 1, Limits: Limits{States: 4_000_000}}, change)
					b.StartTimer()
					require.NoError(b, e.explore(context.Background()))
					states += e.table.len()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(states), "ns/state")
			})
		}
	}
}
