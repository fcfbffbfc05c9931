// Package certify checks a proof of package prove again, for itself: the two share the format alone. It believes nothing but the system that the
// proof is about; docs/semantics.md, section 12, says what that means.
package certify

import (
	"encoding/binary"
	"fmt"
	"slices"

	"memhp/sim/prove/proof"
)

type checker struct {
	*proof.Certificate
	any    [][]bool // the sets of the certificate, by node; the last is Counted
	ideals map[string]*proof.Ideal
}

// Check tells whether the certificate proves that no rule is ever broken: it covers the initial states, no step leaves it, and no state in it
// breaks a rule (docs/semantics.md, theorem 8 and lemma 5). The error says where it does not.
func Check(c *proof.Certificate) error {
	k := &checker{Certificate: c, ideals: map[string]*proof.Ideal{}}
	if err := k.load(); err != nil {
		return err
	}
	for _, values := range c.System.Initial {
		if i := k.ideals[key(values, nil)]; i == nil || !k.any[i.Any][0] {
			return fmt.Errorf("the initial state %v is not covered", values)
		}
	}
	at := make([]bool, len(c.System.Nodes))
	for n := range c.Ideals {
		for _, n := range slices.Concat(c.Ideals[n].Tasks, c.Any[c.Ideals[n].Any]) {
			at[n] = true
		}
		if err := k.checkIdeal(&c.Ideals[n]); err != nil {
			return fmt.Errorf("ideal %d: %w", n, err)
		}
	}
	order := slices.DeleteFunc(slices.Clone(c.System.Order), func(r proof.Request) bool { return !at[r.Node] })
	for _, r := range order {
		if circle(order, []proof.Request{r}) {
			return fmt.Errorf("lock-order is broken by a cycle through %s and %s", r.From, r.To)
		}
	}
	return nil
}

// load checks that the numbers of the ideals mean something, and that the system is one of which ideals can tell everything.
func (k *checker) load() error {
	none := func(numbers []int, n int) bool {
		return slices.ContainsFunc(numbers, func(x int) bool { return x < 0 || x >= n })
	}
	for n, set := range append(slices.Clip(k.Any), k.Counted) {
		if none(set, len(k.System.Nodes)) {
			return fmt.Errorf("set %d has a node that does not exist", n)
		}
		k.any = append(k.any, make([]bool, len(k.System.Nodes)))
		for _, a := range set {
			k.any[n][a] = true
		}
	}
	for n, i := range k.Ideals {
		if len(i.Values) != len(k.System.Fields) || none(i.Tasks, len(k.System.Nodes)) || none([]int{i.Any}, len(k.Any)) {
			return fmt.Errorf("ideal %d is malformed", n)
		}
		k.ideals[key(i.Values, i.Tasks)] = &k.Ideals[n]
	}
	if k.System.Endless {
		return fmt.Errorf("progress is not covered: some task may loop for ever")
	}
	return nil
}

// key names the ideal with these values and tasks: it is the only one.
func key(values, tasks []int) string {
	var b []byte
	for _, x := range append(slices.Clip(values), slices.Sorted(slices.Values(tasks))...) {
		b = binary.AppendVarint(b, int64(x))
	}
	return string(b)
}

func union(h, o proof.Has) proof.Has {
	return proof.Has{Writes: h.Writes | o.Writes, Reads: h.Reads | o.Reads, Pending: h.Pending | o.Pending, Pins: h.Pins | o.Pins}
}

func meet(h, o proof.Has) bool {
	return h.Writes&o.Writes|h.Reads&o.Reads|h.Pending&o.Pending|h.Pins&o.Pins != 0
}

func exclude(h, o proof.Has) bool { return h.Writes&(o.Writes|o.Reads)|h.Reads&o.Writes != 0 }

func is(values []int, when [][2]int) bool {
	return !slices.ContainsFunc(when, func(f [2]int) bool { return values[f[0]] != f[1] })
}

