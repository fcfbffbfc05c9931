package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// execTime is how long a process of Exec may take.
const execTime = time.Minute

// execSelf runs this executable with the given arguments and waits for its end. Its environment is that of init without what init alone
// wants of the Go runtime.
func execSelf(args []string, limit time.Duration) Result {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, "/proc/self/exe", args...)
	c.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "GODEBUG=") })
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return Result{Failed: true, Data: fmt.Sprintf("it takes more than %v: %s", limit, out)}
	case err != nil && !errors.As(err, &exit):
		return fromError(err)
	}
	return Result{N: c.ProcessState.ExitCode(), Data: string(out)}
}
