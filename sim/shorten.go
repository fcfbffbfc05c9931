package sim

import "context"

// How what is learnt from a counterexample is made short. A procedure asks for many changes that make no difference to what is broken:
// whether a function on the way takes one more lock. A change is left out if the scene breaks something with it and without it, whatever
// the other changes are that are left out: each of these kernels is tried, which takes milliseconds.

// maxPlays bounds the kernels that are tried to make one counterexample short.
const maxPlays = 512

// play is a scene that is played with one set of changes after the other.
type play struct {
	b     *backporter
	scene *scene
	found map[changeSet][]changeSet
	left  int // of maxPlays
}

func newPlay(b *backporter, s *scene) *play {
	return &play{b: b, scene: s, found: map[changeSet][]changeSet{}}
}

// with plays the scene with s, and returns what each counterexample asked.
func (p *play) with(ctx context.Context, s changeSet) []changeSet {
	if found, ok := p.found[s]; ok {
		return found
	}
	p.left--
	found, err := p.b.perform(ctx, p.scene, s)
	if err != nil {
		found = nil // it shows nothing; if the kernel is checked, the check says what is wrong
	}
	if ctx.Err() == nil {
		p.found[s] = found
	}
	return found
}

// shorten leaves out of what a counterexample with s asked what makes no difference.
func (p *play) shorten(ctx context.Context, s, asked changeSet) changeSet {
	p.left = maxPlays
	for _, i := range asked.members() {
		if p.always(ctx, s, asked.without(i)) {
			asked = asked.without(i)
		}
	}
	return asked
}

// always tells whether the scene breaks something with every closed set that agrees with s on fixed (docs/semantics.md, theorem B2). It plays
// the smallest. If that asks for nothing but fixed, it speaks for all; otherwise for those that agree with it on one more change, and so on.
func (p *play) always(ctx context.Context, s, fixed changeSet) bool {
	t := p.b.closure(s.and(fixed))
	if t.and(fixed) != s.and(fixed) {
		return true // no closed set agrees
	}
	if p.left <= 0 {
		return false
	}
	more, ok := fewestBeside(fixed, p.with(ctx, t))
	if !ok || more.size() == 0 {
		return ok
	}
	i := more.members()[0]
	return p.always(ctx, t.with(i), fixed.with(i)) && p.always(ctx, t.without(i), fixed.with(i))
}

// fewestBeside returns the fewest changes that a counterexample asked for beside fixed; ok is false if there is no counterexample.
func fewestBeside(fixed changeSet, found []changeSet) (few changeSet, ok bool) {
	for i, asked := range found {
		if more := asked.minus(fixed); i == 0 || more.size() < few.size() {
			few = more
		}
	}
	return few, len(found) > 0
}

// perform explores a scene in the kernel with s, and returns what each of its counterexamples asked.
func (b *backporter) perform(ctx context.Context, sc *scene, s changeSet) ([]changeSet, error) {
	b.out.Probes++
	k := b.kernel(s)
	var made changeSet // asked for when the user made the actors, or by what they remember of the kernel
	of := k
	if b.Actors != nil {
		of = k.Observed(b.noting(&made))
	}
	actors, err := b.actorsOf(of, sc.cast)
	if err != nil || len(actors) == 0 {
		return nil, err
	}
	e, err := newExplorer(Config{Kernel: k, Actors: actors, Tasks: sc.size.Tasks, Blocks: sc.size.Blocks, Limits: Limits{States: maxSceneStates}, Jobs: 1,
		scene: sc, Reductions: Reductions{NoSlicing: true}}) // what a sliced variable is read as is not told
	if err == nil {
		err = e.explore(ctx)
	}
	if err != nil {
		return nil, err
	}
	return b.askedIn(e, &made)
}

// maxSceneStates bounds the states of a scene. What it shows until then, it shows.
const maxSceneStates = 50_000

// askedIn returns what each counterexample asked that an exploration found, and the changes that all depend on.
func (b *backporter) askedIn(e *explorer, made *changeSet) ([]changeSet, error) {
	var out []changeSet
	p := newPlayer(e.a, e.packing, e.inits)
	for _, d := range e.discoveries {
		shown, t, err := e.show(p, d)
		if err != nil {
			return nil, err
		}
		var asked changeSet
		if e.asked(shown, t, b.noting(&asked)) {
			out = append(out, asked.or(*made))
		}
	}
	return out, nil
}