// checkIdeal checks that no step leads from the states of i to one that is not covered, and that none of them breaks a rule.
func (k *checker) checkIdeal(i *proof.Ideal) error {
	var all proof.Has
	for at, n := range i.Tasks {
		all = union(all, k.System.Nodes[n].Has)
		if err := k.checkTask(i, n, slices.Delete(slices.Clone(i.Tasks), at, at+1)); err != nil {
			return err
		}
	}
	for _, n := range k.Any[i.Any] {
		if err := k.checkTask(i, n, i.Tasks); err != nil {
			return err
		}
	}
	for _, n := range k.System.Never {
		if is(i.Values, n.When) && (all.Writes|all.Reads)&n.Free == 0 {
			return fmt.Errorf("%s is broken", n.Breaks)
		}
	}
	return nil
}

// checkTask checks what a task of i at node n may do; others are the counted tasks besides.
func (k *checker) checkTask(i *proof.Ideal, n int, others []int) error {
	node := &k.System.Nodes[n]
	var rest proof.Has
	for _, t := range others {
		rest = union(rest, k.System.Nodes[t].Has)
	}
	if exclude(rest, node.Has) {
		return nil // it is not there
	}
	for _, e := range node.Edges {
		some := func(a int) bool {
			h := k.System.Nodes[a].Has
			return meet(h, e.Somebody) && !exclude(h, node.Has)
		}
		perhaps := e.Somebody == (proof.Has{}) || meet(rest, e.Somebody) || slices.ContainsFunc(k.Any[i.Any], some)
		if !is(i.Values, e.When) || meet(rest, e.Nobody) || !perhaps {
			continue
		}
		if e.Breaks != "" || e.To < 0 {
			return fmt.Errorf("node %d (%s) breaks a rule: %s", n, node.At, e.Breaks)
		}
		if err := k.checkEdge(i, node, e, others, rest); err != nil {
			return fmt.Errorf("a step from node %d (%s) to node %d %w", n, node.At, e.To, err)
		}
	}
	return nil
}

// checkEdge checks that the states to which a step leads are in some ideal.
func (k *checker) checkEdge(i *proof.Ideal, from *proof.Node, e proof.Edge, others []int, rest proof.Has) error {
	to := k.System.Nodes[e.To].Has
	values := slices.Clone(i.Values)
	for _, f := range e.Sets {
		values[f[0]] = f[1]
	}
	counted := k.any[len(k.Any)][e.To]
	if counted {
		others = append(slices.Clip(others), e.To)
	}
	writes, reads := to.Writes&^from.Has.Writes, to.Reads&^from.Has.Reads
	j := k.ideals[key(values, others)]
	switch {
	case writes&^(e.Nobody.Writes&e.Nobody.Reads)|reads&^e.Nobody.Writes != 0:
		return fmt.Errorf("takes a lock that another task may hold") // or else holds are exclusive: lemma 4
	case j == nil || !counted && !k.any[j.Any][e.To]:
		return fmt.Errorf("leads out")
	}
	for _, a := range k.Any[i.Any] {
		h := k.System.Nodes[a].Has
		if !k.any[j.Any][a] && !meet(h, e.Nobody) && !exclude(h, to) && !exclude(h, rest) {
			return fmt.Errorf("forgets that a task may be at node %d", a)
		}
	}
	return nil
}

// circle tells whether requests can be added to path so that each asks for what the next one holds, and the last for what the first one holds,
// of distinct classes and without a gate in common.
func circle(order, path []proof.Request) bool {
	last := path[len(path)-1]
	meets := func(r proof.Request) bool { return r.From == last.To && (last.Asks || r.Holds || last.Pends) }
	beside := func(r proof.Request) bool {
		return !slices.ContainsFunc(path, func(p proof.Request) bool { return p.From == r.From || p.Gates&r.Gates != 0 })
	}
	return meets(path[0]) || slices.ContainsFunc(order, func(r proof.Request) bool {
		return meets(r) && beside(r) && circle(order, append(slices.Clip(path), r))
	})
}
