package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"memhp/conform"
	"memhp/conform/vm"
	"memhp/report"
	"memhp/spec"
)

type vmCmd struct {
	Run       vmRunCmd       `cmd:"" help:"Boot a kernel, drive memory hotplug in it with random operations of several tasks, and check its trace."`
	Fetch     vmFetchCmd     `cmd:"" help:"Download one of Debian's kernels, if it is not there, and print where it is."`
	Reproduce vmReproduceCmd `cmd:"" help:"Show a finding of docs/findings.md on a real kernel, or a deadlock of the past on one that has its defect, with evidence and a control run."`
}

// bootFlags say which kernel to boot.
type bootFlags struct {
	Kernel  string `type:"path" placeholder:"BZIMAGE" help:"A kernel image; without it Debian's kernel of --release is downloaded with apt-get."`
	Modules string `type:"path" placeholder:"DIR" help:"Its modules, for what is not built in."`
	Accel   string `enum:"tcg,kvm" default:"tcg" help:"tcg is software emulation; kvm is faster, where it works."`
	Release string `default:"${vmRelease}" help:"Which of Debian's kernels: ${vmReleases}."`
}

// find returns the kernel to boot. QEMU is looked for first: without it nothing needs to be downloaded.
func (f bootFlags) find(a *app) (vm.Kernel, error) {
	if _, err := vm.FindQEMU(); err != nil {
		return vm.Kernel{}, err
	}
	if f.Kernel != "" {
		return vm.LocalKernel(f.Kernel, f.Modules)
	}
	if f.Modules != "" {
		return vm.Kernel{}, errors.New("--modules needs --kernel")
	}
	return vm.FetchKernel(a.ctx, f.Release, a.note)
}

type vmFetchCmd struct {
	Release string `default:"${vmRelease}" help:"Which of Debian's kernels: ${vmReleases}."`
}

// Run implements the subcommand.
func (c *vmFetchCmd) Run(a *app) error {
	k, err := vm.FetchKernel(a.ctx, c.Release, a.note)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n%s\n", k.Image, k.Modules)
	return err
}

type vmRunCmd struct {
	bootFlags
	Ops      int    `default:"200" help:"How many operations."`
	Tasks    int    `default:"3" help:"How many tasks do them at once."`
	Seed     uint64 `default:"1" help:"Which operations: the same seed draws the same."`
	Compare  int    `default:"100" help:"How many operations of a single task to compare, one by one, with what the specification predicts; 0 for none."`
	Rules    string `placeholder:"KERNEL" help:"The kernel of the specification to check against; without it the one that the guest's version tells."`
	TraceOut string `type:"path" placeholder:"FILE" help:"Keep the trace, its symbols in FILE.symbols, and what lockdep saw, if the kernel has it, in FILE.lockdep and FILE.lockdep_chains."`
	Format   string `enum:"text,json,junit,ktap" default:"text" help:"text, json, junit or ktap."`
}

const maxGuestTasks, maxGuestOps = 64, 1_000_000

// config checks the flags. It does not look for the kernel.
func (c *vmRunCmd) config() (vm.RunConfig, error) {
	config := vm.RunConfig{Config: vm.Config{Accel: c.Accel}, Compare: c.Compare, Workload: vm.Workload{Tasks: c.Tasks, Ops: c.Ops, Seed: c.Seed}}
	switch {
	case c.Tasks < 1 || c.Tasks > maxGuestTasks || c.Ops < 1 || c.Ops > maxGuestOps:
		return config, fmt.Errorf("--tasks must be from 1 to %d and --ops from 1 to %d", maxGuestTasks, maxGuestOps)
	case c.Compare < 0 || c.Compare > maxGuestOps:
		return config, fmt.Errorf("--compare must be from 0 to %d", maxGuestOps)
	}
	if c.Rules != "" {
		k, err := spec.ParseKernel(c.Rules)
		if err != nil {
			return config, err
		}
		config.Rules = &k
	}
	return config, nil
}

// Run implements the subcommand.
func (c *vmRunCmd) Run(a *app) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	if config.Kernel, err = c.find(a); err != nil {
		return err
	}
	if c.TraceOut != "" {
		for suffix, w := range map[string]*io.Writer{"": &config.TraceOut, ".symbols": &config.SymbolsOut} {
			f, err := openLate(c.TraceOut + suffix)
			if err != nil {
				return err
			}
			defer f.close() // a write that fails ends the run
			*w = f
		}
	}
	r, err := vm.Run(a.ctx, config)
	if err != nil && a.ctx.Err() == nil {
		return err
	}
	if err != nil {
		a.note("interrupted; the guest is stopped")
		a.fail(exitInconclusive)
		if r.Kernel == "" { // it had not booted
			return nil
		}
	}
	a.judge(r.Verdict)
	return errors.Join(c.write(a, r), c.keepLockdep(r))
}

// keepLockdep writes what lockdep saw beside the trace.
func (c *vmRunCmd) keepLockdep(r vm.Result) error {
	if c.TraceOut == "" || r.LockdepClasses == "" {
		return nil
	}
	return errors.Join(os.WriteFile(c.TraceOut+".lockdep", []byte(r.LockdepClasses), 0o644),
		os.WriteFile(c.TraceOut+".lockdep_chains", []byte(r.LockdepChains), 0o644))
}

func (c *vmRunCmd) write(a *app, r vm.Result) error {
	switch c.Format {
	case "json":
		return report.RunJSON(a.out, r)
	case "junit":
		return report.RunJUnit(a.out, r)
	case "ktap":
		return report.RunKTAP(a.out, r)
	}
	return report.Run(a.out, a.style, r)
}

// judge sets the exit status of a verdict of package conform.
func (a *app) judge(verdict string) {
	switch verdict {
	case conform.Violates:
		a.fail(exitViolation)
	case conform.Unknown:
		a.fail(exitInconclusive)
	}
}
