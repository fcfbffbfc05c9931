// Package certify re-checks what package prove found. It is given automata and a certificate, and shares no other code with the search
// that made the certificate. It is meant to be read beside docs/semantics.md, section 12:
//
//   - check.go        the induction: the initial states are covered, and no step leads out
//   - step.go         what an operation does, from the table of section 1
//   - rules.go        what no state may do, from the table of section 2
//   - certificate.go  the format; load.go reads it
package certify

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"memhp/sim"
	"memhp/spec"
)

// Schema is the version of the format.
const Schema = 1

// Certificate is an inductive invariant: a set of states that the machine never leaves, for any number of tasks.
type Certificate struct {
	Schema    int    `json:"schema"`
	Kernel    string `json:"kernel"`
	Selection string `json:"actors"`
	Platform  string `json:"platform,omitempty"`
	// Blocks is the number of memory blocks; 0 means any number.
	Blocks int `json:"blocks"`
	// Model names the automata that the numbers of nodes refer to.
	Model string `json:"model"`
	// Counted are the classes of locks whose holders for writing are among the Tasks of an ideal, and not among Any.
	Counted []string `json:"counted"`
	// Values names what the Values of ideals are values of: the variables, and the kernfs nodes, which are active or not.
	Values []string `json:"values"`
	// Any are the sets of nodes that ideals refer to.
	Any    [][]int `json:"any"`
	Ideals []Ideal `json:"ideals"`
}

// Ideal is a set of states: the variables have the values, there is a task at each node of Tasks, and any number of tasks
// at each node of the set Any. Of these states only those count in which no two tasks hold what excludes one another.
type Ideal struct {
	Values []int `json:"v"`
	Tasks  []int `json:"t"`
	Any    int   `json:"a"`
}

// Fields returns the variables and the kernfs nodes of a model, in the order of Values, and their names.
func Fields(m *sim.Model) (vars []spec.Var, kernfs []spec.Lock, names []string) {
	for _, v := range m.Vars {
		names = append(names, v.String())
	}
	for _, l := range m.Locks {
		if l.Class.KindIn(m.Kernel) == spec.KernfsActive {
			kernfs, names = append(kernfs, l), append(names, l.String())
		}
	}
	return m.Vars, kernfs, names
}

// Fingerprint names the automata of a model: equal names, equal numbers of nodes.
func Fingerprint(m *sim.Model) string {
	h := sha256.New()
	for _, n := range m.Nodes {
		lock, v := "", ""
		if n.Op.Lock.Class != nil {
			lock = n.Op.Lock.String()
		}
		if n.Op.Var.Class != nil {
			v = n.Op.Var.String()
		}
		fmt.Fprintln(h, n.Op.Kind, lock, v, n.Op.Value, n.Op.Old, n.Actor, n.Held, n.Next, n.Ends, len(n.Breaks))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Write writes a certificate as JSON, compressed if compress is set.
func (c *Certificate) Write(w io.Writer, compress bool) error {
	if !compress {
		return json.NewEncoder(w).Encode(c)
	}
	z := gzip.NewWriter(w)
	if err := json.NewEncoder(z).Encode(c); err != nil {
		return err
	}
	return z.Close()
}

// Read reads a certificate, compressed or not.
func Read(r io.Reader) (*Certificate, error) {
	all, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var in io.Reader = bytes.NewReader(all)
	if bytes.HasPrefix(all, []byte{0x1f, 0x8b}) {
		if in, err = gzip.NewReader(in); err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
	}
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	c := new(Certificate)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if c.Schema != Schema {
		return nil, fmt.Errorf("certificate: schema %d, expected %d", c.Schema, Schema)
	}
	return c, nil
}
