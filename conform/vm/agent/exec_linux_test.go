package agent

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// execMode makes the test binary a process that Exec starts.
const execMode = "MEMHP_EXEC"

// TestExec: what a process wrote and how it ended is told, and one that does not end is ended.
func TestExec(t *testing.T) {
	switch os.Getenv(execMode) {
	case "ends":
		os.Stderr.WriteString(os.Getenv("GODEBUG") + "to stderr\n")
		os.Exit(3)
	case "hangs":
		time.Sleep(time.Hour)
	}
	t.Setenv("GODEBUG", "asyncpreemptoff=1")
	t.Setenv(execMode, "ends")
	args := []string{"-test.run=^TestExec$"}
	require.Equal(t, Result{N: 3, Data: "to stderr\n"}, (&server{}).do(&task{}, Op{Do: Exec, Args: args}))
	t.Setenv(execMode, "hangs")
	r := execSelf(args, 100*time.Millisecond)
	require.True(t, r.Failed)
	require.Equal(t, "it takes more than 100ms: ", r.Data)
}
