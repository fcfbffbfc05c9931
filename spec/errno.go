package spec

import "fmt"

// Errno is what a kernel function returns: 0, a negative errno, or a small positive number.
type Errno int

// The values that the procedures return; numbers from include/uapi/asm-generic/errno*.h and
// include/linux/errno.h.
const (
	OK             Errno = 0
	AlreadyDone    Errno = 1 // device_online() and device_offline(): the device was in that state already
	EPERM          Errno = -1
	EINTR          Errno = -4
	EAGAIN         Errno = -11
	ENOMEM         Errno = -12
	EBUSY          Errno = -16
	EEXIST         Errno = -17
	ENODEV         Errno = -19
	EINVAL         Errno = -22
	EHWPOISON      Errno = -133
	ERESTARTNOINTR Errno = -513
)

var errnoNames = map[Errno]string{
	OK: "0", AlreadyDone: "1", EPERM: "-EPERM", EINTR: "-EINTR", EAGAIN: "-EAGAIN", ENOMEM: "-ENOMEM",
	EBUSY: "-EBUSY", EEXIST: "-EEXIST", ENODEV: "-ENODEV", EINVAL: "-EINVAL", EHWPOISON: "-EHWPOISON", ERESTARTNOINTR: "-ERESTARTNOINTR",
}

func (e Errno) String() string {
	if s, ok := errnoNames[e]; ok {
		return s
	}
	return fmt.Sprintf("%d", int(e))
}
