package main

import (
	"errors"
	"fmt"
	"io"

	"memhp/conform"
	"memhp/conform/lockdep"
	"memhp/report"
	"memhp/spec"
)

type traceLockdepCmd struct {
	File   string   `arg:"" help:"/proc/lockdep of a kernel with CONFIG_PROVE_LOCKING, or a copy, gzip'ed or not."`
	Chains string   `type:"path" placeholder:"FILE" help:"/proc/lockdep_chains of the same time: it tells what else was held."`
	Kernel string   `required:"" placeholder:"KERNEL" help:"The kernel whose order to check."`
	Ran    []string `placeholder:"ACTOR" help:"Actors that have done their work, an eject that of a block that was online: what they request must have been seen."`
	Format string   `enum:"text,json" default:"text" help:"text or json."`
}

// Run implements the subcommand.
func (c *traceLockdepCmd) Run(a *app) error {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return err
	}
	if len(c.Ran) > 0 && c.Chains == "" {
		return errors.New("--ran needs --chains: /proc/lockdep alone leaves out edges between locks that are not neighbours")
	}
	classes, err := readLockdep(c.File, lockdep.ReadClasses)
	if err != nil {
		return err
	}
	var chains []lockdep.Chain
	if c.Chains != "" {
		if chains, err = readLockdep(c.Chains, lockdep.ReadChains); err != nil {
			return err
		}
	}
	r, err := lockdep.Check(k, classes, chains, c.Ran)
	if err != nil {
		return err
	}
	a.judge(r.Verdict)
	if c.Format == "json" {
		return report.LockdepJSON(a.out, r)
	}
	return report.Lockdep(a.out, a.style, c.File, r)
}

// readLockdep reads one of lockdep's files.
func readLockdep[T any](path string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	in, err := conform.Open(path, "")
	if err != nil {
		return none, err
	}
	defer in.Close()
	out, err := read(in)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}
