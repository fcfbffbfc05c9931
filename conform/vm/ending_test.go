package vm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"memhp/conform"
	"memhp/conform/vm/agent"
	"memhp/spec"
)

// guestEnds is the variable on the kernel's command line that makes a guest of the tests end in the middle of its work, and says how.
const guestEnds = "MEMHP_GUEST_ENDS"

// endGuest is for the init of a guest: it ends the guest when the first block was plugged.
func endGuest(how string) {
	var before []os.DirEntry // none until sysfs is mounted
	for ; ; time.Sleep(time.Millisecond) {
		now, _ := os.ReadDir(memoryDir)
		if len(before) == 0 {
			before = now
		}
		if len(now) <= len(before) {
			continue
		}
		var err error
		switch how {
		case "reboots":
			err = os.WriteFile("/proc/sysrq-trigger", []byte("b"), 0)
			if errors.Is(err, fs.ErrNotExist) { // a kernel of one's own without MAGIC_SYSRQ
				err = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
			}
		case "off":
			err = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
		case "panics":
			os.Exit(1) // do_exit(), kernel/exit.c: "Attempted to kill init!"
		}
		fmt.Println("the guest does not end:", err)
	}
}

// TestRealGuestsThatEnd: a guest that reboots, panics or switches itself off in the middle of the work ends a run, which says so.
func TestRealGuestsThatEnd(t *testing.T) {
	const panicked = "Kernel panic - not syncing: Attempted to kill init!"
	for _, tt := range []struct{ how, says, trouble string }{{"reboots", ": it rebooted", ""}, {"panics", ": it rebooted", panicked}} {
		t.Run(tt.how, func(t *testing.T) {
			c := Config{Kernel: realKernel(t, DefaultRelease), Append: guestEnds + "=" + tt.how}
			r, err := Run(t.Context(), RunConfig{Config: c, Workload: Workload{Tasks: 3, Ops: 1_000_000, Seed: 7}, Compare: 10})
			require.NoError(t, err)
			require.Empty(t, children(t))
			require.Contains(t, r.Failure, ErrGone.Error())
			require.True(t, strings.HasSuffix(r.Failure, tt.says), r.Failure)
			require.Equal(t, conform.Violates, r.Verdict)
			require.Equal(t, tt.trouble == "", len(r.Troubles) == 0, r.Troubles)
			require.Contains(t, strings.Join(r.Troubles, "\n"), tt.trouble)
			require.Contains(t, r.Console, "Linux version "+DefaultRelease+".")
			require.Positive(t, r.Trace.Events)
			require.Nil(t, r.Behaviour)
		})
	}
	t.Run("switches itself off while it is compared", func(t *testing.T) {
		k, err := spec.ParseKernel("v6.12")
		require.NoError(t, err)
		c := RunConfig{Config: Config{Kernel: realKernel(t, "6.12"), Append: guestEnds + "=off"}, Compare: 100, Rules: &k}
		r := Result{Verdict: conform.Conforms}
		require.NoError(t, r.compare(t.Context(), c))
		require.Empty(t, children(t))
		require.Contains(t, r.Failure, ": it switched itself off")
		require.Equal(t, conform.Violates, r.Verdict)
		require.NotEmpty(t, r.Console)
		require.Nil(t, r.Behaviour.Difference, "a guest that is gone predicts nothing")
	})
}

// TestRealGuestsThatEndInATrial: a trial in which the guest reboots, and a control in which it switches itself off, show no deadlock.
func TestRealGuestsThatEndInATrial(t *testing.T) {
	f := Finding{Name: "none", Trials: 1,
		trigger: func(ctx context.Context, g *Guest, _ int) error {
			_, err := g.Plug(ctx, "dimm", BlockMB)
			return err
		},
		control: func(ctx context.Context, g *Guest) error {
			_, err := g.Do(ctx, helperTimeout, "ender", agent.Op{Do: agent.PowerOff})
			return err
		}}
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	r, err := Reproduce(t.Context(), Config{Kernel: realKernel(t, DefaultRelease), Append: guestEnds + "=reboots"}, f, note)
	require.NoError(t, err)
	require.Empty(t, children(t))
	require.False(t, r.Shown)
	require.Equal(t, []string{"none, trial 1 of 1: not stuck: the guest ended: it rebooted", "none, control: not stuck: the guest ended: it switched itself off"}, notes)
	require.NotEmpty(t, r.Trials[0].Console)
}
