package spec

// dev->offline as a bit that shares a word: include/linux/device.h up to v7.1.

// DevWord is the word of bit fields of struct device.
var DevWord = &VarClass{Name: "struct device, bit fields", Values: []string{"none", "offline", "other", "offline and other"},
	Doc: "dev->offline in one word with flags that other locks protect; include/linux/device.h", Protected: lockOf(nil)}

const bitOffline, bitOther = 1, 2

// setDevBit models an assignment to a bit field: the word is read and written back, in two steps, until a7cc262a1135.
func setDevBit(t Task, bit int) {
	v := DevWord.Of(NoBlock)
	if !t.Kernel().Has(OfflineAtomic) {
		t.Write(v, t.Read(v)|bit)
		return
	}
	for old := range DevWord.Values {
		if t.Swap(v, old, old|bit) {
			return
		}
	}
}

// offlineBit models the end of device_offline(): dev->offline is set under device_lock(), and stays set.
func offlineBit(t Task, _ Block) Errno {
	v := DevWord.Of(NoBlock)
	setDevBit(t, bitOffline)
	if now := t.Read(v); now&bitOffline == 0 {
		t.Assert(v, now|bitOffline, BlockDeviceAgree)
	}
	return OK
}

// otherBit models whoever sets another bit of the word, with another lock or none.
func otherBit(t Task, _ Block) Errno {
	setDevBit(t, bitOther)
	return OK
}

func devFlagActors() []Actor {
	return inGroup(GroupPlatform,
		Actor{Name: "offline_bit", Doc: "device_offline() sets dev->offline", Run: offlineBit},
		Actor{Name: "other_bit", Doc: "somebody sets another flag in the same word", Run: otherBit},
	)
}
