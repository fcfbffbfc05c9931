package prove_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/sim/prove"
	"memhp/sim/prove/proof"
	"memhp/spec"
)

// everything is a right program with everything that a certificate speaks of: a lock whose holder is counted, one that only
// some hold under it, readers, a variable, and a kernfs node with users.
func everything() []spec.Actor {
	return []spec.Actor{
		raise(mutexA), looks(mutexA), nested("ab", mutexA, mutexB), reads("r", first, second), writes("w", second), remove(mutexA),
		get(func(t spec.Task) {
			if t.TryLock(mutexA) {
				t.Unlock(mutexA)
			}
		}),
		single(writes("single", gate)),
	}
}

// check is prove.Check without its result.
func check(c prove.Config, cert *proof.Certificate) error {
	_, err := prove.Check(c, cert)
	return err
}

// clone copies a certificate, by way of its file.
func clone(t testing.TB, c *proof.Certificate) *proof.Certificate {
	var b bytes.Buffer
	require.NoError(t, c.Write(&b, false))
	out, err := proof.Read(&b)
	require.NoError(t, err)
	return out
}

// The ideals are the least that will do: with any one of them left out, or with one node left out of any set, or with any other value or node
// in one, the certificate is no proof. So the checker looks at each step.
func TestMutatedCertificatesAreRejected(t *testing.T) {
	config := config(t, "v6.12", 1, everything()...)
	r, cert := proveIt(t, config)
	require.Equal(t, prove.Proved, r.Verdict, r.Reason)
	require.NoError(t, check(config, cert))
	require.Len(t, cert.Ideals, 23)
	require.Len(t, cert.Any, 3)
	rejected := func(change func(c *proof.Certificate), what string, args ...any) {
		c := clone(t, cert)
		change(c)
		require.Error(t, check(config, c), what, args)
	}
	for i, ideal := range cert.Ideals {
		rejected(func(c *proof.Certificate) { c.Ideals = slices.Delete(c.Ideals, i, i+1) }, "without ideal %d", i)
		for f := range ideal.Values {
			rejected(func(c *proof.Certificate) { c.Ideals[i].Values[f] = 1 - c.Ideals[i].Values[f] }, "ideal %d with another value %d", i, f)
		}
		for n := range ideal.Tasks {
			rejected(func(c *proof.Certificate) { c.Ideals[i].Tasks[n]++ }, "ideal %d with another task", i)
			rejected(func(c *proof.Certificate) { c.Ideals[i].Tasks[n] = 10_000 }, "ideal %d with a task nowhere", i)
		}
		rejected(func(c *proof.Certificate) { c.Ideals[i].Any = len(c.Any) }, "ideal %d with no set", i)
	}
	for s, set := range cert.Any {
		for n := range set {
			rejected(func(c *proof.Certificate) { c.Any[s] = slices.Delete(c.Any[s], n, n+1) }, "set %d without node %d", s, set[n])
		}
	}
	rejected(func(c *proof.Certificate) { c.System.Nodes[1].Edges = nil }, "another system")
	rejected(func(c *proof.Certificate) { c.System.Fields = c.System.Fields[1:] }, "other variables")
	rejected(func(c *proof.Certificate) { c.Counted = nil }, "nobody is counted")
}

// What a certificate says of its own system proves nothing of a kernel with another one: not of the same kernel with another system, nor of
// another kernel.
func TestCertificatesAreAboutTheirSystem(t *testing.T) {
	right := []spec.Actor{nested("ab", mutexA, mutexB), writes("b", mutexB)}
	wrong := append(right, nested("ba", mutexB, mutexA))
	_, cert := proveIt(t, config(t, "v6.12", 1, right...))
	require.NoError(t, check(config(t, "v6.12", 1, right...), cert))
	require.EqualError(t, check(config(t, "v6.12", 1, wrong...), cert), "the certificate is about another system than that of kernel v6.12")
	require.EqualError(t, check(config(t, "v6.7", 1, right...), cert), "the certificate is for kernel v6.12, not v6.7")
}

// oneOrderAfterTheOther has both orders of two mutexes, but never at the same time.
func oneOrderAfterTheOther() []spec.Actor {
	return []spec.Actor{
		actor("ab", func(t spec.Task) {
			t.Lock(mutexA)
			if t.Read(raised) == 0 {
				t.Lock(mutexB)
				t.Unlock(mutexB)
			}
			t.Unlock(mutexA)
		}),
		actor("turn", func(t spec.Task) { t.Lock(mutexA); t.Write(raised, 1); t.Unlock(mutexA) }),
		actor("ba", func(t spec.Task) {
			t.Lock(mutexB)
			if t.Read(raised) == 1 {
				t.Lock(mutexA)
				t.Unlock(mutexA)
			}
			t.Unlock(mutexB)
		}),
	}
}

// What is closed under steps but has a state that breaks a rule is rejected too: here what programs that are not right can reach.
func TestCertificatesOfWrongProgramsAreRejected(t *testing.T) {
	for _, c := range []struct {
		message string
		actors  []spec.Actor
	}{
		{"lock-order is broken", []spec.Actor{nested("ab", mutexA, mutexB), nested("ba", mutexB, mutexA)}},
		{"lock-order is broken", oneOrderAfterTheOther()},
		{"lock-order is broken", []spec.Actor{reads("12", first, second), reads("21", second, first), writes("w1", first), writes("w2", second)}},
		{"block-device-agree is broken", []spec.Actor{takesOffline(mutexA)}},
		{"breaks a rule: no-bug", []spec.Actor{actor("bug", func(t spec.Task) { t.Bug("here") })}},
		{"breaks a rule: locks-balanced", []spec.Actor{actor("keeps", func(t spec.Task) { t.Lock(mutexA) })}},
		{"(look: assert flag) breaks a rule: flag-is-0", []spec.Actor{raise(mutexA), looks(mutexB)}},
		{"no-deadlock is not covered where tasks wait for flag", []spec.Actor{actor("wait", func(t spec.Task) { t.Wait(raised, 1) }), actor("raise", func(t spec.Task) { t.Write(raised, 1) })}},
		{"breaks a rule: readers-see-stable-memory", []spec.Actor{actor("pin", func(t spec.Task) { t.Pin(raised); t.Unpin(raised) }), raise(mutexA)}},
	} {
		t.Run(c.actors[0].Name+": "+c.message, func(t *testing.T) {
			require.ErrorContains(t, prove.CheckWrong(config(t, "v6.12", 1, c.actors...)), c.message)
		})
	}
}
