package conform

import "memhp/spec"

// maxDevices bounds the table of memory blocks; a machine with more is checked without their mutexes.
const maxDevices = 1 << 16

// maxOffset bounds where in struct device its mutex can be: sizeof(struct device) is below it.
const maxOffset = 2048

// blockDevice is a device that is known to be a memory block.
type blockDevice struct {
	block spec.Block
	// released tells for each source that a release of the device's mutex was recorded.
	released [fromContention + 1]bool
}

// devices tells memory block devices from others by the address of struct device.
type devices struct {
	blocks map[uint64]*blockDevice
	next   spec.Block
	// offset is where the mutex is in struct device, learned from the first lock that device_online()
	// or device_offline() takes. It differs between kernels, and for lockdep's address of the same mutex.
	offset [fromContention + 1]uint64
}

func newDevices() *devices { return &devices{blocks: map[uint64]*blockDevice{}} }

func (d *devices) known(dev uint64) bool { return d.blocks[dev] != nil }

// learn notes that dev is a memory block.
func (d *devices) learn(dev uint64) {
	if dev == 0 || d.known(dev) || len(d.blocks) >= maxDevices {
		return
	}
	d.blocks[dev] = &blockDevice{block: d.next}
	d.next++
}

// forget drops a device that is gone: its memory may become another device's.
func (d *devices) forget(dev uint64) { delete(d.blocks, dev) }

// learnOffset takes addr for the mutex of dev if it can be.
func (d *devices) learnOffset(dev, addr uint64, src source) {
	if d.offset[src] == 0 && dev != 0 && addr > dev && addr-dev < maxOffset {
		d.offset[src] = addr - dev
	}
}

// find returns the memory block whose mutex is at addr.
func (d *devices) find(addr uint64, src source) *blockDevice {
	if d.offset[src] == 0 {
		return nil
	}
	return d.blocks[addr-d.offset[src]]
}
