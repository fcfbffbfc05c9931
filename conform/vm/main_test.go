package vm

import (
	"os"
	"testing"

	"memhp/conform/vm/agent"
)

// TestMain makes the test binary the init of the guests that it boots, and a stand-in for QEMU.
func TestMain(m *testing.M) {
	if agent.IsInit() {
		if how := os.Getenv(guestEnds); how != "" {
			go endGuest(how)
		}
		agent.Main()
	}
	if mode := os.Getenv(fakeMode); mode != "" {
		os.Exit(fakeQEMU(mode, os.Args[1:]))
	}
	os.Exit(m.Run())
}
