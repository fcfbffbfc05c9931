package behave

import (
	"slices"
	"time"

	"memhp/spec"
)

// virtioMem is what the driver of a virtio-mem device remembers: struct virtio_mem, drivers/virtio/virtio_mem.c. All sizes are in MiB.
type virtioMem struct {
	requested, plugged int
	// next counts the memory blocks, or big blocks, that were ever used: next_mb_id, next_bb_id.
	next int
	// parts counts the sub-blocks that are plugged, by memory block: which they are makes no difference.
	parts [maxUnits]int
	// added are the big blocks that are plugged and added: bb_states.
	added [maxUnits]bool
	// unplugged is have_unplugged_mb: a block that has nothing left could not be removed.
	unplugged bool
	// retry tells that retry_timer is set.
	retry bool
}

// maxUnits is more than the blocks of any device.
const maxUnits = 10

// offlineThreshold bounds what may be added and not onlined: VIRTIO_MEM_DEFAULT_OFFLINE_THRESHOLD.
const offlineThreshold = 1024

// retriesRemoval is the release from which on the driver keeps trying to remove blocks that have nothing left (have_unplugged_mb). 6.1.158 and
// 6.1.192 do not, 6.6.1 and 6.12 do.
var retriesRemoval = spec.Release{Major: 6, Minor: 6}

// driver is a virtio-mem device in a run.
type driver struct {
	*run
	Device
	mem virtioMem
}

// perBlock is how many sub-blocks a memory block has.
func (d *driver) perBlock() int { return MB / d.Unit }

// resize is a request of the hypervisor. QEMU refuses sizes that are not of whole device blocks, or more than there is.
func (r *run) resize(name string, mb int) string {
	d := device(name)
	if mb%d.Unit != 0 || mb > d.Size {
		return refused
	}
	mem := r.mems[name]
	if mem.requested != mb {
		mem.requested = mb
		r.mems[name] = mem
		r.kicked[name] = true
	}
	return done
}

// kick queues the worker of the device that a block belongs to, which went online: virtio_mem_memory_notifier_cb(), unless the worker itself is at it,
// or too much is offline still.
func (r *run) kick(b spec.Block) {
	d := deviceOf(b)
	if d.Unit > 0 && r.working != d.Name && r.offlineSize(d)+offlineThreshold/2 <= offlineThreshold {
		r.kicked[d.Name] = true
	}
}

// offlineSize is vm->offline_size: what is added and offline.
func (s state) offlineSize(d Device) int {
	size := 0
	for i := range d.blocks() {
		if b := d.block(i); s.present(b) && !s.online(b) {
			size += MB
		}
	}
	return size
}

// work runs the workers that are queued until none is.
func (r *run) work() {
	for _, name := range []string{SubBlocks, BigBlocks} {
		for r.kicked[name] && r.err == nil && !r.failed {
			delete(r.kicked, name)
			d := &driver{r, device(name), r.mems[name]}
			r.working = name
			d.worker()
			r.working = ""
			r.mems[name] = d.mem
		}
	}
}

// RetryAfter is when the driver tries again what it could not unplug: VIRTIO_MEM_RETRY_TIMER_MIN_MS. Later it may have done so.
const RetryAfter = 50 * time.Second

// mayRetry queues workers whose timer may have expired.
func (r *run) mayRetry() {
	for _, name := range []string{SubBlocks, BigBlocks} {
		if r.late && r.mems[name].retry && r.choose(2) == 1 {
			r.kicked[name] = true
		}
	}
}

// worker is virtio_mem_run_wq(). It sets a timer if it could not unplug everything; that too much is offline (-ENOSPC) it finds no reason to try again.
func (d *driver) worker() {
	d.mem.retry = false
	d.cleanUp()
	left := 0
	switch diff := d.mem.requested - d.mem.plugged; {
	case diff > 0 && d.Unit < MB:
		d.plugSubBlocks(diff / d.Unit)
	case diff > 0:
		d.plugBigBlocks(diff / d.Unit)
	case diff < 0 && d.Unit < MB:
		left = d.unplugSubBlocks(-diff / d.Unit)
	case diff < 0:
		left = d.unplugBigBlocks(-diff / d.Unit)
	}
	d.mem.retry = left > 0 || d.mem.unplugged
}

