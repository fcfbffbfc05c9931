package conform

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Input is an open trace with its symbols.
type Input struct {
	io.Reader
	// Symbols are nil if none were found.
	Symbols *Symbols
	file    io.Closer
}

// Close closes the trace's file.
func (in *Input) Close() error { return in.file.Close() }

// Open opens a trace, or another text of a kernel's, "-" for standard input. What starts like gzip is unpacked as it is read.
// If symbolsPath is empty, the symbols are read from FILE.symbols beside the trace if that exists;
// for FILE.gz also from FILE.symbols without the .gz.
func Open(path, symbolsPath string) (*Input, error) {
	file := os.Stdin
	if path != "-" {
		var err error
		if file, err = os.Open(path); err != nil {
			return nil, err
		}
	}
	in := &Input{file: file}
	var err error
	if in.Reader, err = unpack(file); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), file.Close())
	}
	if in.Symbols, err = openSymbols(path, symbolsPath); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return in, nil
}

// unpack looks at the first two bytes, the magic number of gzip (RFC 1952).
func unpack(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(magic) != "\x1f\x8b" {
		return buffered, nil
	}
	return gzip.NewReader(buffered)
}

func openSymbols(path, symbolsPath string) (*Symbols, error) {
	candidates := []string{symbolsPath}
	if symbolsPath == "" {
		if path == "-" {
			return nil, nil
		}
		candidates = []string{path + ".symbols", strings.TrimSuffix(path, ".gz") + ".symbols"}
	}
	for _, name := range candidates {
		f, err := os.Open(name)
		if symbolsPath == "" && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open symbols: %w", err)
		}
		s, err := ReadSymbols(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return s, nil
	}
	return nil, nil
}
