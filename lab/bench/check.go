package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// errSlower is what check ends with when the head is slower than the limit allows.
var errSlower = errors.New("the head is slower than the base")

// A checker compares the program of the working tree, the head, with that of another revision, the base. Both are
// run as users run them, since the command line is what stays the same from one revision to the next.
type checker struct {
	repository string
	dir        string // of its own, for everything it makes
	base, head string // the programs
	mixed      int    // packets
	spoofed    int
	rules      int      // that loading is measured with
	pin        []string // command that keeps a program to a CPU
	judge      judge
	out        io.Writer
}

// check compares the working tree with a base, and fails where it is slower.
func check(ctx context.Context, args []string) (err error) {
	fs := flag.NewFlagSet("bench check", flag.ExitOnError)
	c := &checker{out: os.Stdout}
	rev := fs.String("base", "", "`revision` to compare with (default: $BENCH_BASE, else where HEAD left its upstream branch, else HEAD~1)")
	short := fs.Bool("short", false, "take a quick look: little traffic, few runs")
	same := fs.Bool("same", false, "measure even where both revisions give the same program, to see the noise")
	cpu := fs.String("cpu", "", "`CPU` that the programs run on (default any)")
	fs.Float64Var(&c.judge.limit, "limit", 1.3, "how many times as long as the base the head may take")
	fs.IntVar(&c.judge.runs, "runs", 0, "how often each program runs each measure (default 10, 6 with -short)")
	_ = fs.Parse(args) // it exits on errors
	if fs.NArg() > 0 {
		return fmt.Errorf("there is nothing to do with %q; see -help", fs.Args())
	}
	c.mixed, c.spoofed, c.rules = 2_000_000, 4_000_000, manyRules
	if *short {
		c.mixed, c.spoofed, c.rules = 300_000, 500_000, manyRules/5
	}
	if c.judge.runs == 0 {
		c.judge.runs = 10
		if *short {
			c.judge.runs = 6
		}
	}
	r, err := findBase(ctx, *rev, os.Getenv("BENCH_BASE"))
	if errors.Is(err, errNoBase) {
		fmt.Fprintf(c.out, "bench check: skipped: %v\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	c.repository = r.repository
	if *cpu != "" {
		c.pin = []string{"taskset", "-c", *cpu}
	}
	if c.dir, err = os.MkdirTemp("", "ruleids-bench-check-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.dir)) }()
	fmt.Fprintf(c.out, "bench check: the working tree against %s\n", r.describe())
	c.base, c.head = filepath.Join(c.dir, "base"), filepath.Join(c.dir, "head")
	if err := build(ctx, c.head, c.repository); err != nil {
		return fmt.Errorf("the head cannot be built: %w", err)
	}
	if err := r.build(ctx, c.base, c.dir); err != nil {
		if *rev != "" || ctx.Err() != nil {
			return err
		}
		// A broken base must not stop the change that mends it.
		fmt.Fprintf(c.out, "bench check: skipped: %v\n", err)
		return nil
	}
	if equal, err := equalFiles(c.base, c.head); err != nil || equal && !*same {
		if err == nil {
			fmt.Fprintln(c.out, "bench check: both give the same program, byte for byte: there is nothing to measure")
		}
		return err
	}
	return c.run(ctx)
}

func equalFiles(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	return bytes.Equal(x, y), err
}

// run measures both programs and tells what it found.
func (c *checker) run(ctx context.Context) error {
	contests, err := c.contests()
	if err != nil {
		return err
	}
	var able []string
	byName := map[string]contest{}
	for _, x := range contests {
		// The first runs are for nothing but to see that there is something to compare, and to fill caches.
		if _, err := c.measure(ctx, x, c.base); err != nil {
			if ctx.Err() != nil {
				return err
			}
			fmt.Fprintf(c.out, "bench check: %s is left out, since the base cannot do it: %v\n", x.name, err)
			continue
		}
		if _, err := c.measure(ctx, x, c.head); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		able = append(able, x.name)
		byName[x.name] = x
	}
	if len(able) == 0 {
		return errors.New("there is no measure that both programs can do: nothing was compared")
	}
	c.judge.take = func(name string, head bool) (float64, error) {
		program := c.base
		if head {
			program = c.head
		}
		return c.measure(ctx, byName[name], program)
	}
	c.judge.tell = func(format string, args ...any) { fmt.Fprintf(c.out, "bench check: "+format+"\n", args...) }
	verdicts, err := c.judge.compare(able)
	if err != nil {
		return err
	}
	if err := c.benchstat(ctx, byName, verdicts); err != nil {
		return err
	}
	var slower []string
	for _, v := range verdicts {
		word := "ok"
		if v.over(c.judge.limit) {
			word = "SLOWER"
			slower = append(slower, v.name)
		}
		fmt.Fprintf(c.out, "%-28s %5.2f times the base  %s\n", v.name, v.ratio(), word)
	}
	if len(slower) > 0 {
		return fmt.Errorf("%w: over %.2f times for %s", errSlower, c.judge.limit, strings.Join(slower, ", "))
	}
	return nil
}

// benchstat lets that program print the comparison.
func (c *checker) benchstat(ctx context.Context, contests map[string]contest, verdicts []verdict) error {
	write := func(name string, values func(verdict) []float64) error {
		var b strings.Builder
		for _, v := range verdicts {
			x := contests[v.name]
			for _, ns := range values(v) {
				fmt.Fprintf(&b, "Benchmark%s %d %.2f %s\n", v.name, x.packets, ns, x.unit)
			}
		}
		return os.WriteFile(filepath.Join(c.dir, name), []byte(b.String()), 0o644)
	}
	if err := write("base.txt", func(v verdict) []float64 { return v.base }); err != nil {
		return err
	}
	if err := write("head.txt", func(v verdict) []float64 { return v.head }); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", "benchstat", "base="+filepath.Join(c.dir, "base.txt"), "head="+filepath.Join(c.dir, "head.txt"))
	cmd.Dir = c.repository
	text, err := output(cmd)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "\n%s\n", text)
	return err
}
