package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestWriteSoon: a file is written to as soon as it is there, and what then goes wrong is told.
func TestWriteSoon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	go func() {
		time.Sleep(20 * time.Millisecond)
		_ = os.WriteFile(path+".tmp", nil, 0o644) // a failure shows as ENOENT below
		_ = os.Rename(path+".tmp", path)
	}()
	require.Equal(t, Result{N: 6}, writeSoon(path, "online", time.Now().Add(10*time.Second)))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "online", string(b))
	require.Equal(t, int(unix.EISDIR), writeSoon(filepath.Dir(path), "online", time.Now().Add(10*time.Second)).Errno)
	require.Equal(t, int(unix.ENOENT), writeSoon(path+".none", "online", time.Now().Add(time.Millisecond)).Errno)
}

// TestPin: a thread runs where it was told to, and only a CPU that exists will do.
func TestPin(t *testing.T) {
	t.Run("thread", func(t *testing.T) {
		runtime.LockOSThread() // never unlocked: the thread ends with the test, and its affinity with it
		var may, now unix.CPUSet
		require.NoError(t, unix.SchedGetaffinity(0, &may))
		first := 0
		for !may.IsSet(first) {
			first++
		}
		s := &server{}
		require.Equal(t, Result{}, s.do(&task{}, Op{Do: Pin, Data: fmt.Sprint(first)}))
		require.NoError(t, unix.SchedGetaffinity(0, &now))
		require.Equal(t, 1, now.Count())
		require.True(t, now.IsSet(first))
	})
	require.Equal(t, int(unix.EINVAL), pin("1023").Errno)
	require.True(t, pin("x").Failed)
}
