package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Kernel is what to boot.
type Kernel struct {
	// Image is the bzImage, Modules the directory under which its modules are, or empty.
	Image, Modules string
}

// metaPackages are the Debian packages that depend on the newest kernel of a release.
var metaPackages = map[string]string{"6.1": "linux-image-cloud-amd64", "6.12": "linux-image-6.12-cloud-amd64"}

// DefaultRelease is the release that is booted when none is named.
const DefaultRelease = "6.1"

// Releases are the releases that FetchKernel knows.
func Releases() []string { return []string{"6.1", "6.12"} }

// LocalKernel takes a kernel of the user's own.
func LocalKernel(image, modules string) (Kernel, error) {
	k := Kernel{Image: image, Modules: modules}
	for what, path := range map[string]string{"kernel": image, "modules": modules} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return k, fmt.Errorf("%s: %w", what, err)
		}
		if info.IsDir() != (what == "modules") {
			return k, fmt.Errorf("%s: %s: a kernel is a file, a bzImage; modules are a directory", what, path)
		}
	}
	return k, nil
}

// aptTimeout bounds one apt or dpkg command.
const aptTimeout = 5 * time.Minute

// FetchKernel returns Debian's kernel of a release from the cache directory, and first downloads its package if it is not there.
// It needs no root. note is told what is being done.
func FetchKernel(ctx context.Context, release string, note func(format string, args ...any)) (Kernel, error) {
	meta, ok := metaPackages[release]
	if !ok {
		return Kernel{}, fmt.Errorf("no kernel package is known for release %q; known are %s. Pass a bzImage with --kernel", release, strings.Join(Releases(), " and "))
	}
	cache, err := cacheDir()
	if err != nil {
		return Kernel{}, err
	}
	pkg, err := newestPackage(ctx, meta)
	if ctx.Err() != nil {
		return Kernel{}, ctx.Err()
	}
	if err != nil {
		if k, found := cached(cache, release); found {
			note("%v: using %s", err, k.Image)
			return k, nil
		}
		return Kernel{}, err
	}
	dir := filepath.Join(cache, pkg)
	if k, err := unpacked(dir); err == nil {
		return k, nil
	}
	note("downloading %s with apt-get into %s", pkg, cache)
	if err := download(ctx, pkg, cache, dir); err != nil {
		return Kernel{}, err
	}
	return unpacked(dir)
}

// CachedKernel returns a kernel of the release that was downloaded before.
func CachedKernel(release string) (Kernel, error) {
	cache, err := cacheDir()
	if err != nil {
		return Kernel{}, err
	}
	k, ok := cached(cache, release)
	if !ok {
		return k, fmt.Errorf("no kernel %s in %s; memhp vm run --release %s downloads one", release, cache, release)
	}
	return k, nil
}

func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("where to keep kernels: %w; pass one with --kernel", err)
	}
	return filepath.Join(base, "memhp", "kernels"), nil
}

// newestPackage asks apt which package the meta package depends on.
func newestPackage(ctx context.Context, meta string) (string, error) {
	for _, program := range []string{"apt-cache", "apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%s is not on PATH, so no kernel can be downloaded; pass a bzImage with --kernel, and its modules with --modules", program)
		}
	}
	out, err := command(ctx, "", "apt-cache", "depends", "--important", meta)
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`Depends: (linux-image-[0-9][^\s]*)`).FindSubmatch(out)
	if found == nil {
		return "", fmt.Errorf("apt knows no package %s (run apt-get update, or this is not Debian); pass a bzImage with --kernel", meta)
	}
	return string(found[1]), nil
}

// command runs a program with a bound on its time.
func command(ctx context.Context, dir string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, aptTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(os.Environ(), "LC_ALL=C"), time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, lastLines(stderr.String(), 1))
	}
	return out, nil
}

// download fetches and unpacks a package. It appears in the cache only when it is complete.
func download(ctx context.Context, pkg, cache, dir string) (err error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	if err := sweep(cache); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(cache, incomplete)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if _, err := command(ctx, tmp, "apt-get", "download", pkg); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("apt-get download %s left %d packages", pkg, len(debs))
	}
	root := filepath.Join(tmp, "root")
	if _, err := command(ctx, "", "dpkg-deb", "-x", debs[0], root); err != nil {
		return err
	}
	if err := os.Rename(root, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// incomplete is how the directories of downloads begin.
const incomplete = "incomplete-"

// sweep removes what is left of downloads that were killed, by a second Ctrl-C for example: those that cannot be going on any more.
func sweep(cache string) error {
	dirs, err := filepath.Glob(filepath.Join(cache, incomplete+"*"))
	for _, dir := range dirs {
		if info, serr := os.Stat(dir); serr == nil && time.Since(info.ModTime()) > 2*aptTimeout {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

// unpacked finds the image and the modules in an unpacked package.
func unpacked(dir string) (Kernel, error) {
	images, err := filepath.Glob(filepath.Join(dir, "boot", "vmlinuz-*"))
	if err != nil || len(images) != 1 {
		return Kernel{}, fmt.Errorf("no kernel in %s", dir)
	}
	for _, lib := range []string{"lib", "usr/lib"} {
		modules := filepath.Join(dir, lib, "modules")
		if _, err := os.Stat(modules); err == nil {
			return Kernel{images[0], modules}, nil
		}
	}
	return Kernel{}, fmt.Errorf("no modules in %s", dir)
}

// cached returns the newest kernel of a release that was downloaded before.
func cached(cache, release string) (Kernel, bool) {
	dirs, _ := filepath.Glob(filepath.Join(cache, "linux-image-"+release+".*"))
	slices.SortFunc(dirs, func(a, b string) int { return strings.Compare(b, a) })
	for _, dir := range dirs {
		if k, err := unpacked(dir); err == nil {
			return k, true
		}
	}
	return Kernel{}, false
}
