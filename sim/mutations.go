package sim

// Mutations returns the mutations of the procedures of the configured actors, in the order in which the procedures come to their places.
func Mutations(c Config) ([]Mutation, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	var out []Mutation
	seen := map[site]bool{}
	note := func(s site, values []string) {
		if !seen[s] {
			seen[s] = true
			out = append(out, mutationsAt(s, values)...)
		}
	}
	if _, err := unrollProtected(c.Kernel, mutated(c.Actors, Mutation{}, note), c.Blocks, nil); err != nil {
		return nil, err
	}
	return out, nil
}

// mutationsAt returns the mutations at one place.
func mutationsAt(s site, values []string) []Mutation {
	var out []Mutation
	add := func(kind string) {
		out = append(out, Mutation{Kind: kind, Function: s.function, Op: s.op, Object: s.object, Ordinal: s.ordinal})
	}
	switch s.op {
	case "lock":
		add(DropLock)
		if len(values) > 0 { // it can be held for reading
			add(ReadForWrite)
		}
	case "rlock", "tryrlock":
		add(DropLock)
	case "trylock":
		add(DropLock)
		add(WaitForTry)
	case "swap":
		if len(values) == 1 { // the operation at the place, as a pair of locks
			s.op = values[0]
			add(SwapLocks)
			break
		}
		out = append(out, checksAt(s, values)...)
	case "unlock", "runlock":
		add(DropUnlock)
	case "call":
		add(DropCall)
	case "read":
		out = append(out, checksAt(s, values)...)
	case "write":
		if len(values) > 1 {
			add(DropWrite)
		}
	case "deactivate":
		add(DropDeactivate)
	case "drain":
		add(DropDrain)
	case "choose":
		add(NotEventually)
	}
	return out
}

// checksAt returns a mutation for each value that a check may be given.
func checksAt(s site, values []string) []Mutation {
	var out []Mutation
	for i, name := range values {
		out = append(out, Mutation{Kind: DropCheck, Function: s.function, Op: s.op, Object: s.object, Ordinal: s.ordinal, Value: i, value: name})
	}
	return out
}
