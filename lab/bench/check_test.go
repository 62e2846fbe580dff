package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
)

// program writes a shell script that stands for ruleids.
func program(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func testChecker(t *testing.T, base, head string, limit float64) (*checker, *strings.Builder) {
	t.Helper()
	var out strings.Builder
	return &checker{
		repository: "../..", dir: t.TempDir(), base: base, head: head, mixed: 100, spoofed: 100, rules: 10,
		judge: judge{limit: limit, runs: 1}, out: &out,
	}, &out
}

// burn takes processor time.
const burn = `i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done`

// TestCheckSaysWhatTheBaseCannotDo leaves out a measure that the base has no flag for, and compares the rest.
func TestCheckSaysWhatTheBaseCannotDo(t *testing.T) {
	old := program(t, "old", `case "$*" in *--no-stdlib*) echo "unknown flag: --no-stdlib" >&2; exit 2;; esac; `+burn)
	c, out := testChecker(t, old, program(t, "new", burn), 1e9)
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Mixed/rules=8 is left out", "unknown flag: --no-stdlib", "sec/packet", "Start/packets=10 ", "Load/rules=10 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out.String(), "Mixed/rules=8 ") && !strings.Contains(out.String(), "Mixed/rules=8 is left out") {
		t.Errorf("Mixed/rules=8 was compared:\n%s", out)
	}
}

// TestCheckFails fails on a program that is slower, on one that fails, and where nothing can be compared.
func TestCheckFails(t *testing.T) {
	quick := program(t, "quick", burn)
	slow := program(t, "slow", strings.Replace(burn, "1000", "30000", 1))
	broken := program(t, "broken", "echo broken >&2; exit 2")
	t.Run("slower", func(t *testing.T) {
		c, out := testChecker(t, quick, slow, 3)
		err := c.run(t.Context())
		if !errors.Is(err, errSlower) || !strings.Contains(err.Error(), "Start/packets=10") || !strings.Contains(out.String(), "measuring it again in 3") {
			t.Errorf("error %v, output\n%s", err, out)
		}
	})
	t.Run("a broken head", func(t *testing.T) {
		c, _ := testChecker(t, quick, broken, 3)
		if err := c.run(t.Context()); err == nil || errors.Is(err, errSlower) || !strings.Contains(err.Error(), "broken") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a broken base", func(t *testing.T) {
		c, _ := testChecker(t, broken, quick, 3)
		if err := c.run(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing was compared") {
			t.Errorf("error %v", err)
		}
	})
}

// TestBaseRulesLoadAlone loads and compiles what the check writes of the shipped rules, without the rest.
func TestBaseRulesLoadAlone(t *testing.T) {
	dir := t.TempDir()
	if err := writeBase(dir); err != nil {
		t.Fatal(err)
	}
	rs, diags := rules.Load(rules.Options{Paths: []string{dir}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if len(rs.Rules) != len(base) {
		t.Errorf("%d rules", len(rs.Rules))
	}
	if _, err := compile(rs, engine.Options{}); err != nil {
		t.Error(err)
	}
}
