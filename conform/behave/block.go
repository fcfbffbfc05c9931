package behave

import (
	"slices"

	"memhp/spec"
)

// online tells whether mem->state of a block is MEM_ONLINE.
func (s state) online(b spec.Block) bool {
	return s.present(b) && s.world.Value(spec.BlockState.Of(b)) == spec.MemOnline
}

// present tells whether user space sees a block.
func (s state) present(b spec.Block) bool { return s.world.Active(spec.StateAttr.Of(b)) }

// zone is the zone of a block.
func (s state) zone(b spec.Block) int { return s.world.Value(zoneVar.Of(b)) }

// pinnedToBoot says why a block of boot can never go offline: memory_block_offline() refuses one that is of several zones, which has no mem->zone
// (drivers/base/memory.c), and offline_pages() one with holes (mm/memory_hotplug.c). The first has ZONE_DMA in it, the last has what
// the firmware keeps for itself at the end of memory.
func pinnedToBoot(b spec.Block) string {
	switch d := deviceOf(b); {
	case d.Name != Boot:
	case b == d.First:
		return "it is of several zones"
	case b == d.block(d.blocks()-1):
		return "it has holes"
	}
	return ""
}

// pages says whose the pages of a block are.
type pages int

const (
	inUse    pages = iota // of who knows whom
	reserved              // a driver has taken them all from the page allocator
)

// pagesOf says whose the pages of a block are: the driver of virtio-mem has all of a block of which nothing is plugged.
func (s state) pagesOf(b spec.Block) pages {
	d := deviceOf(b)
	if d.Name == SubBlocks && s.mems[d.Name].parts[b-d.First] == 0 {
		return reserved
	}
	return inUse
}

// surelyMovable tells that nothing in a block can be unmovable.
func (r *run) surelyMovable(b spec.Block) bool { return r.zones && r.zone(b) == movable }

// surelyPinned tells that something in a block is.
func (r *run) surelyPinned(b spec.Block) bool { return r.zones && r.holds && r.pinned == b }

// isolation answers what offline_pages() asks of the pages of a block. Nothing in ZONE_MOVABLE is unmovable, and neither is a page of a driver
// that lets it go offline (has_unmovable_pages(), mm/page_isolation.c); in a kernel zone there may be some, and of a block that user space
// has filled with them there are. Once isolated, all pages move in the end, or a signal stops it.
func (r *run) isolation(b spec.Block, p pages) map[string]int {
	answers := map[string]int{askRange: truth(pinnedToBoot(b) != "")}
	switch {
	case p == reserved || r.surelyMovable(b):
		answers[askIsolate] = spec.False
	case r.surelyPinned(b):
		answers[askIsolate] = spec.True
	}
	if !r.interrupted {
		answers[askMigrate] = 0
	}
	return answers
}

// deviceOffline is device_offline(): 1 if the block is offline already.
func (r *run) deviceOffline(b spec.Block, p pages) spec.Errno {
	if !r.online(b) {
		return spec.AlreadyDone
	}
	answers := r.isolation(b, p)
	answers[askOnline] = slices.Index(Words(Online), "0")
	return r.call("online_store", b, answers)
}

// deviceOnline is device_online().
func (r *run) deviceOnline(b spec.Block) spec.Errno {
	return r.call("online_store", b, map[string]int{askOnline: slices.Index(Words(Online), "1")})
}

// write is a write of user space to a file of a block.
func (r *run) write(o Op) string {
	b, _ := blockNamed(o.On)
	answers := r.isolation(b, r.pagesOf(b))
	name := "online_store"
	if o.Kind == State {
		name, answers[askState] = "state_store", slices.Index(Words(State), o.Word)
	} else {
		answers[askOnline] = slices.Index(Words(Online), o.Word)
	}
	return r.call(name, b, answers).String()
}

// add adds blocks: add_memory_resource(), which then onlines each if auto_online_blocks says so.
func (r *run) add(blocks ...spec.Block) {
	r.adding = true
	for _, b := range blocks {
		r.call("acpi_add", b, nil)
	}
	r.adding = false
}

// remove removes blocks that are offline: try_remove_memory().
func (r *run) remove(blocks ...spec.Block) {
	for _, b := range blocks {
		r.call("acpi_eject", b, nil)
	}
}
