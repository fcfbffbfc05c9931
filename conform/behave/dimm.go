package behave

import (
	"fmt"

	"memhp/spec"
)

// What a hotplug event reports.
const (
	done    = "done"
	refused = "refused"
)

// dimmRange returns the size and the offset in its slot of a DIMM, in MiB.
func dimmRange(word string) (size, offset int) {
	_, _ = fmt.Sscanf(word, "%d at %d", &size, &offset) // without an offset it is 0
	return size, offset
}

// DIMM returns the size in bytes and the address of a DIMM that is plugged into a slot.
func DIMM(slot, word string) (bytes int, address uint64) {
	size, offset := dimmRange(word)
	return size << 20, uint64(device(slot).Address+offset) << 20
}

// dimmBlocks is how many blocks the DIMM in a slot has. check_hotplug_memory_range() of mm/memory_hotplug.c refuses one that is not of whole
// blocks, and acpi_memory_enable_device() fails; but the event reports success, since acpi_bus_scan() does (acpi_scan_device_check()).
func (s state) dimmBlocks(d Device) int {
	size, offset := dimmRange(s.dimms[d.Name])
	if size%MB != 0 || offset%MB != 0 {
		return 0
	}
	return size / MB
}

// dimm returns the blocks of the DIMM in a slot.
func (s state) dimm(slot string) []spec.Block {
	d := device(slot)
	var out []spec.Block
	for i := range s.dimmBlocks(d) {
		out = append(out, d.block(i))
	}
	return out
}

// plug is a DIMM put into a slot. QEMU refuses a second one.
func (r *run) plug(slot, word string) string {
	if r.dimms[slot] != "" {
		return refused
	}
	r.dimms[slot] = word
	r.add(r.dimm(slot)...)
	return done
}

// unplug is the request to eject a DIMM: acpi_scan_hot_remove(), drivers/acpi/scan.c.
func (r *run) unplug(slot string) string {
	if r.dimms[slot] == "" {
		return refused
	}
	blocks := r.dimm(slot)
	if !r.tryToOffline(blocks) {
		return refused
	}
	r.remove(blocks...)
	delete(r.dimms, slot)
	return done
}

// tryToOffline is acpi_scan_try_to_offline(). A first pass over all blocks ignores errors, since the page tables of some may be in others; a second takes
// those that are not offline yet, and stops at the first that fails. Then acpi_bus_online() brings back what the passes have taken: with
// device_online(), so that a block comes back to the default zone, whichever it was in.
func (r *run) tryToOffline(blocks []spec.Block) bool {
	putOnline := map[spec.Block]bool{}
	pass := func(second bool) bool {
		ok := true
		for _, b := range blocks {
			if putOnline[b] {
				continue
			}
			ret := r.deviceOffline(b, inUse)
			putOnline[b] = ret == spec.OK
			if ret < spec.OK {
				ok = false
				if second {
					break
				}
			}
		}
		return ok
	}
	if pass(false) || pass(true) {
		return true
	}
	for _, b := range blocks {
		if putOnline[b] {
			r.deviceOnline(b)
		}
	}
	return false
}
