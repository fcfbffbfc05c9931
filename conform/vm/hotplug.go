package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// BlockMB is the size of a memory block of a guest of less than 64 GiB on x86 (probe_memory_block_size(), arch/x86/mm/init_64.c).
const BlockMB = 128

// hotplugTimeout bounds the wait for the guest's answer to a hotplug event.
const hotplugTimeout = 60 * time.Second

// The sources and codes of _OST, the ACPI method by which a guest reports (ACPI 6.5, table 6.14 and following).
const (
	ostDeviceCheck  = 1
	ostEjectRequest = 3
	ostInProgress   = 132
)

// Outcome is how a hotplug request ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"    // the guest reported success
	Refused Outcome = "refused" // the guest, or QEMU, reported failure
	Silent  Outcome = "silent"  // no report in time
)

// Plug adds a DIMM of so many MiB and waits for the guest's report.
func (g *Guest) Plug(ctx context.Context, id string, mb int) (Outcome, error) {
	return g.PlugAt(ctx, id, mb, 0)
}

// PlugAt adds a DIMM at a physical address; 0 leaves that to QEMU.
func (g *Guest) PlugAt(ctx context.Context, id string, mb int, addr uint64) (Outcome, error) {
	since := g.qmp.position()
	_, err := g.qmp.run(ctx, "object-add", map[string]any{"qom-type": "memory-backend-ram", "id": "mem-" + id, "size": mb << 20})
	if err != nil {
		return refused(err)
	}
	args := map[string]any{"driver": "pc-dimm", "id": id, "memdev": "mem-" + id}
	if addr != 0 {
		args["addr"] = addr
	}
	if _, err = g.qmp.run(ctx, "device_add", args); err != nil {
		_, cleanup := g.qmp.run(ctx, "object-del", map[string]any{"id": "mem-" + id})
		if cleanup != nil {
			return "", errors.Join(err, cleanup)
		}
		return refused(err)
	}
	return g.report(ctx, since, id, ostDeviceCheck)
}

// refused tells QEMU's refusal from a failure of the monitor.
func refused(err error) (Outcome, error) {
	var q *qmpError
	if errors.As(err, &q) {
		return Refused, nil
	}
	return "", err
}

// report waits for the _OST of a device.
func (g *Guest) report(ctx context.Context, since int, id string, source int) (Outcome, error) {
	wait, cancel := context.WithTimeout(ctx, hotplugTimeout)
	defer cancel()
	e, err := g.qmp.wait(wait, since, func(m qmpMessage) bool {
		if m.Event == "DEVICE_DELETED" && m.Data.Device == id {
			return true
		}
		i := m.Data.Info
		return m.Event == "ACPI_DEVICE_OST" && i.Device == id && i.Source == source && i.Status != ostInProgress && (source == ostDeviceCheck || i.Status != 0)
	})
	switch {
	case err == nil && (e.Event == "DEVICE_DELETED" || e.Data.Info.Status == 0):
		return Done, nil
	case err == nil:
		return Refused, nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return Silent, nil
	}
	return "", err
}

// Unplug asks the guest to give a DIMM back, and waits until it is gone or the guest reports failure.
func (g *Guest) Unplug(ctx context.Context, id string) (Outcome, error) {
	since := g.qmp.position()
	if _, err := g.qmp.run(ctx, "device_del", map[string]any{"id": id}); err != nil {
		return refused(err)
	}
	out, err := g.report(ctx, since, id, ostEjectRequest)
	if err != nil || out != Done {
		return out, err
	}
	g.settle(ctx, since, id)
	_, err = g.qmp.run(ctx, "object-del", map[string]any{"id": "mem-" + id})
	return out, err
}

// settleTimeout bounds the wait for the last word on an eject.
const settleTimeout = 10 * time.Second

// settle waits until the guest is done with an eject. QEMU says that a DIMM is deleted in the middle of it, when _EJ0 is called; the report of
// success comes at its end (acpi_device_hotplug(), drivers/acpi/scan.c), with the number of the slot alone. A DIMM that is plugged before may
// get that slot, and its event is lost on a kernel that still ejects.
func (g *Guest) settle(ctx context.Context, since int, id string) {
	slot := ""
	g.qmp.mu.Lock()
	for _, e := range g.qmp.events {
		if i := e.Data.Info; i.Device == id && i.Slot != "" {
			slot = i.Slot
		}
	}
	g.qmp.mu.Unlock()
	if slot == "" {
		return
	}
	wait, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	_, _ = g.qmp.wait(wait, since, func(m qmpMessage) bool { // without its word the next operation shows what is wrong
		i := m.Data.Info
		return m.Event == "ACPI_DEVICE_OST" && i.Slot == slot && i.Source == ostEjectRequest && i.Status != ostInProgress
	})
}

// virtioMem is the id of the virtio-mem device.
const virtioMem = "vm0"

// VirtioMemDevice are the arguments of QEMU for a virtio-mem device.
func VirtioMemDevice() []string {
	return []string{"-object", fmt.Sprintf("memory-backend-ram,id=vmem0,size=%dM", virtioMemMB),
		"-device", "virtio-mem-pci,id=" + virtioMem + ",memdev=vmem0,requested-size=0"}
}

// Resize asks virtio-mem for a size in MiB and does not wait.
func (g *Guest) Resize(ctx context.Context, mb int) error {
	_, err := g.qmp.run(ctx, "qom-set", map[string]any{"path": "/machine/peripheral/" + virtioMem, "property": "requested-size", "value": mb << 20})
	return err
}

// Size returns how many MiB of virtio-mem the guest has.
func (g *Guest) Size(ctx context.Context) (int, error) {
	b, err := g.qmp.run(ctx, "qom-get", map[string]any{"path": "/machine/peripheral/" + virtioMem, "property": "size"})
	if err != nil {
		return 0, err
	}
	var bytes int64
	if err := json.Unmarshal(b, &bytes); err != nil {
		return 0, fmt.Errorf("size of virtio-mem: %w", err)
	}
	return int(bytes >> 20), nil
}
