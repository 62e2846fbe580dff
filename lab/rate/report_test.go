package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	var b strings.Builder
	programs := []string{"tcpdump", "ruleids"}
	err := report(&b, "sender", programs, []result{{"mix", 64, map[string][]finding{
		"tcpdump": {{rate: 1e6}, {rate: 3e6}, {rate: 2e6}},
		"ruleids": {{rate: 4e6, unbounded: true}, {rate: 1e6}, {rate: 3e6, each: 250}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2.00M (1.00M-3.00M)", "3.00M (1.00M-4.00M+)", "1.50", "250"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %q in\n%s", want, b.String())
		}
	}
}

func TestVerdicts(t *testing.T) {
	var b strings.Builder
	if tell(&b, []verdict{{true, "a"}, {false, "b"}}) || !strings.Contains(b.String(), "ok   a\nFAIL b\n") {
		t.Errorf("%q", b.String())
	}
	if !tell(&b, []verdict{{true, "a"}}) {
		t.Error("what is good is told as bad")
	}
}