// couldAdd is virtio_mem_could_add_memory().
func (d *driver) couldAdd(mb int) bool { return d.offlineSize(d.Device)+mb <= offlineThreshold }

// fakeOffline is virtio_mem_fake_offline(): alloc_contig_range() takes the pages of a block that is online. In ZONE_MOVABLE it gets them; in a kernel zone
// some may be unmovable, and of a whole block that user space has filled with such pages some are.
func (d *driver) fakeOffline(b spec.Block, whole bool) spec.Errno {
	switch {
	case d.surelyMovable(b):
		return spec.OK
	case whole && d.surelyPinned(b):
		return spec.EBUSY
	}
	return []spec.Errno{spec.OK, spec.EBUSY}[d.choose(2)]
}

// offlineAndRemove is offline_and_remove_memory(), mm/memory_hotplug.c, of blocks whose pages the driver has. If one cannot go offline, those before
// it come back to the kind of zone that they were in.
func (d *driver) offlineAndRemove(blocks ...spec.Block) spec.Errno {
	was := map[spec.Block]int{}
	for _, b := range blocks {
		onlineType := spec.TypeKernel
		if d.zone(b) == movable {
			onlineType = spec.TypeMovable
		}
		ret := d.deviceOffline(b, reserved)
		if ret < spec.OK {
			for _, b := range blocks {
				if t, ok := was[b]; ok {
					d.world.Set(spec.OnlineType.Of(b), t)
					d.deviceOnline(b)
				}
			}
			return ret
		}
		if ret == spec.OK {
			was[b] = onlineType
		}
	}
	d.removeUnit(blocks...)
	return spec.OK
}

// removeUnit removes blocks that are offline, and queues the worker again: virtio_mem_remove_memory().
func (d *driver) removeUnit(blocks ...spec.Block) {
	d.remove(blocks...)
	d.kicked[d.Name] = true
}

// plugBigBlocks is virtio_mem_bbm_plug_request().
func (d *driver) plugBigBlocks(n int) {
	for id := 0; n > 0; id++ {
		if d.mem.added[id] {
			continue
		}
		if !d.couldAdd(d.Unit) {
			return // -ENOSPC
		}
		d.mem.next = max(d.mem.next, id+1)
		d.mem.plugged += d.Unit
		d.mem.added[id] = true
		d.add(d.unit(id)...)
		n--
	}
}

// unit returns the memory blocks of a big block.
func (d *driver) unit(id int) []spec.Block {
	var out []spec.Block
	for i := range d.Unit / MB {
		out = append(out, d.block(id*(d.Unit/MB)+i))
	}
	return out
}

// unplugBigBlocks is virtio_mem_bbm_unplug_request(): first those that are offline, then those with nothing in a kernel zone, then the others, each
// time from the last. It returns how many are left to unplug.
func (d *driver) unplugBigBlocks(n int) int {
	for pass := range 3 {
		for id := d.mem.next - 1; id >= 0; id-- {
			unit := d.unit(id)
			switch {
			case !d.mem.added[id]:
			case pass == 0 && slices.ContainsFunc(unit, d.online):
			case pass == 1 && slices.ContainsFunc(unit, func(b spec.Block) bool { return d.zone(b) == normal }):
			default:
				ret := d.unplugBigBlock(id)
				if ret == spec.OK {
					n--
				}
				if ret != spec.EBUSY && (ret != spec.OK || n == 0) {
					return n
				}
			}
		}
	}
	return n
}

// unplugBigBlock is virtio_mem_bbm_offline_remove_and_unplug_bb(): all pages are taken before any block goes offline.
func (d *driver) unplugBigBlock(id int) spec.Errno {
	for _, b := range d.unit(id) {
		if !d.online(b) {
			continue
		}
		if ret := d.fakeOffline(b, true); ret != spec.OK {
			return ret
		}
	}
	if ret := d.offlineAndRemove(d.unit(id)...); ret != spec.OK {
		return ret
	}
	d.mem.added[id] = false
	d.mem.plugged -= d.Unit
	return spec.OK
}
