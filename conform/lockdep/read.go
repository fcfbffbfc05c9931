package lockdep

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Graph is what lockdep has seen: for each class, by name, those that were requested directly after it.
type Graph map[string][]string

// Edges counts the direct edges.
func (g Graph) Edges() int {
	n := 0
	for _, to := range g {
		n += len(to)
	}
	return n
}

// Chain are the classes that one task held, outermost first; the last is the one that it requested.
type Chain []string

// ReadClasses reads /proc/lockdep, l_show() of kernel/locking/lockdep_proc.c: "KEY [OPS:N] FD:N BD:N USAGE: NAME", then the direct edges
// as " -> [KEY] NAME", then an empty line. Names are unique: lockdep numbers classes of equal name.
func ReadClasses(r io.Reader) (Graph, error) {
	g := Graph{}
	current, n := "", 0
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		n++
		line := strings.TrimRight(scan.Text(), " ")
		switch {
		case line == "" || line == "all lock classes:":
			current = ""
		case strings.HasPrefix(line, " -> "):
			name, ok := bracketed(line[len(" -> "):])
			if !ok || current == "" {
				return nil, fmt.Errorf("line %d: %.80q is no edge of a class", n, line)
			}
			if !slices.Contains(g[current], name) {
				g[current] = append(g[current], name)
			}
		default:
			if current = className(line); current == "" {
				return nil, fmt.Errorf("line %d: %.80q is no class of /proc/lockdep", n, line)
			}
			if g[current] == nil {
				g[current] = []string{}
			}
		}
	}
	switch {
	case scan.Err() != nil:
		return nil, fmt.Errorf("after line %d: %w", n, scan.Err())
	case len(g) == 0:
		return nil, fmt.Errorf("no lock class: this is not /proc/lockdep of a kernel with CONFIG_PROVE_LOCKING")
	}
	return g, nil
}

// className is what follows the usage characters: "ffff FD:    1 BD:   57 ....: (console_sem).lock".
func className(line string) string {
	for i, f := range strings.Fields(line) {
		if i == 0 || !strings.HasSuffix(f, ":") || strings.Trim(f, ".+-?:") != "" {
			continue
		}
		if _, name, ok := strings.Cut(line, " "+f+" "); ok {
			return name
		}
	}
	return ""
}

// bracketed reads "[KEY] NAME".
func bracketed(s string) (string, bool) {
	if !strings.HasPrefix(s, "[") {
		return "", false
	}
	_, name, ok := strings.Cut(s, "] ")
	return name, ok && name != ""
}

// ReadChains reads /proc/lockdep_chains, lc_show(): "irq_context: N", the classes of a chain as "[KEY] NAME", then an empty line.
func ReadChains(r io.Reader) ([]Chain, error) {
	var out []Chain
	var chain Chain
	n, started := 0, false
	end := func() {
		if len(chain) > 0 {
			out = append(out, chain)
		}
		chain = nil
	}
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		n++
		line := strings.TrimRight(scan.Text(), " ")
		name, ok := bracketed(line)
		switch {
		case line == "":
			end()
		case line == "all lock chains:" || line == "(buggered) all lock chains:": // a table of the kernel is full
			started = true
		case strings.HasPrefix(line, "irq_context: "):
			end()
		case ok && started:
			chain = append(chain, name)
		default:
			return nil, fmt.Errorf("line %d: %.80q is no part of /proc/lockdep_chains", n, line)
		}
	}
	end()
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("after line %d: %w", n, err)
	}
	if !started {
		return nil, errors.New("no line \"all lock chains:\": this is not /proc/lockdep_chains")
	}
	return out, nil
}
