package vm

import (
	"context"
	"fmt"
	"time"
)

// The reasons of QEMU's event SHUTDOWN (ShutdownCause, qapi/run-state.json). A guest that panics reboots, since its command line says panic=-1, and
// so ends QEMU, which has -no-reboot.
var shutdowns = map[string]string{"guest-reset": "it rebooted", "guest-shutdown": "it switched itself off"}

// ending says how a guest ended that has ended by itself: by what QEMU's monitor said of it, or else by what QEMU itself said.
func (g *Guest) ending() string {
	if !g.gone() {
		return "QEMU runs on"
	}
	reason := g.qmp.shutdown()
	if how, ok := shutdowns[reason]; ok {
		return how
	}
	if text := lastLines(g.qemu.stderr.String(), 1); text != "" {
		return "QEMU: " + text
	}
	return fmt.Sprintf("QEMU: %v %s", g.qemu.cmd.ProcessState, reason)
}

// shutdown returns the reason of the event SHUTDOWN, or "" if there was none before the end of the monitor.
func (m *qmp) shutdown() string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	e, err := m.wait(ctx, 0, func(e qmpMessage) bool { return e.Event == "SHUTDOWN" })
	if err != nil {
		return ""
	}
	return e.Data.Reason
}
