// Package proof is what package prove and package certify have in common: a transition system as plain data, and the format of a proof about it.
package proof

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Schema is the version of the format.
const Schema = 2

// Certificate is an inductive invariant of a system: a set of states that it never leaves, for any number of tasks.
type Certificate struct {
	Schema    int     `json:"schema"`
	Kernel    string  `json:"kernel"`
	Selection string  `json:"actors"`
	Platform  string  `json:"platform,omitempty"`
	Blocks    int     `json:"blocks"` // 0: any number
	System    System  `json:"system"`
	Counted   []int   `json:"counted"` // the nodes whose tasks are among the Tasks of an ideal, and not among Any
	Any       [][]int `json:"any"`     // sets of nodes
	Ideals    []Ideal `json:"ideals"`
}

// Ideal is a set of states: the fields have these values, there is a task at each node of Tasks, and any number of tasks at each node of
// the set Any, and none elsewhere; of these states only those in which no two tasks hold what excludes one another.
type Ideal struct {
	Values []int `json:"v"`
	Tasks  []int `json:"t"`
	Any    int   `json:"a"`
}

// System says what the tasks may do, each of them the same. A set of locks, or of pinned variables, is a number with a bit for each.
type System struct {
	Locks   []string  `json:"locks"`
	Fields  []string  `json:"fields"`  // variables, and kernfs nodes, which are active (1) or not (0)
	Initial [][]int   `json:"initial"` // values of the fields
	Nodes   []Node    `json:"nodes"`   // where a task may be, at the start at the first one
	Never   []Never   `json:"never"`
	Order   []Request `json:"order"`
	Endless bool      `json:"endless"` // some task may loop for ever
}

// Node is a place of a task.
type Node struct {
	At    string `json:"at"` // for readers
	Has   Has    `json:"has"`
	Edges []Edge `json:"edges"`
}

// Has are the locks that a task holds for writing and for reading, and has announced itself to, and the variables that it pins.
type Has struct {
	Writes  uint64 `json:"writes,omitempty"`
	Reads   uint64 `json:"reads,omitempty"`
	Pending uint64 `json:"pending,omitempty"`
	Pins    uint64 `json:"pins,omitempty"`
}

// Edge is what a task may do if the fields have the values of When, no other task has some of Nobody, and one has some of Somebody, unless
// that is empty: it goes to a node, and gives fields values; or it breaks a rule. A number of -1 stands for a node that does not exist.
type Edge struct {
	To       int      `json:"to"`
	When     [][2]int `json:"when,omitempty"`
	Nobody   Has      `json:"nobody,omitzero"`
	Somebody Has      `json:"somebody,omitzero"`
	Sets     [][2]int `json:"sets,omitempty"`
	Breaks   string   `json:"breaks,omitempty"`
}

// Never are states that break a rule: the fields have these values, and nobody holds a lock of Free.
type Never struct {
	When   [][2]int `json:"when"`
	Free   uint64   `json:"free"`
	Breaks string   `json:"breaks"`
}

// Request is an edge of the lock order: at the node a task that holds a lock of class From, for writing or not, asks for one of class To,
// while it holds the locks of Gates for writing. Where Pends, writers of class To that wait hold off readers.
type Request struct {
	Node  int    `json:"node"`
	From  string `json:"from"`
	To    string `json:"to"`
	Holds bool   `json:"holds,omitempty"`
	Asks  bool   `json:"asks,omitempty"`
	Pends bool   `json:"pends,omitempty"`
	Gates uint64 `json:"gates,omitempty"`
}

// Write writes a certificate as JSON, compressed if compress is set.
func (c *Certificate) Write(w io.Writer, compress bool) error {
	if !compress {
		return c.encode(w)
	}
	z := gzip.NewWriter(w)
	if err := c.encode(z); err != nil {
		return err
	}
	return z.Close()
}

func (c *Certificate) encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(c)
}

// Read reads a certificate, compressed or not. That it means something is for package certify to find out.
func Read(r io.Reader) (*Certificate, error) {
	in := bufio.NewReader(r)
	d := json.NewDecoder(in)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		d = json.NewDecoder(z)
	}
	d.DisallowUnknownFields()
	c := new(Certificate)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("certificate: after its end: %w", cmp.Or(err, errors.New("more")))
	}
	if c.Schema != Schema {
		return nil, fmt.Errorf("certificate: schema %d, expected %d", c.Schema, Schema)
	}
	return c, nil
}
