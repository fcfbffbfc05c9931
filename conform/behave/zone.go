package behave

import (
	"strings"

	"memhp/conform/solo"
	"memhp/spec"
)

// The zones of this guest. ZONE_DMA lies in the first block, which spans two zones and has none of its own.
const (
	noZone = iota
	dma32
	normal
	movable
)

// zoneVar is a ghost: the zone of a block that is online, mem->zone. The specification leaves it open.
var zoneVar = &spec.VarClass{Name: "zone", Values: []string{"none", "DMA32", "Normal", "Movable"}, Scope: spec.PerBlock}

// zonesSince is the release from which on zones are predicted: that of the online policy (e83a437faa62). 6.1.158, 6.1.192 and
// 6.12 were read.
var zonesSince = spec.Release{Major: 5, Minor: 15}

// pagesPerBlock is how many pages a block has.
const pagesPerBlock = MB << 20 >> 12

// watch sees every write of a procedure before it is made. A block that goes online gets a zone: memory_block_online() looks for it with
// what the other blocks are at that time. One that is offline has none.
func (r *run) watch(w solo.World, v spec.Var, x int) {
	if v.Class != spec.BlockState {
		return
	}
	b := v.Block
	switch was := w.Value(v); {
	case x == spec.MemOnline && was == spec.MemOffline:
		w.Set(zoneVar.Of(b), r.zoneFor(w, b, r.typeOf(w, b)))
	case x == spec.MemOffline:
		w.Set(zoneVar.Of(b), noZone)
	}
}

// typeOf is mem->online_type of a block that goes online. The specification's policy of auto_online_blocks says only whether, not as what:
// online_memory_block(), mm/memory_hotplug.c.
func (r *run) typeOf(w solo.World, b spec.Block) int {
	if r.adding {
		return onlineTypes[r.auto]
	}
	return w.Value(spec.OnlineType.Of(b))
}

// onlineTypes are the types that words ask for: online_type_to_str[], drivers/base/memory.c.
var onlineTypes = map[string]int{"online": spec.TypeKeep, "online_kernel": spec.TypeKernel, "online_movable": spec.TypeMovable}

// zoneFor is zone_for_pfn_range(), mm/memory_hotplug.c.
func (s state) zoneFor(w solo.World, b spec.Block, onlineType int) int {
	switch {
	case onlineType == spec.TypeKernel:
		return kernelZone(b)
	case onlineType == spec.TypeMovable:
		return movable
	case s.policy == autoMovable:
		return s.autoMovableZone(w, b)
	}
	return s.defaultZone(w, b)
}

// kernelZone is default_kernel_zone_for_pfn(): a zone below ZONE_NORMAL if the range intersects it. ZONE_DMA32 keeps the span that it
// has at boot, since its first and its last block cannot go offline.
func kernelZone(b spec.Block) int {
	if deviceOf(b).Name == Boot {
		return dma32
	}
	return normal
}

// defaultZone is default_zone_for_pfn(): the zone that the range is in, if it is in one; else the kernel zone, or the movable one on
// a kernel with movable_node.
func (s state) defaultZone(w solo.World, b spec.Block) int {
	kernel := kernelZone(b)
	inKernel := kernel == dma32 || spans(w, normal, b)
	inMovable := spans(w, movable, b)
	switch {
	case inKernel && !inMovable:
		return kernel
	case inMovable && !inKernel, s.start.MovableNode:
		return movable
	}
	return kernel
}

// spans tells whether a block lies in the span of a zone: from its first online block to its last. move_pfn_range_to_zone() widens it, and
// remove_pfn_range_from_zone() shrinks it when an end goes (shrink_zone_span()).
func spans(w solo.World, zone int, b spec.Block) bool {
	before, after := false, false
	for other := range spec.Block(blocks()) {
		if w.Value(zoneVar.Of(other)) == zone {
			before = before || other <= b
			after = after || other >= b
		}
	}
	return before && after
}

// autoMovableZone is auto_movable_zone_for_pfn(). A DIMM is a static memory group, a virtio-mem device a dynamic one; the memory of boot is in none.
func (s state) autoMovableZone(w solo.World, b spec.Block) int {
	pages := pagesPerBlock
	switch d := deviceOf(b); {
	case s.ratio == 0:
		return kernelZone(b)
	case d.Name == Boot || d.Unit > 0 && d.Unit <= MB:
	case d.Unit > 0: // all parts of a unit, which is more than a block
		first := int(b-d.First) / (d.Unit / MB) * (d.Unit / MB)
		pages = d.Unit / MB * pagesPerBlock
		for i := range d.Unit / MB {
			switch w.Value(zoneVar.Of(d.block(first + i))) {
			case normal:
				return normal
			case movable:
				pages -= pagesPerBlock
			}
		}
	default: // the whole DIMM
		kernel, inMovable := s.groupPages(w, d)
		if kernel > 0 {
			return normal
		}
		pages = s.dimmBlocks(d)*pagesPerBlock - inMovable
	}
	if s.canOnlineMovable(w, deviceOf(b), pages) {
		return movable
	}
	return kernelZone(b)
}

// groupPages counts the pages of a device that are online, in kernel zones and in ZONE_MOVABLE: present_kernel_pages and
// present_movable_pages of struct memory_group.
func (s state) groupPages(w solo.World, d Device) (kernel, inMovable int) {
	for i := range d.blocks() {
		switch w.Value(zoneVar.Of(d.block(i))) {
		case normal:
			kernel += pagesPerBlock
		case movable:
			inMovable += pagesPerBlock
		}
	}
	return kernel, inMovable
}

// canOnlineMovable is auto_movable_can_online_movable(), on a guest with one node.
func (s state) canOnlineMovable(w solo.World, current Device, pages int) bool {
	early, inMovable := s.start.EarlyPages, 0
	for b := range spec.Block(blocks()) {
		zone := w.Value(zoneVar.Of(b))
		if zone == movable {
			inMovable += pagesPerBlock
		}
		if deviceOf(b).Name == Boot && pinnedToBoot(b) == "" && zone != dma32 {
			early -= pagesPerBlock
		}
	}
	required := 0
	for _, d := range devices {
		if d.Unit == 0 || d.Name == current.Name {
			continue
		}
		kernel, m := s.groupPages(w, d)
		required += max(0, m*100/s.ratio-kernel)
		inMovable -= m
	}
	if early <= required {
		return false
	}
	early -= required
	if current.Unit > 0 {
		kernel, _ := s.groupPages(w, current)
		early += kernel
	}
	return inMovable+pages <= s.ratio*early/100
}

// validZones is what valid_zones_show() prints (drivers/base/memory.c): the zone of a block that is online, or those that it can go to.
func (s state) validZones(b spec.Block) string {
	if s.online(b) {
		return zoneVar.Values[s.world.Value(zoneVar.Of(b))]
	}
	first := s.zoneFor(s.world, b, spec.TypeKeep)
	out := []string{zoneVar.Values[first]}
	for _, t := range []int{spec.TypeKernel, spec.TypeMovable} {
		if zone := s.zoneFor(s.world, b, t); zone != first {
			out = append(out, zoneVar.Values[zone])
		}
	}
	return strings.Join(out, " ")
}
