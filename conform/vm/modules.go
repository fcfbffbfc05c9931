package vm

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ulikunitz/xz"
)

// wantedModules are what a guest uses, if it is not built in.
func wantedModules() []string {
	return []string{"virtio_pci", "virtio_console", "virtio_mem", "virtio_rng", "memory_notifier_error_inject"}
}

// module is a loadable module, unpacked.
type module struct {
	name  string
	image []byte
}

// loadOrder reads the wanted modules under dir and what they depend on, each after what it depends on. Modules that are
// not there are taken to be built in.
func loadOrder(dir string, wanted []string) ([]module, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := findModules(dir)
	if err != nil {
		return nil, err
	}
	var out []module
	var visit func(name string) error
	visit = func(name string) error {
		path, ok := files[name]
		if !ok || slices.ContainsFunc(out, func(m module) bool { return m.name == name }) {
			return nil
		}
		delete(files, name) // a cycle of dependencies ends here
		image, err := readModule(path)
		if err != nil {
			return fmt.Errorf("module %s: %w", path, err)
		}
		deps, err := dependencies(image)
		if err != nil {
			return fmt.Errorf("module %s: %w", path, err)
		}
		for _, d := range deps {
			if err := visit(d); err != nil {
				return err
			}
		}
		out = append(out, module{name, image})
		return nil
	}
	for _, name := range wanted {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// moduleName is a module's name in the kernel: "virtio-rng.ko.xz" is virtio_rng.
func moduleName(file string) string {
	base, _, _ := strings.Cut(filepath.Base(file), ".ko")
	return strings.ReplaceAll(base, "-", "_")
}

func findModules(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(filepath.Base(path), ".ko") {
			files[moduleName(path)] = path
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("modules: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("modules: no .ko files under %s", dir)
	}
	return files, nil
}

func readModule(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r io.Reader
	switch filepath.Ext(path) {
	case ".ko":
		return b, nil
	case ".xz":
		r, err = xz.NewReader(bytes.NewReader(b))
	case ".gz":
		r, err = gzip.NewReader(bytes.NewReader(b))
	default:
		return nil, fmt.Errorf("compression %s is not supported; unpack the modules, and pass the directory with --modules", filepath.Ext(path))
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// dependencies reads "depends=a,b" from the section .modinfo.
func dependencies(image []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("no section .modinfo: not a kernel module")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for _, entry := range bytes.Split(info, []byte{0}) {
		if list, ok := bytes.CutPrefix(entry, []byte("depends=")); ok && len(list) > 0 {
			return strings.Split(strings.ReplaceAll(string(list), "-", "_"), ","), nil
		}
	}
	return nil, nil
}
