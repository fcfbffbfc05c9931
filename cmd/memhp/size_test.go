package main

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestByteSize(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "1": 1 << 20, "512": 512 << 20, "64K": 64 << 10, "512M": 512 << 20, "4G": 4 << 30, "4g": 4 << 30, "4GB": 4 << 30, "4GiB": 4 << 30, "1T": 1 << 40,
	} {
		var b byteSize
		require.NoError(t, b.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, uint64(b), text)
	}
	for _, text := range []string{"", "G", "1.5G", "-1", "1X", "1GG", "1KM", "1 G", "99999999999999999999", "99999999T"} {
		var b byteSize
		require.Error(t, b.UnmarshalText([]byte(text)), text)
	}
}

// --plain switches off every reduction that has a switch.
func TestPlainIsAllOff(t *testing.T) {
	v := reflect.ValueOf(allOff)
	for i := range v.NumField() {
		require.True(t, v.Field(i).Bool(), v.Type().Field(i).Name)
	}
}

// A limit of memory makes a check inconclusive, and each switch lets the check see more states than all reductions together.
func TestSizeFlags(t *testing.T) {
	status, out, _ := memhp(small("check", "v6.12", "--max-memory", "1K")...)
	require.Equal(t, exitInconclusive, status)
	require.Contains(t, out, "more than 1024 bytes")

	states := func(flags ...string) int { return int(checkOf(t, append(small("check", "v6.12"), flags...)...).States) }
	all := states()
	for _, flag := range []string{"--no-symmetry", "--no-lipton", "--plain"} {
		require.Greater(t, states(flag), all, flag)
	}
	require.Greater(t, states("--plain"), states("--no-lipton"))
}
