package spec

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func ofBlock(f func(Task, Block) Errno) func(Task) Errno {
	return func(t Task) Errno { return f(t, 0) }
}

// A contract names just what the procedure returns on its paths, in every kernel. What the specification leaves out is named here: ranges
// that are not aligned, and restarts of a system call, which its caller does not see.
func TestContractsNameWhatIsReturned(t *testing.T) {
	leftOut := map[*Function][]Errno{StateStore: {ERESTARTNOINTR}, OnlineStore: {ERESTARTNOINTR}, ProbeStore: {ERESTARTNOINTR, EINVAL}}
	for f, run := range map[*Function]func(Task) Errno{
		OnlinePages: ofBlock(onlinePages), OfflinePages: ofBlock(offlinePages), DeviceOnline: ofBlock(deviceOnline), DeviceOffline: ofBlock(deviceOffline),
		SubsysOnline: ofBlock(memorySubsysOnline), SubsysOffline: ofBlock(memorySubsysOffline), BlockOnline: ofBlock(memoryBlockOnline), BlockOffline: ofBlock(memoryBlockOffline),
		StateStore: ofBlock(stateStore), OnlineStore: ofBlock(onlineStore), ProbeStore: ofBlock(probeStore), AutoOnlineStore: ofBlock(autoOnlineStore),
		AddMemory: ofBlock(ofOne(addMemory)), AddMemoryLocked: ofBlock(ofOne(addMemoryLocked)), AddMemoryResource: ofBlock(ofOne(addMemoryResource)),
		RemoveMemory: ofBlock(ofOne(removeMemory)), RemoveMemoryLocked: ofBlock(ofOne(removeMemoryLocked)), TryRemoveMemory: ofBlock(ofOne(tryRemoveMemory)),
		TryOnlineNode: tryOnlineNode, AcpiScanHotRemove: ofBlock(acpiEject), MemtraceEnable: ofBlock(memtraceEnable), MemremapPagesFn: ofBlock(memremapPages), CPUUp: ofBlock(cpuUp),
	} {
		for _, r := range Releases() {
			k := NewKernel(r, nil, nil)
			told := slices.DeleteFunc(f.Returns(k), func(e Errno) bool { return slices.Contains(leftOut[f], e) })
			require.ElementsMatch(t, append(told, OK), everyRun(k, map[*Function]map[LockCall]bool{}, run), "%s in %s", f, k)
		}
	}
}

// What a function does to locks is told from its procedure, with what its wrappers do, in each kernel.
func TestLockCalls(t *testing.T) {
	for kernel, want := range map[string]map[*Function][]LockCall{
		"v3.15": {OnlinePages: {{TakesLock, MemHotplug}, {ReleasesLock, MemHotplug}}, AddMemory: nil, GetOnlineMems: {{TakesLock, MemHotplug}}},
		"v4.1":  {OnlinePages: nil, GetOnlineMems: {{ReadsLock, MemHotplug}}},
		"v4.19": {StateStore: {{ReadsLock, CPUHotplug}, {ReleasesLock, CPUHotplug}, {TriesLock, DeviceHotplug}, {ReleasesLock, DeviceHotplug}, {TakesLock, MemHotplug}, {ReleasesLock, MemHotplug}}},
		"v7.1": {AddMemory: {{TakesLock, DeviceHotplug}, {ReleasesLock, DeviceHotplug}}, OnlinePages: nil,
			BlockOnline: {{ReadsLock, CPUHotplug}, {ReleasesLock, CPUHotplug}, {TakesLock, MemHotplug}, {ReleasesLock, MemHotplug}}},
	} {
		got := LockCalls(mustParse(kernel))
		for f, calls := range want {
			require.Equal(t, calls, got[f], "%s in %s", f, kernel)
		}
	}
}

// Every combination of answers is given once; a loop is gone round once.
func TestEveryRun(t *testing.T) {
	v := (&VarClass{Name: "v", Values: []string{"a", "b", "c"}}).Of(NoBlock)
	runs := 0
	got := everyRun(Kernel{}, map[*Function]map[LockCall]bool{}, func(t Task) Errno {
		runs++
		again := t.Mark()
		if t.Choose("coin", 2) == 1 {
			t.Again(again)
		}
		return Errno(-t.Read(v))
	})
	require.Equal(t, []Errno{0, -1, -2}, got)
	require.Equal(t, 4, runs)
}
