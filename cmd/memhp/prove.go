package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"memhp/report"
	"memhp/sim"
	"memhp/sim/prove"
	"memhp/sim/prove/proof"
	"memhp/spec"
)

type proveCmd struct {
	Kernel      string        `arg:"" help:"For example v6.12 or v4.20+d2ab99403ee0+eca499ab3749."`
	Actors      string        `default:"core" help:"Actors and groups, separated by commas, or all."`
	Platform    string        `placeholder:"NAME" help:"Only actors that this platform has: x86, arm64, powernv, pseries, s390."`
	Blocks      string        `default:"1" help:"Memory blocks, or any."`
	MaxTasks    int           `default:"5" help:"Look for counterexamples of up to so many tasks."`
	MaxIdeals   int64         `placeholder:"N" help:"Give up after so many ideals; the verdict is then unknown."`
	Timeout     time.Duration `placeholder:"D" help:"Give up after this time, for example 90s."`
	Certificate string        `type:"path" xor:"certificate" placeholder:"FILE" help:"Write the proof, compressed if the name ends in .gz."`
	Check       string        `type:"existingfile" xor:"certificate" placeholder:"FILE" help:"Check a proof that was written before, instead of looking for one."`
	Format      string        `enum:"text,json" default:"text" help:"text or json."`
}

// Run implements the subcommand. The exit status is 0 if the kernel is proved right, 1 if it is not, and 3 if neither is known.
func (c *proveCmd) Run(a *app) error {
	configs, err := c.configs(a)
	if err != nil {
		return err
	}
	if len(configs) > 1 && c.Certificate != "" {
		return fmt.Errorf("--actors %s: a proof is of one machine; name groups, for example core,platform", c.Actors)
	}
	if c.Check != "" {
		r, err := c.recheck(configs[0])
		if err != nil {
			return fmt.Errorf("%s: %w", c.Check, err)
		}
		return c.print(a, r)
	}
	return c.prove(a, configs)
}

// prove proves one machine after the other right, and writes the proof if that is asked for. A proof is an answer, whether it can be written or not.
func (c *proveCmd) prove(a *app, configs []prove.Config) error {
	file, err := c.create()
	if err != nil {
		return err
	}
	if file != nil {
		defer file.discard()
	}
	var results []*prove.Result
	var unwritten error
	for _, config := range configs {
		r, cert, err := prove.Prove(a.ctx, config)
		a.progressDone()
		if err != nil {
			return err
		}
		a.judgeProof(r.Verdict)
		if cert != nil && file != nil {
			if unwritten = file.finish(func(w io.Writer) error { return cert.Write(w, strings.HasSuffix(c.Certificate, ".gz")) }); unwritten == nil {
				r.Certificate = c.Certificate
			}
		}
		results = append(results, r)
	}
	return errors.Join(c.print(a, results...), unwritten)
}

func (c *proveCmd) print(a *app, results ...*prove.Result) error {
	if c.Format == "json" {
		return report.ProveJSON(a.out, results)
	}
	return report.Prove(a.out, a.style, results)
}

// judgeProof notes a verdict in the exit status.
func (a *app) judgeProof(v prove.Verdict) {
	switch v {
	case prove.Violated:
		a.fail(exitViolation)
	case prove.Unknown:
		a.fail(exitInconclusive)
	}
}

// configs returns what to prove: several machines if all actors are asked for.
func (c *proveCmd) configs(a *app) ([]prove.Config, error) {
	k, err := spec.ParseKernel(c.Kernel)
	if err != nil {
		return nil, err
	}
	if c.MaxTasks < 1 || c.MaxIdeals < 0 || c.Timeout < 0 {
		return nil, fmt.Errorf("--max-tasks must be 1 or more, and limits not negative")
	}
	blocks := 0 // any
	if c.Blocks != "any" {
		if blocks, err = strconv.Atoi(c.Blocks); err != nil || blocks < 1 {
			return nil, fmt.Errorf("--blocks %s: expected a number of 1 or more, or any", c.Blocks)
		}
	}
	var out []prove.Config
	for _, selection := range spec.Machines(k, c.Actors, blocks) {
		config := prove.Config{AnyBlocks: blocks == 0, MaxTasks: c.MaxTasks, Config: sim.Config{Kernel: k, Selection: selection, Platform: c.Platform, Blocks: blocks,
			Limits: sim.Limits{States: c.MaxIdeals, Time: c.Timeout}}}
		if err := config.Config.Validate(); err != nil {
			return nil, err
		}
		config.Progress = a.progressLine()
		out = append(out, config)
	}
	a.noteOddities(k)
	return out, nil
}

// create opens the file for the proof, if one is wanted.
func (c *proveCmd) create() (*outFile, error) {
	if c.Certificate == "" {
		return nil, nil
	}
	return createOut(c.Certificate)
}

// recheck checks a proof again. Actors, platform and blocks need not be given: the proof has them; others than those are refused.
func (c *proveCmd) recheck(config prove.Config) (*prove.Result, error) {
	f, err := os.Open(c.Check)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cert, err := proof.Read(f)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Actors != spec.GroupCore && c.Actors != cert.Selection:
		return nil, fmt.Errorf("the certificate is for --actors %s, not %s", cert.Selection, c.Actors)
	case c.Platform != "" && c.Platform != cert.Platform:
		return nil, fmt.Errorf("the certificate is not for --platform %s", c.Platform)
	case c.Blocks != "1" && config.Blocks != cert.Blocks:
		return nil, fmt.Errorf("the certificate is not for --blocks %s", c.Blocks)
	}
	r, err := prove.Check(config, cert)
	if err != nil {
		return nil, fmt.Errorf("no proof: %w", err)
	}
	r.Certificate = c.Check
	return r, nil
}
