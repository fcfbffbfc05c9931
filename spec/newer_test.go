package spec_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"memhp/spec"
)

// A release that was read in part is no kernel by its name, with or without changes; what is known of it is one.
func TestNewerReleases(t *testing.T) {
	all := spec.Releases()
	last := all[len(all)-1]
	for _, n := range spec.NewerReleases() {
		require.True(t, last.Before(n.Release), n.Release)
		require.NotEmpty(t, n.Read, n.Release)
		require.NotEmpty(t, n.Unread, "%s: then it is a release like others", n.Release)
		for _, name := range []string{n.Release.String(), n.Release.String() + ".9", n.Release.String() + "+a7cc262a1135"} {
			_, err := spec.ParseKernel(name)
			require.ErrorContains(t, err, n.Release.String()+" was read in part only", name)
			require.ErrorContains(t, err, n.Kernel().String(), name)
		}
		again, err := spec.ParseKernel(n.Kernel().String())
		require.NoError(t, err)
		for _, c := range spec.Changes() {
			require.Equal(t, !n.Release.Before(c.Release) && (c.Gone == spec.Release{}), again.Has(c), "%s %s", n.Release, c)
		}
		last = n.Release
	}
	_, err := spec.ParseKernel("v7.20")
	require.ErrorContains(t, err, "unknown release", "v7.20 is not v7.2")
}

// Each change has a release that can be checked, or one that was read in part: none is lost between them.
func TestEveryChangeHasAKnownRelease(t *testing.T) {
	var newer []spec.Release
	for _, n := range spec.NewerReleases() {
		newer = append(newer, n.Release)
	}
	all := spec.Releases()
	for _, c := range spec.Changes() {
		require.True(t, !all[len(all)-1].Before(c.Release) || slices.Contains(newer, c.Release), "%s of %s", c, c.Release)
	}
}
