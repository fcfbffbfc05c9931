package vm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"memhp/conform/behave"
	"memhp/conform/vm/agent"
)

// blockFiles are what is read of every block.
var blockFiles = []string{"state", "online", "valid_zones", "removable"}

// look reads all blocks, and how much of the virtio-mem devices is plugged.
func (s *behaving) look(ctx context.Context) (behave.Facts, error) {
	out := behave.Facts{}
	for _, name := range behave.BlockNames() {
		out[name], out[behave.ZonesFact(name)] = behave.Absent, ""
	}
	names, err := s.g.Blocks(ctx)
	if err != nil {
		return nil, err
	}
	ops := []agent.Op{{Do: agent.Read, Path: memoryDir + "/auto_online_blocks"}}
	for _, name := range names {
		for _, file := range blockFiles {
			ops = append(ops, agent.Op{Do: agent.Read, Path: memoryDir + "/" + name + "/" + file})
		}
	}
	r, err := s.g.Do(ctx, helperTimeout, behaviourTask, ops...)
	if err != nil {
		return nil, err
	}
	text := func(i int) string { return strings.TrimSpace(r[i].Data) }
	out["auto_online_blocks"] = text(0)
	for i, name := range names {
		at := 1 + i*len(blockFiles)
		out[name], out[behave.ZonesFact(name)] = behave.BlockText(text(at), text(at+1)), behave.ZonesText(text(at+2), text(at+3))
	}
	for _, d := range behave.Devices() {
		if d.Unit > 0 {
			if out[d.Name], err = s.size(ctx, d.Name); err != nil {
				return nil, err
			}
		}
	}
	s.last = out
	return out, s.open(ctx, names)
}

// size is how much of a virtio-mem device is plugged.
func (s *behaving) size(ctx context.Context, name string) (string, error) {
	b, err := s.g.qmp.run(ctx, "qom-get", map[string]any{"path": "/machine/peripheral/" + name, "property": "size"})
	if err != nil {
		return "", err
	}
	var bytes int
	if err := json.Unmarshal(b, &bytes); err != nil {
		return "", fmt.Errorf("size of %s: %w", name, err)
	}
	return behave.MiB(bytes >> 20), nil
}

// open opens the files of blocks that have come, and closes those of the blocks of the same name before.
func (s *behaving) open(ctx context.Context, names []string) error {
	present := map[string]bool{}
	var ops []agent.Op
	for _, name := range names {
		present[name] = true
		if s.present[name] {
			continue
		}
		for _, file := range []string{"state", "online"} {
			h := handle(name, file)
			if s.handles[name] {
				ops = append(ops, agent.Op{Do: agent.Close, Handle: h})
			}
			ops = append(ops, agent.Op{Do: agent.Open, Path: memoryDir + "/" + h, Handle: h})
		}
		s.handles[name] = true
	}
	s.present = present
	if len(ops) == 0 {
		return nil
	}
	r, err := s.g.Do(ctx, helperTimeout, behaviourTask, ops...)
	for i, x := range r {
		if x.Errno != 0 && err == nil {
			err = fmt.Errorf("%s %s: errno %d", ops[i].Do, ops[i].Handle, x.Errno)
		}
	}
	return err
}

// The worker of virtio-mem runs on this work queue (virtio_mem_retry(), drivers/virtio/virtio_mem.c). The name of a kworker shows the queue of
// its work, with a + while it works (wq_worker_comm(), kernel/workqueue.c).
const busyWorker = "+events_freezable"

// quietLooks is how many times in a row no worker may be at work, quietPause how long to wait between: work that was queued starts at once.
const (
	quietLooks = 3
	quietPause = 5 * time.Millisecond
)

// quiet waits until the workers of virtio-mem have nothing to do.
func (s *behaving) quiet(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, hotplugTimeout)
	defer cancel()
	for looks := 0; looks < quietLooks; looks++ {
		busy, err := s.working(ctx)
		switch {
		case err != nil:
			return err
		case busy:
			looks = -1
		}
		select {
		case <-wait.Done():
			return fmt.Errorf("%w: the worker of virtio-mem is at work for more than %v", ErrHang, hotplugTimeout)
		case <-time.After(quietPause):
		}
	}
	return nil
}

// working tells whether a worker of virtio-mem is at work.
func (s *behaving) working(ctx context.Context) (bool, error) {
	r, err := s.g.Do(ctx, helperTimeout, "lister", agent.Op{Do: agent.List, Path: "/proc"})
	if err != nil {
		return false, err
	}
	var ops []agent.Op
	for name := range strings.SplitSeq(r[0].Data, "\n") {
		if name != "" && name[0] >= '0' && name[0] <= '9' {
			ops = append(ops, agent.Op{Do: agent.Read, Path: "/proc/" + name + "/comm"})
		}
	}
	if r, err = s.g.Do(ctx, helperTimeout, "lister", ops...); err != nil {
		return false, err
	}
	for _, x := range r {
		if strings.Contains(x.Data, busyWorker) {
			return true, nil
		}
	}
	return false, nil
}
