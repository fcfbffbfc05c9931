package vm

import (
	"os"
	"testing"

	"memhp/conform/vm/agent"
)

// TestMain makes the test binary the init of the guests that it boots.
func TestMain(m *testing.M) {
	if agent.IsInit() {
		agent.Main()
	}
	os.Exit(m.Run())
}
