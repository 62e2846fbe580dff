package main

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/retry"
)

// TestStatusIsPlain: what servers answer, and files say, does not become commands of the reader's terminal.
func TestStatusIsPlain(t *testing.T) {
	const evil = "refused \x1b]0;owned\x07\x1b[2Jnothing\r\nwrong"
	s := &api.Status{Trouble: []string{evil}, Outputs: []output.Status{{Kind: "syslog", Name: "far", Report: retry.Report{Error: evil}}}}
	var b strings.Builder
	writeStatus(&b, s, false)
	if strings.ContainsAny(b.String(), "\x1b\x07\r") {
		t.Errorf("%q", b.String())
	}
	if n := strings.Count(b.String(), "owned"); n != 2 {
		t.Errorf("said %d times:\n%s", n, b.String())
	}
}
