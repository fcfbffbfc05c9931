package sim

import (
	"syscall"
	"unsafe"
)

const hugePage = 2 << 20

// makeHuge makes a slice whose memory the kernel may map by huge pages: look-ups are all over it, and would miss the TLB else, too.
func makeHuge[T any](n int) []T {
	s := make([]T, n)
	advise(s, syscall.MADV_HUGEPAGE)
	return s
}

// release gives the memory of s back to the kernel now, and not when it is collected and the runtime does. Nobody may look at s again.
func release[T any](s []T) { advise(s, syscall.MADV_DONTNEED) }

// advise advises the kernel about the whole huge pages in s. Memory is only slower, or not given back, if it does not listen.
func advise[T any](s []T, advice int) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), cap(s)*int(unsafe.Sizeof(*new(T))))
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % hugePage)
	if whole := (len(b) - skip) / hugePage * hugePage; whole > 0 {
		_ = syscall.Madvise(b[skip:skip+whole], advice)
	}
}
