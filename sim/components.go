package sim

// cyclic returns the strongly connected components, of a graph with nodes 0 to n-1, that have an edge inside: Tarjan's algorithm.
func cyclic(n int32, next func(n int32, visit func(int32))) [][]int32 {
	t := &tarjan{next: next, index: make([]int32, n), low: make([]int32, n), on: make([]bool, n)}
	for i := range n {
		if t.index[i] == 0 {
			t.visit(i)
		}
	}
	return t.out
}

type tarjan struct {
	next       func(n int32, visit func(int32))
	index, low []int32
	on         []bool
	stack      []int32
	count      int32
	out        [][]int32
}

func (t *tarjan) visit(n int32) {
	t.count++
	t.index[n], t.low[n] = t.count, t.count
	t.stack, t.on[n] = append(t.stack, n), true
	self := false
	t.next(n, func(m int32) {
		self = self || m == n
		if t.index[m] == 0 {
			t.visit(m)
			t.low[n] = min(t.low[n], t.low[m])
		} else if t.on[m] {
			t.low[n] = min(t.low[n], t.index[m])
		}
	})
	if t.low[n] != t.index[n] {
		return
	}
	var c []int32
	for {
		m := t.stack[len(t.stack)-1]
		t.stack, t.on[m] = t.stack[:len(t.stack)-1], false
		c = append(c, m)
		if m == n {
			break
		}
	}
	if len(c) > 1 || self {
		t.out = append(t.out, c)
	}
}
