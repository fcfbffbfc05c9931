package behave

import "memhp/spec"

// blockState is the state of a memory block: enum virtio_mem_sbm_mb_state, in its order.
type blockState int

const (
	unused blockState = iota
	offlineFull
	offlinePartial
	kernelFull
	kernelPartial
	movableFull
	movablePartial
)

// Sub-block mode of virtio-mem: a memory block is plugged in parts, and is there as long as one is.

// at is the state of a memory block. The notifier of the driver keeps it: virtio_mem_sbm_notify_online() and virtio_mem_sbm_notify_offline().
func (d *driver) at(id int) blockState {
	b := d.block(id)
	pair := func(whole blockState) blockState {
		if d.mem.parts[id] == d.perBlock() {
			return whole
		}
		return whole + 1
	}
	switch {
	case !d.present(b):
		return unused
	case !d.online(b):
		return pair(offlineFull)
	case d.zone(b) == movable:
		return pair(movableFull)
	}
	return pair(kernelFull)
}

// plugSubBlocks is virtio_mem_sbm_plug_request(): first what is missing in blocks that are there, then blocks that are not.
func (d *driver) plugSubBlocks(n int) {
	for _, s := range []blockState{kernelPartial, movablePartial, offlinePartial} {
		for id := 0; id < d.mem.next && n > 0; id++ {
			if d.at(id) == s {
				n -= d.fill(id, n)
			}
		}
	}
	for id := 0; n > 0; id++ {
		if id < d.mem.next && d.at(id) != unused {
			continue
		}
		if !d.couldAdd(MB) {
			return // -ENOSPC
		}
		d.mem.next = max(d.mem.next, id+1)
		n -= d.fill(id, n)
		d.add(d.block(id))
	}
}

// fill plugs up to n sub-blocks of a block, and returns how many: virtio_mem_sbm_plug_any_sb().
func (d *driver) fill(id, n int) int { return d.part(id, min(n, d.perBlock()-d.mem.parts[id])) }

// part plugs so many sub-blocks of a block, or unplugs them if n is negative.
func (d *driver) part(id, n int) int {
	d.mem.parts[id] += n
	d.mem.plugged += n * d.Unit
	return n
}

// unplugSubBlocks is virtio_mem_sbm_unplug_request(), each time from the last block. It returns how many sub-blocks are left to unplug.
func (d *driver) unplugSubBlocks(n int) int {
	for _, s := range []blockState{offlinePartial, offlineFull, movablePartial, kernelPartial, movableFull, kernelFull} {
		for id := d.mem.next - 1; id >= 0; id-- {
			if d.at(id) != s {
				continue
			}
			if s == offlinePartial || s == offlineFull {
				n -= d.unplugOffline(id, n)
			} else {
				n -= d.unplugOnline(id, n)
			}
			if n == 0 {
				return 0
			}
			d.mems[d.Name] = d.mem
			d.meet(int(s), id, n)
		}
	}
	return n
}

// unplugOffline is virtio_mem_sbm_unplug_any_sb_offline(): it removes a block that has nothing left.
func (d *driver) unplugOffline(id, n int) int {
	taken := -d.part(id, -min(n, d.mem.parts[id]))
	if d.mem.parts[id] == 0 {
		d.removeUnit(d.block(id))
	}
	return taken
}

// unplugOnline is virtio_mem_sbm_unplug_any_sb_online(): the block in one go, or each sub-block that is not busy; then a block that has nothing left is
// taken offline and removed.
func (d *driver) unplugOnline(id, n int) int {
	b, taken := d.block(id), 0
	if n >= d.perBlock() && d.mem.parts[id] == d.perBlock() && d.fakeOffline(b, true) == spec.OK {
		taken = d.perBlock()
	} else {
		for range d.mem.parts[id] {
			if taken < n && d.fakeOffline(b, false) == spec.OK {
				taken++
			}
		}
	}
	d.part(id, -taken)
	if d.surelyPinned(b) && d.mem.parts[id] == 0 {
		d.failed = true // the pages that user space holds are somewhere in it
	}
	d.removeUnplugged(id)
	return taken
}

// removeUnplugged is virtio_mem_sbm_try_remove_unplugged_mb(). That it fails is not critical for the driver.
func (d *driver) removeUnplugged(id int) {
	if d.mem.parts[id] == 0 && d.offlineAndRemove(d.block(id)) != spec.OK {
		d.mem.unplugged = d.retriesRemoval()
	}
}

func (d *driver) retriesRemoval() bool { return !d.kernel.Base().Before(retriesRemoval) }

// cleanUp is virtio_mem_cleanup_pending_mb(): it tries again to remove the blocks that have nothing left.
func (d *driver) cleanUp() {
	if !d.mem.unplugged {
		return
	}
	d.mem.unplugged = false
	for _, s := range []blockState{movablePartial, kernelPartial, offlinePartial} {
		for id := range d.mem.next {
			if d.at(id) == s && d.mem.parts[id] == 0 {
				d.removeUnplugged(id)
			}
		}
	}
}
