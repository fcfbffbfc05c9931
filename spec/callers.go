package spec

// CallerLocks returns the classes of lock of drivers, readers and callbacks. They are in no declared order: lock-order and
// no-deadlock judge them.
func CallerLocks() []*LockClass {
	return append(suspicionLocks(), MemoryChain, NodeChain, MemoryTier, HmatTarget, SlabMutex, SlabAttr, SlubFlush, KsmThread, PhysicalNode, CPUDevice, HyperVRegions, XenBalloon, SclpMem,
		LinearMapping, VirtioMemHotplug, PageOfflineSem, RCURead, Kclist, DaxDevice, DaxRegion, CxlRegion, PmemDevice, PgmapRef, HomeMade,
		ZoneLock, ZonelistsMutex, ZonelistSeqLock, ZlOrder, PortLock, KmemleakScan, MemFailure, PcpBatchHigh, PcpLists, PmMutex)
}
