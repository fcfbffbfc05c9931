package behave

import (
	"fmt"

	"memhp/spec"
)

// MB is the size of a memory block in MiB: probe_memory_block_size() of arch/x86/mm/init_64.c, for less than 64 GiB.
const MB = 128

// BootMB is what the guest has when it boots. All of it is below 4 GiB, so that ZONE_NORMAL is empty until memory is plugged.
const BootMB = 512

// Device is memory that comes and goes as a whole or in parts: the memory of boot, a DIMM, a virtio-mem device.
type Device struct {
	Name string
	// Address is where it starts, Size how much room it has, both in MiB.
	Address, Size int
	// Unit is how much of it comes and goes at once: the block size of a virtio-mem device, in MiB; 0 for the others.
	Unit int
	// First is the block that it starts with.
	First spec.Block
}

// blocks is how many memory blocks have room in it.
func (d Device) blocks() int { return d.Size / MB }

// block returns its i-th block.
func (d Device) block(i int) spec.Block { return d.First + spec.Block(i) }

// The names of the devices. A virtio-mem device whose unit is smaller than a memory block is in sub-block mode, else in big-block mode:
// virtio_mem_init_hotplug(), drivers/virtio/virtio_mem.c.
const (
	Boot      = "boot"
	SubBlocks = "sub-blocks"
	BigBlocks = "big-blocks"
)

// devices are what Devices returns.
var devices = Devices()

// Devices returns the devices of the guest, in the order of their addresses.
func Devices() []Device {
	out := []Device{
		{Name: Boot, Address: 0, Size: BootMB},
		{Name: "dimm0", Address: 4096, Size: 384},
		{Name: "dimm1", Address: 4480, Size: 384},
		{Name: SubBlocks, Address: 5120, Size: 1280, Unit: 64},
		{Name: BigBlocks, Address: 6400, Size: 512, Unit: 256},
	}
	next := spec.Block(0)
	for i := range out {
		out[i].First = next
		next += spec.Block(out[i].blocks())
	}
	return out
}

// device returns the device of a name.
func device(name string) Device {
	for _, d := range devices {
		if d.Name == name {
			return d
		}
	}
	return Device{}
}

// blocks is how many blocks all devices have.
func blocks() int {
	last := devices[len(devices)-1]
	return int(last.First) + last.blocks()
}

// deviceOf returns the device that a block belongs to.
func deviceOf(b spec.Block) Device {
	at := devices[0]
	for _, d := range devices[1:] {
		if b >= d.First {
			at = d
		}
	}
	return at
}

// number is N of memoryN: the address of the block in blocks.
func number(b spec.Block) int {
	d := deviceOf(b)
	return d.Address/MB + int(b-d.First)
}

// blockName is what sysfs calls a block.
func blockName(b spec.Block) string { return fmt.Sprintf("memory%d", number(b)) }

// BlockNames returns the names of all blocks that there can be.
func BlockNames() []string {
	var out []string
	for b := range blocks() {
		out = append(out, blockName(spec.Block(b)))
	}
	return out
}

// blockNamed returns the block of a name.
func blockNamed(name string) (spec.Block, bool) {
	for b := range spec.Block(blocks()) {
		if blockName(b) == name {
			return b, true
		}
	}
	return spec.NoBlock, false
}
