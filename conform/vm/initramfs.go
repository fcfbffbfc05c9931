package vm

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/cavaliergopher/cpio"

	"memhp/conform/vm/agent"
)

// archive writes a cpio archive, each directory before what is in it.
type archive struct {
	w    *cpio.Writer
	dirs []string
	err  error
}

func (a *archive) dir(name string) {
	name = strings.Trim(name, "/")
	if a.err != nil || name == "" || name == "." || slices.Contains(a.dirs, name) {
		return
	}
	a.dir(path.Dir(name))
	a.dirs = append(a.dirs, name)
	a.err = a.w.WriteHeader(&cpio.Header{Name: name, Mode: cpio.TypeDir | 0o755})
}

func (a *archive) file(name string, content []byte) {
	name = strings.Trim(name, "/")
	a.dir(path.Dir(name))
	if a.err != nil {
		return
	}
	if a.err = a.w.WriteHeader(&cpio.Header{Name: name, Mode: cpio.TypeReg | 0o755, Size: int64(len(content))}); a.err == nil {
		_, a.err = a.w.Write(content)
	}
}

// writeInitramfs writes the guest's file system: this executable as init, with the shared objects that it runs with if it is
// not static, and the modules.
func writeInitramfs(w io.Writer, modules []module) error {
	a := &archive{w: cpio.NewWriter(w)}
	for _, d := range []string{"dev", "proc", "sys", "modules"} {
		a.dir(d)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("initramfs: read this executable: %w", err)
	}
	a.file("init", self)
	libs, err := sharedObjects(self)
	if err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	for _, lib := range libs {
		content, err := os.ReadFile(lib)
		if err != nil {
			return fmt.Errorf("initramfs: %w", err)
		}
		a.file(lib, content)
	}
	var order strings.Builder
	for _, m := range modules {
		name := "/modules/" + m.name + ".ko"
		a.file(name, m.image)
		order.WriteString(name + "\n")
	}
	a.file(agent.ModuleList, []byte(order.String()))
	if a.err == nil {
		a.err = a.w.Close()
	}
	if a.err != nil {
		return fmt.Errorf("initramfs: %w", a.err)
	}
	return nil
}

// sharedObjects returns the files that this process runs on, at the paths where its own loader looks for them. A static
// executable has none. `go build` links some packages against the C library where a C compiler is installed.
func sharedObjects(self []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(self))
	if err != nil {
		return nil, fmt.Errorf("this executable: %w", err)
	}
	var out []string
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			b, err := io.ReadAll(p.Open())
			if err != nil {
				return nil, fmt.Errorf("this executable: %w", err)
			}
			out = append(out, strings.TrimRight(string(b), "\x00"))
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	for _, line := range strings.Split(string(maps), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[5], "/") || !strings.Contains(path.Base(fields[5]), ".so") {
			continue
		}
		if !slices.Contains(out, fields[5]) {
			out = append(out, fields[5])
		}
	}
	return out, nil
}
