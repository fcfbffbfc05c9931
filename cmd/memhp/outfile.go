package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// outFile is a file to be written when the work is done. It is opened before the work, so that a name that cannot be written costs
// nothing, and takes the place of an older file only once it is whole.
type outFile struct {
	name string // of the file
	temp string // where it is written; the same for what is no regular file, such as /dev/stdout
	f    *os.File
}

// createOut opens a file to be written.
func createOut(name string) (*outFile, error) {
	old, err := os.Stat(name)
	if err == nil && old.IsDir() {
		return nil, fmt.Errorf("%s: is a directory", name)
	}
	if err == nil { // it may be read-only, or a symbolic link
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		if !old.Mode().IsRegular() {
			return &outFile{name, name, f}, nil
		}
		f.Close()
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	}
	temp := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		failed.Path = name // the one that the user knows
	}
	if err != nil {
		return nil, err
	}
	return &outFile{name, temp, f}, nil
}

// finish writes the file.
func (o *outFile) finish(write func(io.Writer) error) error {
	if err := write(o.f); err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	if err := o.f.Close(); err != nil {
		return err
	}
	if o.temp == o.name {
		return nil
	}
	return os.Rename(o.temp, o.name)
}

// discard forgets what was not finished.
func (o *outFile) discard() {
	o.f.Close()
	if o.temp != o.name {
		os.Remove(o.temp)
	}
}

// lateFile is written while the work is done, so that what there is of it is kept. An older file stays as it is until the first of it comes.
type lateFile struct {
	f     *os.File
	begun bool
}

// openLate opens a file to be written while the work is done.
func openLate(name string) (*lateFile, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	return &lateFile{f: f}, nil
}

func (l *lateFile) Write(b []byte) (int, error) {
	if !l.begun && len(b) > 0 {
		l.begun = true
		if info, err := l.f.Stat(); err == nil && info.Mode().IsRegular() {
			if err := l.f.Truncate(0); err != nil {
				return 0, err
			}
		}
	}
	return l.f.Write(b)
}

// close closes the file, and removes it if it is empty.
func (l *lateFile) close() error { return errors.Join(removeEmpty(l.f), l.f.Close()) }

// removeEmpty removes a file to which nothing was written.
func removeEmpty(f *os.File) error {
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > 0 {
		return err
	}
	return os.Remove(f.Name())
}

// outDir is a new directory to be filled when the work is done. It is made before the work, like a file.
type outDir struct {
	made []string // what did not exist, the innermost first
}

// createOutDir makes a new directory, and those above it.
func createOutDir(name string) (*outDir, error) {
	if _, err := os.Stat(name); err == nil {
		return nil, fmt.Errorf("%s exists; --out wants a new directory", name)
	}
	d := &outDir{}
	for at := filepath.Clean(name); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		d.made = append(d.made, at)
	}
	if err := os.MkdirAll(name, 0o777); err != nil {
		d.discard()
		return nil, err
	}
	return d, nil
}

// discard removes what was made, as far as it is empty.
func (d *outDir) discard() {
	for _, dir := range d.made {
		if os.Remove(dir) != nil {
			return
		}
	}
}
