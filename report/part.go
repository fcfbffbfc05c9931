package report

import (
	"encoding/json"
	"fmt"
	"slices"

	"memhp/sim"
	"memhp/spec"
)

// Part says which part of some work a file holds.
type Part struct {
	K int `json:"k"`
	N int `json:"n"`
}

// Envelope is what the JSON of each subcommand whose work can be split begins with.
type Envelope struct {
	Schema  int    `json:"schema"`
	Command string `json:"command"`
	Part    *Part  `json:"part,omitempty"`
}

func envelope(command string, part *Part) Envelope { return Envelope{schema, command, part} }

// ReadEnvelope reads the beginning of a file.
func ReadEnvelope(data []byte) (Envelope, error) {
	var e Envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("is no JSON of memhp: %w", err)
	}
	if e.Schema != schema {
		return e, fmt.Errorf("has schema %d, not %d", e.Schema, schema)
	}
	if e.Part == nil || e.Part.N < 1 || e.Part.K < 1 || e.Part.K > e.Part.N {
		return e, fmt.Errorf("is not the result of a part of some work, which --shard makes")
	}
	return e, nil
}

// Whole says what is missing of, or wrong with, parts that are to be put together, and returns their places in order.
func Whole(parts []Envelope) ([]int, error) {
	at := make([]int, parts[0].Part.N)
	for i := range at {
		at[i] = -1
	}
	for i, e := range parts {
		switch {
		case e.Command != parts[0].Command:
			return nil, fmt.Errorf("parts of memhp %s and of memhp %s cannot be merged", parts[0].Command, e.Command)
		case e.Part.N != len(at):
			return nil, fmt.Errorf("part %d/%d and part %d/%d are not of the same work", parts[0].Part.K, len(at), e.Part.K, e.Part.N)
		case at[e.Part.K-1] >= 0:
			return nil, fmt.Errorf("part %d/%d is given twice", e.Part.K, e.Part.N)
		}
		at[e.Part.K-1] = i
	}
	if i := slices.Index(at, -1); i >= 0 {
		return nil, fmt.Errorf("part %d/%d is missing", i+1, len(at))
	}
	return at, nil
}

// plausible says what is wrong with a result that was read: it is of a machine that can be checked, and the tasks of a trace, which are more than the
// machine has where several paths make a cycle, are columns of what is printed.
func plausible(r *sim.Result) error {
	k, err := spec.ParseKernel(r.Kernel)
	if err == nil {
		err = sim.Config{Kernel: k, Tasks: r.Tasks, Blocks: r.Blocks}.Validate()
	}
	if err != nil {
		return err
	}
	for _, v := range r.Violations {
		for _, s := range v.Trace {
			if s.Task < 1 || s.Task > Width {
				return fmt.Errorf("a violation by task %d", s.Task)
			}
		}
	}
	return nil
}

// dealt puts pieces that were dealt out in turn into one row again. It is an error if a part got fewer or more than its turns.
func dealt[T any](parts [][]T) ([]T, error) {
	total := 0
	for _, p := range parts {
		total += len(p)
	}
	for k, p := range parts {
		if want := (total - k + len(parts) - 1) / len(parts); len(p) != want {
			return nil, fmt.Errorf("part %d has %d pieces of %d, not %d: it is not of the same work", k+1, len(p), total, want)
		}
	}
	out := make([]T, total)
	for i := range out {
		out[i] = parts[i%len(parts)][i/len(parts)]
	}
	return out, nil
}
