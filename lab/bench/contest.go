package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/stdlib"
)

// A contest is what both programs of a check do, and are timed at.
type contest struct {
	name    string   // as benchstat reads it
	unit    string   // of what run returns
	args    []string // of ruleids run, besides the capture
	capture string
	empty   string // where set, a capture of no packets: what it takes does not count
	packets int
}

// contests writes the captures and rules that the check needs, and says what to do with them.
func (c *checker) contests() ([]contest, error) {
	var files [4]string
	for i, x := range []struct {
		traffic traffic
		packets int
	}{{mixedTraffic, c.mixed}, {spoofedTraffic, c.spoofed}, {mixedTraffic, 10}, {mixedTraffic, 0}} {
		var err error
		if files[i], err = x.traffic.file(c.dir, x.packets); err != nil {
			return nil, err
		}
	}
	mixed, spoofed, ten, none := files[0], files[1], files[2], files[3]
	eight, thousand, many := filepath.Join(c.dir, "eight"), filepath.Join(c.dir, "others.hcl"), filepath.Join(c.dir, "many.hcl")
	if err := errors.Join(writeBase(eight), os.WriteFile(thousand, []byte(others(1000)), 0o644), os.WriteFile(many, []byte(others(c.rules)), 0o644)); err != nil {
		return nil, err
	}
	return []contest{
		{name: "Mixed/rules=stdlib", unit: "ns/packet", capture: mixed, empty: none, packets: c.mixed},
		{name: "Mixed/rules=8", unit: "ns/packet", args: []string{"--no-stdlib", "--rules", eight}, capture: mixed, empty: none, packets: c.mixed},
		{name: "Mixed/rules=stdlib+1000", unit: "ns/packet", args: []string{"--rules", thousand}, capture: mixed, empty: none, packets: c.mixed},
		{name: "Spoofed/rules=stdlib", unit: "ns/packet", capture: spoofed, empty: none, packets: c.spoofed},
		{name: "Start/packets=10", unit: "ns/op", capture: ten, packets: 1},
		{name: fmt.Sprintf("Load/rules=%d", c.rules), unit: "ns/op", args: []string{"--rules", many}, capture: none, packets: 1},
	}, nil
}

// writeBase writes the base detectors, and the words that they use, to a directory.
func writeBase(dir string) error {
	shipped := stdlib.FS()
	return fs.WalkDir(shipped, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if path.Dir(name) != "base" && !slices.Contains(base, strings.TrimSuffix(path.Base(name), ".hcl")) {
			return nil
		}
		text, err := fs.ReadFile(shipped, name)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
}

// measure returns what a program takes, in nanoseconds of user and system time for each packet. That of reading the
// rules is not in it where there is an empty capture to take it from.
func (c *checker) measure(ctx context.Context, x contest, program string) (float64, error) {
	took, err := c.spend(ctx, program, x.args, x.capture)
	if err != nil || x.empty == "" {
		return took, err
	}
	idle, err := c.spend(ctx, program, x.args, x.empty)
	return max(took-idle, 1) / float64(x.packets), err
}

// spend runs a program on a capture and returns the nanoseconds of processor time that it took.
func (c *checker) spend(ctx context.Context, program string, args []string, capture string) (float64, error) {
	line := slices.Concat(c.pin, []string{program, "run", "--format", "json", "--workers", "1"}, args, []string{"-r", capture})
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir = filepath.Dir(capture) // where there are no settings
	if _, err := output(cmd); err != nil {
		return 0, err
	}
	s := cmd.ProcessState
	if s.UserTime()+s.SystemTime() <= 0 {
		return 0, fmt.Errorf("%s: the system does not say how much time it took", cmd)
	}
	return float64((s.UserTime() + s.SystemTime()).Nanoseconds()), nil
}
